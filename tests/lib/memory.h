/* SPDX-License-Identifier: GPL-2.0 */
/* How much memory is left. A debug kernel alone moves that by some MiB. */
#ifndef STRESS_MEMORY_H
#define STRESS_MEMORY_H

#include <stdint.h>

/* Bytes; takes a second or longer, until what is being freed has been. */
uint64_t memory_available(void);

#endif
