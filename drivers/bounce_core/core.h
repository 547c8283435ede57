/* SPDX-License-Identifier: GPL-2.0 */
/* Functions that the files of bounce_core share, not for its users. */
#ifndef _BOUNCE_CORE_H
#define _BOUNCE_CORE_H

#include "engine.h"

/* inflight.c */
int bounce_all_inflight_init(void);
void bounce_all_inflight_exit(void);

/* complete.c */
void bounce_end_io(struct bio *bio);
int bounce_complete_init(void);
void bounce_complete_exit(void);

/* source.c */
enum bounce_source bounce_source_of(struct bio *bio, struct bvec_iter part);
const char *bounce_memory_of(const struct bio *bio, struct bvec_iter part);
bool bounce_has_direct(struct bio *bio);
bool bounce_has_device_pages(struct bio *bio, bool p2pdma_only);

/* detect.c */
void bounce_detect_submit(struct bounce_io *io);
void bounce_detect_end(struct bounce_io *io);

/* mutators.c */
void bounce_mutators_init(struct bounce_mutators *mutators);
void bounce_mutators_add(struct bounce_mutators *mutators,
			 const struct bounce_io *io, enum bounce_source source);

#endif /* _BOUNCE_CORE_H */
