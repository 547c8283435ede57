// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what the engine of bounce_core does to bios from above, without a device below.
 */
#include "bounce_kunit.h"
#include "engine.h"

static void note_end(struct bio *bio)
{
	*(unsigned int *)bio->bi_private += 1;
}

/* Refuses a bio that has this status already; returns the one that it ends with. */
static blk_status_t refuse(struct kunit *test, blk_status_t before, int err)
{
	/* too large for the stack */
	struct bounce_engine *engine = kunit_kzalloc(test, sizeof(*engine), GFP_KERNEL);
	unsigned int ended = 0;
	struct bio bio;

	KUNIT_ASSERT_NOT_NULL(test, engine);
	bio_init(&bio, NULL, NULL, 0, REQ_OP_WRITE);
	bio.bi_end_io = note_end;
	bio.bi_private = &ended;
	bio.bi_status = before;
	bounce_engine_refuse(engine, &bio, err);
	KUNIT_EXPECT_EQ(test, ended, 1);
	return bio.bi_status;
}

/* The first part of a bio has failed, and then the rest of it is refused. */
static void bounce_refuse_keeps_first_error(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, refuse(test, BLK_STS_NOSPC, -EIO), BLK_STS_NOSPC);
	KUNIT_EXPECT_EQ(test, refuse(test, BLK_STS_OK, -EIO), BLK_STS_IOERR);
}

struct kunit_case bounce_engine_cases[] = {
	KUNIT_CASE(bounce_refuse_keeps_first_error),
	{}
};
