// SPDX-License-Identifier: GPL-2.0
/* See window.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "window.h"

#define MAX_WINDOWS 16

/* "1G", "0x100000", "256M": as memparse() of the kernel. */
static u64 parse_size(const char *s, char **end)
{
	u64 n = strtoull(s, end, 0);

	switch (**end) {
	case 'G': case 'g':
		n <<= 10;
		/* fall through */
	case 'M': case 'm':
		n <<= 10;
		/* fall through */
	case 'K': case 'k':
		n <<= 10;
		(*end)++;
	}
	return n;
}

unsigned int windows(struct window *w, unsigned int max)
{
	char *line = slurp("/proc/cmdline"), *p = line;
	unsigned int n = 0;

	while (p && n < max && (p = strstr(p, "memmap="))) {
		w[n].length = parse_size(p + strlen("memmap="), &p);
		if (*p == '$')
			w[n++].start = parse_size(p + 1, &p);
	}
	free(line);
	return n;
}

bool window_aligned(u64 align, u64 length, struct window *out)
{
	struct window w[MAX_WINDOWS];
	unsigned int n = windows(w, MAX_WINDOWS);

	for (unsigned int i = 0; i < n; i++) {
		u64 start = (w[i].start + align - 1) & ~(align - 1);
		u64 end = w[i].start + w[i].length;

		if (start + length > end)
			continue;
		out->start = start;
		out->length = end - start;
		return true;
	}
	return false;
}

int env_range(unsigned int n, u64 *start, u64 *length)
{
	struct window w[MAX_WINDOWS];

	if (n >= windows(w, MAX_WINDOWS))
		return -ENOENT;
	*start = w[n].start;
	*length = w[n].length;
	return 0;
}
