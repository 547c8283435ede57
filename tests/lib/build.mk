# SPDX-License-Identifier: GPL-2.0
# Included by the Makefiles of user-space tests. O=DIR says where everything that is made
# goes; has rules for objects, and for $(OUT)/lib.a with the objects of tests/lib.

OUT := $(abspath $(O))
LIB := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

CFLAGS ?= -O2 -g
BUILD_FLAGS = -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -MMD -MP -pthread \
	-iquote . -iquote $(LIB) -I$(LIB)/../../include/uapi
LIB_OBJS := $(patsubst $(LIB)/%.c,$(OUT)/lib/%.o,$(wildcard $(LIB)/*.c))

all:

$(OUT)/lib/%.o: $(LIB)/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(BUILD_FLAGS) $(CFLAGS) -c -o $@ $<

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(BUILD_FLAGS) $(CFLAGS) -c -o $@ $<

$(OUT)/lib.a: $(LIB_OBJS)
	rm -f $@
	$(AR) rcs $@ $^

define link
$(CC) $(CFLAGS) -pthread $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)
endef

-include $(wildcard $(OUT)/*.d $(OUT)/*/*.d)

clean:
	rm -f $(PROGRAMS) $(OUT)/lib.a $(OUT)/*.o $(OUT)/*/*.o $(OUT)/*.d $(OUT)/*/*.d

.PHONY: all check clean
