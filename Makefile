# SPDX-License-Identifier: GPL-2.0
#
# Entry points; "make help" lists them. The modules are described in Kbuild,
# the user-space parts in their own directories.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
DESTDIR ?=

# Command-line variables (W=1, C=2, VTL0_TESTS=1, ...) reach kbuild by
# themselves; MO (build outside the tree) must not be relative to KDIR. Debian's
# headers lack the script that finds out whether sparse works: with it missing
# C=2 would check nothing.
KBUILD = $(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(MO),MO=$(abspath $(MO))) \
	$(if $(C),KBUILD_CHECKSRC=$(C))
AUTO_CONF = $(KDIR)/include/config/auto.conf

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)
HEADERS := $(wildcard include/uapi/linux/*.h)
# Directories with user-space programs that a build may leave objects in.
USER_DIRS := $(patsubst %/Makefile,%,$(wildcard tools/*/Makefile tests/*/Makefile tests/*/*/Makefile upstream/Makefile))
# Those of which a guest of the lab has the programs.
GUEST_DIRS := tools/vtl0ctl tools/bouncectl tests/vtl0 tests/bounce tests/demo upstream

# Kbuild says what it leaves out before it builds the rest; said again, it is the last line.
modules: kdir
	$(KBUILD) modules
	@version=$$($(MAKE) -s --no-print-directory -C $(KDIR) kernelversion) || exit; \
	for dir in $(patsubst %/Kbuild,%,$(wildcard drivers/*/Kbuild)); do \
		why=$$(drivers/supported $${dir##*/} $$version $(AUTO_CONF)) || \
			echo "left out: $$why"; \
	done

modules_install: kdir
	$(KBUILD) INSTALL_MOD_PATH=$(or $(INSTALL_MOD_PATH),$(DESTDIR)) $@

# Kbuild's clean removes its files anywhere below M. Without headers there is
# nothing it could have built.
clean:
	$(if $(wildcard $(KDIR)/Makefile),$(KBUILD) clean)
	set -e; for d in $(USER_DIRS); do $(MAKE) -C $$d clean; done

kdir:
	@test -f $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR)." >&2; \
		echo "Install them (Debian: apt install linux-headers-$$(uname -r))" >&2; \
		echo "or name those of another kernel: make KDIR=/lib/modules/VERSION/build" >&2; \
		exit 1; }
	@version=$$($(MAKE) -s --no-print-directory -C $(KDIR) kernelversion) || exit; \
	why=$$(drivers/supported vtl0 $$version $(AUTO_CONF)) || \
	drivers/supported bounce_blk $$version $(AUTO_CONF) >/dev/null || \
		{ echo "$$why" >&2; exit 1; }

tools:
	$(MAKE) -C tools/vtl0ctl VERSION=$(VERSION)
	$(MAKE) -C tools/bouncectl VERSION=$(VERSION)

install: tools
	$(MAKE) -C tools/vtl0ctl install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C tools/bouncectl install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C tools/pgcheck install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C tools/udev install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C tools/initramfs install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/include/linux
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/linux

# The link that "systemctl enable vtl0" made would stay.
uninstall:
	if [ -e $(DESTDIR)$(PREFIX)/lib/systemd/system/vtl0.service ] && \
			command -v systemctl >/dev/null; then \
		systemctl -q --root=$(or $(DESTDIR),/) disable vtl0.service; \
	fi
	$(MAKE) -C tools/vtl0ctl uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C tools/bouncectl uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C tools/pgcheck uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C tools/udev uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C tools/initramfs uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	rm -f $(HEADERS:include/uapi/%=$(DESTDIR)$(PREFIX)/include/%)

# For the lab: O=DIR is where they go, KSRC=DIR a kernel's source.
guest-programs:
	set -e; for d in $(GUEST_DIRS); do \
		mkdir -p $(O)/$$d; $(MAKE) -C $$d O=$(O)/$$d; done

# The source of the modules as DKMS wants it: two packages, as a kernel may be fit
# for one of them only. debian/*.dkms are their settings, here and there.
DKMS_SHARED := Kbuild Makefile COPYING include drivers/supported drivers/dkms
DKMS_PACKAGES := vtl0/$(VERSION) bounce/$(VERSION)
DKMS_DIRS := $(foreach module,$(DKMS_PACKAGES),/usr/src/$(subst /,-,$(module)))
# Only a directory with this file is what install-dkms made: another one may be of Debian's
# package, or the checkout itself.
DKMS_MARK := .made-by-install-dkms
BOUNCE_DIRS := $(filter-out drivers/vtl0,$(patsubst %/Kbuild,%,$(wildcard drivers/*/Kbuild)))

# With a DESTDIR the files are for a package, whose scripts call dkms.
install-dkms:
ifeq ($(DESTDIR),)
	@command -v dkms >/dev/null || { echo "dkms is missing (Debian: apt install dkms)" >&2; exit 1; }
	@for dir in $(DKMS_DIRS); do \
		[ ! -e $$dir ] || [ -e $$dir/$(DKMS_MARK) ] || { \
			echo "$$dir is there, and not made by make install-dkms" >&2; exit 1; }; \
	done
	@for module in $(DKMS_PACKAGES); do \
		added=$$(dkms status $$module) || exit; \
		[ -z "$$added" ] || { \
			echo "dkms has $$module already: make uninstall-dkms first" >&2; exit 1; }; \
	done
endif
	$(call install_source,vtl0,drivers/vtl0)
	$(call install_source,bounce,$(BOUNCE_DIRS))
ifeq ($(DESTDIR),)
	touch $(addsuffix /$(DKMS_MARK),$(DKMS_DIRS))
	set -e; for module in $(DKMS_PACKAGES); do dkms add $$module; done
endif

uninstall-dkms:
ifeq ($(DESTDIR),)
	set -e; for module in $(DKMS_PACKAGES); do \
		dir=/usr/src/$${module%/*}-$${module#*/}; \
		[ -e $$dir/$(DKMS_MARK) ] || continue; \
		added=$$(dkms status $$module); \
		[ -z "$$added" ] || dkms remove $$module --all; \
		rm -rf $$dir; \
	done
else
	rm -rf $(addprefix $(DESTDIR),$(DKMS_DIRS))
endif

# install_source NAME,DIRECTORIES: all of it or nothing, and owned by root, who builds it.
# Through a file, as a pipe has the status of its last command alone.
define install_source
	set -e; dir=$(DESTDIR)/usr/src/$(1)-$(VERSION); \
	rm -rf $$dir.new; install -d $$dir.new; trap "rm -rf $$dir.new" EXIT; \
	tar -c --mode=go=rX,u+w --owner=0 --group=0 --exclude='*.o' --exclude='*.ko' \
		--exclude='*.mod*' --exclude='.*.cmd' -f $$dir.new/tar $(DKMS_SHARED) $(2); \
	tar -x -C $$dir.new -f $$dir.new/tar; rm $$dir.new/tar; \
	sed 's/#MODULE_VERSION#/$(VERSION)/' debian/$(1)-dkms.dkms >$$dir.new/dkms.conf; \
	rm -rf $$dir; mv $$dir.new $$dir
endef

# What a distribution packs: without the tests and the lab, which stay in the
# repository. The documents include upstream/README.rst.
dist:
	git archive --prefix=vtl0-$(VERSION)/ HEAD -- . ':!tests' ':!tools/lab' ':!.ci' \
		':!packages' ':!upstream/[!R]*' \
		>vtl0-$(VERSION).tar
	sed 's/@VERSION@/$(VERSION)/' packages/vtl0.spec >vtl0.spec
	tar --append --transform='s|^|vtl0-$(VERSION)/|' --owner=0 --group=0 -f vtl0-$(VERSION).tar vtl0.spec
	rm vtl0.spec
	xz -f vtl0-$(VERSION).tar
	@echo "vtl0-$(VERSION).tar.xz"

# in_repository FILE,WHAT: fails in the archive, which has no such file
in_repository = @test -x $(1) || { echo "$(2) in the repository, not in this archive" >&2; exit 1; }

demo:
	$(call in_repository,tests/demo/run,the demo is)
	@tests/demo/run

check:
	$(call in_repository,tests/run,the tests are)
	@tests/run $(ARGS)

# The newest kernels of Debian unstable and experimental, from the archive as it is now.
nightly:
	$(call in_repository,tests/nightly,the tests are)
	@tests/nightly

# The reproducers of faults in Linux, on a kernel with the patches for them: none is
# to find its fault, and the drivers' tests are to pass on it.
check-upstream:
	$(call in_repository,tests/run,the tests are)
	@tests/run --groups upstream/groups $(ARGS)

# What the project's own checker says of its own drivers.
pgcheck:
	@tools/pgcheck/pgcheck drivers include $(wildcard tests/*/modules) $(ARGS)

# The kernel-doc directive is the kernel's own: KSRC names a source tree. Without
# it, or without Sphinx, the lab has both.
HTMLDIR ?= Documentation/output
htmldocs:
ifdef KSRC
	KSRC=$(abspath $(KSRC)) sphinx-build -W --keep-going -q -b html Documentation $(HTMLDIR)
else
	$(call in_repository,tools/lab/lab,give KSRC=KERNEL-SOURCE: the lab is)
	tools/lab/lab enter -- make -s htmldocs HTMLDIR=$(HTMLDIR) \
		KSRC=$$(tools/lab/lab path source)
endif
	@echo "$(HTMLDIR)/index.html"

help:
	@echo 'make                  build the modules (KDIR=DIR W=1 C=2 MO=DIR VTL0_TESTS=1)'
	@echo 'make modules_install  install them (INSTALL_MOD_PATH=DIR); then run depmod'
	@echo 'make tools            build vtl0ctl and bouncectl'
	@echo 'make install          install the tools, their manuals, units, udev rules, initramfs hook and the header (DESTDIR= PREFIX=)'
	@echo 'make install-dkms     copy the modules to /usr/src and add them to dkms; with DESTDIR= copy them only'
	@echo 'make uninstall-dkms   remove them from dkms, from all kernels and from /usr/src (DESTDIR=)'
	@echo 'make dist             an archive for distributions, vtl0-VERSION.tar.xz'
	@echo 'make uninstall        remove what install installed'
	@echo 'make clean            remove what a build left in the tree'
	@echo 'make guest-programs   build what the lab puts into a guest (O=DIR KSRC=DIR)'
	@echo 'make demo             show it all in a virtual machine'
	@echo 'make htmldocs         the documents as HTML (HTMLDIR=DIR KSRC=KERNEL-SOURCE)'
	@echo 'make pgcheck          look for unsafe bio construction in the drivers'
	@echo 'make check            run all tests (ARGS="--only GROUP --log DIR ...")'
	@echo 'make nightly          build for the newest kernels of Debian unstable and experimental'
	@echo 'make check-upstream   the patches in upstream/: build, boot and try a kernel with them'

.PHONY: modules modules_install clean kdir tools install uninstall guest-programs
.PHONY: install-dkms uninstall-dkms dist demo check nightly check-upstream pgcheck htmldocs help
