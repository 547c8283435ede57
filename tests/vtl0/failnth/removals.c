// SPDX-License-Identifier: GPL-2.0
/* The removals that vtl0_failnth makes. */
#include <errno.h>

#include "failnth.h"
#include "tap.h"

void chunks_added(void)
{
	struct vtl0_add add = {
		.flags = VTL0_ADD_CHUNK, .start = window.start, .length = SIZE,
		.chunk_length = MIB(2),
	};

	errno = -cmd_add(control, &add);
	if (errno)
		die("VTL0_ADD of chunks");
}

int do_remove(void)
{
	return remove_range(control, window.start, SIZE);
}

static int remove_part(uint64_t start, uint64_t length)
{
	struct vtl0_remove part = {
		.flags = VTL0_REMOVE_PART, .start = start, .length = length,
	};

	return cmd_remove(control, &part);
}

int do_remove_end(void)
{
	return remove_part(window.start, MIB(2));
}

/* A second range comes to be. */
int do_remove_middle(void)
{
	return remove_part(window.start + MIB(4), MIB(4));
}
