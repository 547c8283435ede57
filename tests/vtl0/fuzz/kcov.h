/* SPDX-License-Identifier: GPL-2.0 */
/* What of the driver was reached, by KCOV. */
#ifndef _VTL0_FUZZ_KCOV_H
#define _VTL0_FUZZ_KCOV_H

#include <stdbool.h>
#include <stdint.h>

/* What one thread traces; without KCOV @area is NULL. */
struct trace {
	uint64_t *area;
	/* a bit for each edge that this thread has reached */
	uint8_t *edges;
};

/*
 * To be called once, with @control open and before there are other processes. Returns NULL if
 * calls of the module are traced, else why they are not.
 */
const char *kcov_set_up(int control);
/* Traces the calling thread from now on, if calls are traced at all. */
void kcov_start(struct trace *t);
/* The thread's next call begins; it has ended: was anything new for this thread? */
void kcov_begin(struct trace *t);
bool kcov_end(struct trace *t);
/* Places in the module's text that were reached, by whichever thread; ways from one to the next */
uint64_t kcov_pcs(void);
uint64_t kcov_edges(void);
/* Notes the functions of the module that were never entered. */
void kcov_show_missed(void);

#endif /* _VTL0_FUZZ_KCOV_H */
