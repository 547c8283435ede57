/* SPDX-License-Identifier: GPL-2.0 */
/* Describes the machine that the tests run on. */
#ifndef _TESTS_MACHINE_H
#define _TESTS_MACHINE_H

#include <stdbool.h>

#include "units.h"

/* Does this kernel check each lock that it takes (lockdep)? Then a call takes ten times as long. */
bool debug_kernel(void);
/* The path of an NVMe disk that tests may overwrite, or NULL. */
const char *nvme_disk(void);
/* Bit n: NUMA node n is online. */
u64 online_nodes(void);
/*
 * Finds memory of a PCI device that has struct pages (P2PDMA: an NVMe controller's CMB).
 * Returns 0 or -ENOENT.
 */
int cmb_find(u64 *start, u64 *length);
/* Runs a command and discards its output. Returns its exit status, 128 for a signal. */
int run(const char *command);

#endif /* _TESTS_MACHINE_H */
