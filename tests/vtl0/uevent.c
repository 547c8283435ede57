// SPDX-License-Identifier: GPL-2.0
/* The uevents of a range come when it can be used. */
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

FIXTURE(uevent) {
	int ctl;
	int events;
	char text[4096];
};

FIXTURE_SETUP(uevent)
{
	struct sockaddr_nl all = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	self->events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	ASSERT_LE(0, self->events);
	ASSERT_EQ(0, bind(self->events, (struct sockaddr *)&all, sizeof(all)));
}

FIXTURE_TEARDOWN(uevent)
{
	close(self->events);
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

/* The next event of class vtl0: "add@/devices/..." in text. False if there is none. */
static bool next_event(int events, char *text, size_t size)
{
	struct pollfd p = { .fd = events, .events = POLLIN };

	while (poll(&p, 1, PATIENCE * 1000) == 1) {
		ssize_t n = recv(events, text, size - 1, 0);

		if (n < 0)
			return false;
		text[n] = '\0';
		if (strstr(text, "/vtl0/range"))
			return true;
	}
	return false;
}

TEST_F(uevent, add_comes_when_the_range_is_live)
{
	struct vtl0_range_info r = { };
	char state[64], expected[64];
	u64 length;

	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(32), 0));
	ASSERT_EQ(0, find_range(self->ctl, EMPTY_BASE, &r));
	ASSERT_TRUE(next_event(self->events, self->text, sizeof(self->text)));
	snprintf(expected, sizeof(expected), "/range%u", r.id);
	EXPECT_EQ(0, strncmp(self->text, "add@", 4));
	EXPECT_NE(NULL, strstr(self->text, expected));
	ASSERT_EQ(0, range_attr(r.id, "state", state, sizeof(state)));
	EXPECT_STREQ("live", state);
	ASSERT_EQ(0, range_attr_u64(r.id, "length", &length));
	EXPECT_EQ(BLOCKS(32), length);

	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(32)));
	ASSERT_TRUE(next_event(self->events, self->text, sizeof(self->text)));
	EXPECT_EQ(0, strncmp(self->text, "remove@", 7));
	EXPECT_NE(NULL, strstr(self->text, expected));
}

/* An add that fails before the range is live sends no uevent. */
TEST_F(uevent, none_for_a_refused_add)
{
	ASSERT_EQ(-EINVAL, add_range(self->ctl, EMPTY_BASE + PAGE_BYTES, BLOCKS(32), 0));
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
	ASSERT_EQ(-EEXIST, add_range(self->ctl, EMPTY_BASE, BLOCKS(2), 0));
	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(1)));
	ASSERT_TRUE(next_event(self->events, self->text, sizeof(self->text)));
	EXPECT_EQ(0, strncmp(self->text, "add@", 4));
	ASSERT_TRUE(next_event(self->events, self->text, sizeof(self->text)));
	EXPECT_EQ(0, strncmp(self->text, "remove@", 7));
}

TEST_HARNESS_MAIN
