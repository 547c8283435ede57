// SPDX-License-Identifier: GPL-2.0
/* What happens to the ranges of the fake device while vtl0ctl waits; see fake_dev.c. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vtl0.h>
#include <linux/vtl0_events.h>

#include "dev.h"
#include "fake.h"

static bool happened;

/* The second quarter of a range goes. */
static void remove_part(struct fake_range *r)
{
	struct fake_range rest = *r;

	rest.start += r->length / 2;
	rest.length /= 2;
	r->length /= 4;
	insert_range(rest);
}

/*
 * The first range goes, and what VTL0_FAKE_PART, _LATER and _BAD say; after that nothing.
 */
int dev_read(int fd, void *buf, size_t size)
{
	if (happened)
		return EIO;
	if (size != sizeof(struct vtl0_events) || !nr_ranges)
		return EINVAL;
	happened = true;
	memset(buf, 0, size);
	nr_ranges--;
	memmove(ranges, ranges + 1, nr_ranges * sizeof(*ranges));
	if (number("VTL0_FAKE_PART") && nr_ranges)
		remove_part(&ranges[0]);
	save_ranges(fd, false);
	return 0;
}

uint32_t fake_state(const struct fake_range *r)
{
	const char *colon = strchr(setting("VTL0_FAKE_STATE_OF"), ':');
	uint64_t addr = number("VTL0_FAKE_STATE_OF");
	bool later = number("VTL0_FAKE_LATER") && !happened;

	if (!later && colon && addr >= r->start && addr < r->start + r->length)
		return atoi(colon + 1);
	return VTL0_STATE_LIVE;
}

uint64_t fake_bad_pages(void)
{
	return happened ? number("VTL0_FAKE_BAD") : 0;
}
