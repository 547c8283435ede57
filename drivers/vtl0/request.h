/* SPDX-License-Identifier: GPL-2.0 */
/* A checked request, and the chunks that the planner makes of it. */
#ifndef _VTL0_REQUEST_H
#define _VTL0_REQUEST_H

#include <linux/types.h>

#include "plan.h"
#include "vtl0.h"

/**
 * struct vtl0_request - checked arguments for registering a range
 * @start: first byte
 * @length: bytes
 * @chunk_length: largest chunk in bytes, or 0
 * @max_order: largest folio order
 * @node: NUMA node of all chunks with VTL0_ADD_NODE, else of those for which firmware names none
 * @flags: VTL0_ADD_*
 * @persist: the range needs no owner
 * @killable: only a fatal signal ends the wait for another call
 * @file: name and permissions of the device node, with VTL0_ADD_NAME
 * @cookie: of the range, with VTL0_ADD_COOKIE
 */
struct vtl0_request {
	u64 start;
	u64 length;
	u64 chunk_length;
	unsigned int max_order;
	int node;
	u32 flags;
	bool persist;
	bool killable;
	struct vtl0_file_attr file;
	struct vtl0_cookie cookie;
};

/**
 * struct vtl0_chunk_walk - walks through the chunks of a request
 * @rq: the request
 * @next: first byte of the next part
 * @head: the memory below the first aligned address; length 0 if there is none, or done
 * @middle: the aligned memory
 * @tail: the memory above the last aligned address, as @head
 *
 * A part is the memory of one NUMA node. The last three are of the part that the walk is in.
 */
struct vtl0_chunk_walk {
	const struct vtl0_request *rq;
	u64 next;
	struct vtl0_piece head;
	struct vtl0_piece_walk middle;
	struct vtl0_piece tail;
};

/* match.c */
bool vtl0_same_cookie(const struct vtl0_range *range, const struct vtl0_request *rq);
u32 vtl0_mismatch(const struct vtl0_range *range, const struct vtl0_request *rq);

/* lockdown.c */
int vtl0_locked_down(u64 start, u64 length);
int vtl0_locked_down_add(u64 start, u64 length);

/* request.c */
u64 vtl0_node_end(u64 start, u64 end);
struct vtl0_chunk_walk vtl0_chunk_walk_begin(const struct vtl0_request *rq);
bool vtl0_chunk_walk_next(struct vtl0_chunk_walk *walk, struct vtl0_piece *piece);
unsigned int vtl0_count_chunks(const struct vtl0_request *rq);
int vtl0_check_cookie(bool given, const u8 *bytes, struct vtl0_cookie *cookie);
int vtl0_check_add(const struct vtl0_add *arg, struct vtl0_request *rq, u64 *edge);
int vtl0_check_plan(const struct vtl0_plan *arg, struct vtl0_request *rq, u64 *edge);

#endif /* _VTL0_REQUEST_H */
