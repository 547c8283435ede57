/* SPDX-License-Identifier: GPL-2.0 */
/* The machine that the tests run on. */
#ifndef _TESTS_MACHINE_H
#define _TESTS_MACHINE_H

#include <stdbool.h>

#include "units.h"

/* The kernel of the lab that is built for debugging. */
bool debug_kernel(void);
/* A whole NVMe disk to write to, or NULL. */
const char *nvme_disk(void);
/* Bit n: NUMA node n is online. */
u64 online_nodes(void);
/* Memory of a PCI device that has struct pages (an NVMe controller's CMB); -ENOENT. */
int cmb_find(u64 *start, u64 *length);
/* Run a command with its output discarded; returns its exit status. */
int run(const char *command);

#endif /* _TESTS_MACHINE_H */
