// SPDX-License-Identifier: GPL-2.0
/*
 * Implements dmsetup status, table and message.
 */
#include <linux/string.h>

#include "target.h"

/* Prints NAME:VALUE pairs with the names of the attributes of bounce_blk. */
static unsigned int print_stats(struct bounce_engine *engine, char *result,
				unsigned int maxlen)
{
	struct bounce_pool_stats pool;
	unsigned int sz = 0;

	bounce_pool_get_stats(engine->pool, &pool);
	DMEMIT("read_passed_bios:%llu read_bounced_bios:%llu",
	       bounce_sum(engine, bios[BOUNCE_READ_PASSED]),
	       bounce_sum(engine, bios[BOUNCE_READ_BOUNCED]));
	DMEMIT(" write_passed_bios:%llu write_bounced_bios:%llu",
	       bounce_sum(engine, bios[BOUNCE_WRITE_PASSED]),
	       bounce_sum(engine, bios[BOUNCE_WRITE_BOUNCED]));
	DMEMIT(" read_bounced_bytes:%llu write_bounced_bytes:%llu splits:%llu",
	       bounce_sum(engine, bytes[BOUNCE_READ_BOUNCED]),
	       bounce_sum(engine, bytes[BOUNCE_WRITE_BOUNCED]),
	       bounce_sum(engine, splits));
	DMEMIT(" inflight_bytes:%llu inflight_peak:%llu cached_bytes:%llu over_limit:%llu",
	       pool.inflight_bytes, pool.inflight_peak, pool.cached_bytes,
	       pool.over_limit);
	DMEMIT(" reserve_uses:%llu reserve_waits:%llu held_folios:%llu short_copies:%llu",
	       pool.reserve_uses, pool.reserve_waits, pool.held_folios,
	       pool.short_copies);
	DMEMIT(" nowait_refusals:%llu integrity_refusals:%llu checks:%llu",
	       bounce_sum(engine, nowait_refusals), bounce_sum(engine, integrity_refusals),
	       bounce_sum(engine, checks));
	DMEMIT(" mutations:%llu mutations_page_cache:%llu",
	       bounce_sum(engine, mutations[BOUNCE_SOURCE_DIRECT]),
	       bounce_sum(engine, mutations[BOUNCE_SOURCE_CACHE]));
	DMEMIT(" mutations_swap:%llu mutations_kernel:%llu mutations_kthread:%llu",
	       bounce_sum(engine, mutations[BOUNCE_SOURCE_SWAP]),
	       bounce_sum(engine, mutations[BOUNCE_SOURCE_KERNEL]),
	       bounce_sum(engine, mutations_kthread));
	return sz;
}

/**
 * bounce_status() - print what dmsetup status or dmsetup table shows
 * @ti: the target
 * @type: the first, the second, or the text that IMA measures
 * @status_flags: unused
 * @result: where to write
 * @maxlen: bytes there
 */
void bounce_status(struct dm_target *ti, status_type_t type,
		   unsigned int status_flags, char *result, unsigned int maxlen)
{
	struct bounce_target *bt = ti->private;
	unsigned int sz = 0;

	switch (type) {
	case STATUSTYPE_INFO:
		print_stats(&bt->engine, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		DMEMIT("%s %llu ", bt->dev->name, (u64)bt->start);
		bounce_print_options(bt, result + sz, maxlen - sz);
		break;
	case STATUSTYPE_IMA:
		DMEMIT_TARGET_NAME_VERSION(ti->type);
		DMEMIT(",device_name=%s,start=%llu,mode=%s;", bt->dev->name,
		       (u64)bt->start, bounce_mode_names[bt->engine.mode]);
		break;
	}
}

static int set_detect(struct bounce_engine *engine, const char *value)
{
	enum bounce_detect detect;

	if (!strcmp(value, "on"))
		detect = BOUNCE_DETECT_ALL;
	else if (!strcmp(value, "off"))
		detect = BOUNCE_DETECT_OFF;
	else if (!strcmp(value, "direct"))
		detect = BOUNCE_DETECT_DIRECT;
	else
		return -EINVAL;
	WRITE_ONCE(engine->detect, detect);
	return 0;
}

/**
 * bounce_message() - carry out dmsetup message
 * @ti: the target
 * @argc: how many words
 * @argv: the words: "detect on|off|direct", "detect_every N", "mutators", which prints their
 *	table, or "reset", which clears that table and the counters
 * @result: for what is printed
 * @maxlen: bytes there
 *
 * Return: 0; 1 if @result was filled in; -EINVAL.
 */
int bounce_message(struct dm_target *ti, unsigned int argc, char **argv,
		   char *result, unsigned int maxlen)
{
	struct bounce_target *bt = ti->private;
	struct bounce_engine *engine = &bt->engine;
	unsigned int every;

	if (argc == 2 && !strcmp(argv[0], "detect"))
		return set_detect(engine, argv[1]);
	if (argc == 2 && !strcmp(argv[0], "detect_every")) {
		if (bounce_range_parse(&bounce_ranges[BOUNCE_OPTION_DETECT_EVERY], argv[1],
				       strlen(argv[1]), &every))
			return -EINVAL;
		WRITE_ONCE(engine->detect_every, every);
		return 0;
	}
	if (argc == 1 && !strcmp(argv[0], "mutators")) {
		bounce_engine_show_mutators(engine, result, maxlen);
		return 1;
	}
	if (argc == 1 && !strcmp(argv[0], "reset")) {
		bounce_engine_reset(engine);
		return 0;
	}
	return -EINVAL;
}
