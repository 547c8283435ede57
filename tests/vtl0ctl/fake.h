/* SPDX-License-Identifier: GPL-2.0 */
/* The state of the fake device. */
#ifndef _TESTS_VTL0CTL_FAKE_H
#define _TESTS_VTL0CTL_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vtl0_add;
struct vtl0_chunk_info;
struct vtl0_remove;

struct fake_range {
	uint64_t start, length, chunk_length;
	uint32_t id, max_order, node, persist;
	uint32_t mode, uid, gid;
	uint32_t one_node;	/* VTL0_ADD_NODE: firmware's nodes do not cut it */
	char name[32];
	uint8_t cookie[16];
};

/* by start */
extern struct fake_range *ranges;
extern size_t nr_ranges;

/* A variable of the environment, "" or 0 if it is not set. */
const char *setting(const char *name);
uint64_t number(const char *name);
/* The errno with which VTL0_FAKE_FAIL says that a request fails, or 0. */
int wanted_failure(const char *request);
/* Also after each change, so that other processes see it during --hold. */
void save_ranges(int fd, bool closing);
struct fake_range *find_range(uint64_t start, uint64_t length);
struct fake_range *insert_range(struct fake_range new);
bool name_taken(const char *name);
/* The VTL0_ADD_* of @add that an identical range does not fulfil, or 0. */
uint32_t mismatch(const struct fake_range *r, const struct vtl0_add *add);
/* The range that contains @pos, or where the next one begins: at most @end. */
struct fake_range *range_at(uint64_t pos, uint64_t *end);

uint32_t fake_state(const struct fake_range *r);
uint64_t fake_bad_pages(void);

#define M (1ULL << 20)
#define G (1ULL << 30)
#define MIN_ALIGN (2 * M)
#define PMD_ORDER 9

static inline uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct chunk_list {
	struct vtl0_chunk_info *v;
	uint32_t nr;
};

/* The node that firmware names for an address. */
uint32_t firmware_node(uint64_t address);
/* The lists are to be freed. */
struct chunk_list split(uint64_t start, uint64_t length, uint32_t max_order,
			uint64_t chunk_length, bool one_node);
struct chunk_list chunks_of(const struct fake_range *r);
/* VTL0_REMOVE_PART of the first chunk or some of the first chunks of a range. */
int fake_remove_part(int fd, struct vtl0_remove *remove);
uint64_t memmap_of(uint64_t length, uint32_t order);
uint64_t memmap_sum(const struct chunk_list *list);

#endif /* _TESTS_VTL0CTL_FAKE_H */
