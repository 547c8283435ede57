/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the owner of an address in /proc/iomem. */
#ifndef IOMEM_H
#define IOMEM_H

#include <stdint.h>

/*
 * The names of the resources around @addr, outermost first, as in
 * "PCI Bus 0000:00 > 0000:00:04.0 > nvme"; NULL if there are none.
 */
char *iomem_owner(uint64_t addr);

#endif
