// SPDX-License-Identifier: GPL-2.0
/*
 * A fault that has found its memory and not yet inserted an entry, held there by
 * the module fault_hold, while that memory is removed or gets an error, or while another
 * thread touches the same 2M: that waits for the fault, and no entry stays of what has gone.
 * Entries of 1G are dropped beside such a fault: then it begins again.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "map.h"

#define LENGTH (2 * PMD_BYTES)
#define HELD "/sys/module/fault_hold/parameters/held"
#define TID "/sys/module/fault_hold/parameters/tid"
/* Longer than a call takes that does not wait for the fault. */
#define CALL_US 200000

FIXTURE(held) {
	struct map_state s;
	char *va;
};

FIXTURE_SETUP(held)
{
	int file = module_file("fault_hold"), ret = map_open(&self->s);

	if (file < 0)
		SKIP(return, "needs a kernel since 7.0 with CONFIG_KPROBES");
	close(file);
	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, run("modprobe fault_hold"));
	self->s.length = LENGTH;
	self->va = map_low(self->s.low, self->s.start, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)self->va);
}

/* A page may be bad until the module has gone. */
FIXTURE_TEARDOWN_PARENT(held)
{
	EXPECT_ALL_GONE();
	if (!access(HELD, F_OK)) {
		EXPECT_EQ(0, run("modprobe -r fault_hold"));
	}
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	EXPECT_EQ(0, load_module());
}

struct call {
	struct map_state *s;
	char *va;
	/* if not NULL, touched while the fault is held: does not wait for it */
	char *beside;
	int (*call)(struct call *c);
	atomic_bool begun;
	atomic_bool ended;
	int ret;
};

static char toucher_id[16];

static void *touch_held(void *arg)
{
	snprintf(toucher_id, sizeof(toucher_id), "%d", (int)syscall(SYS_gettid));
	if (write_file(TID, toucher_id))
		return "cannot set tid";
	return touch(arg) ? "SIGBUS" : NULL;
}

static void *call_it(void *arg)
{
	struct call *c = arg;

	c->begun = true;
	c->ret = c->call(c);
	c->ended = true;
	return NULL;
}

static bool is_held(void *arg)
{
	char text[4] = "";

	(void)arg;
	return read_file(HELD, text, sizeof(text)) > 0 && text[0] == 'Y';
}

static bool has_begun(void *arg)
{
	struct call *c = arg;

	return c->begun;
}

/*
 * Call beside a fault at c->va that is held: whether the call still waited after
 * CALL_US, and the state of the range then. What it returned is in c->ret.
 */
static bool waits_for_the_fault(struct call *c, u32 *state)
{
	pthread_t toucher, caller;
	bool waited;

	if (pthread_create(&toucher, NULL, touch_held, c->va) ||
	    !wait_until(is_held, NULL, PATIENCE) ||
	    (c->beside && (touch(c->beside) || !is_held(NULL))) ||
	    pthread_create(&caller, NULL, call_it, c) ||
	    !wait_until(has_begun, c, PATIENCE))
		return false;
	usleep(CALL_US);
	waited = !c->ended && is_held(NULL);
	*state = map_info(c->s).state;
	if (write_file(HELD, "N"))
		return false;
	pthread_join(caller, NULL);
	pthread_join(toucher, NULL);
	return waited;
}

static int remove_it(struct call *c)
{
	return remove_range(c->s->control, c->s->start, LENGTH);
}

TEST_F_TIMEOUT(held, removal_waits_for_the_fault, SLOW)
{
	struct call c = { .s = &self->s, .va = self->va, .call = remove_it };
	u32 state;

	ASSERT_EQ(0, add_order(self->s.control, self->s.start, LENGTH, PMD_FOLIO_ORDER));
	EXPECT_TRUE(waits_for_the_fault(&c, &state));
	EXPECT_EQ(VTL0_STATE_REMOVING, state);
	EXPECT_EQ(0, c.ret);
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
}

static int remove_part(struct call *c)
{
	struct vtl0_remove part = {
		.flags = VTL0_REMOVE_PART, .start = c->s->start, .length = PMD_BYTES,
	};

	return cmd_remove(c->s->control, &part);
}

TEST_F_TIMEOUT(held, removal_of_a_part_waits_for_the_fault, SLOW)
{
	struct call c = { .s = &self->s, .va = self->va, .call = remove_part };
	struct vtl0_add add = {
		.flags = VTL0_ADD_CHUNK | VTL0_ADD_ORDER, .start = self->s.start,
		.length = LENGTH, .chunk_length = PMD_BYTES, .max_order = PMD_FOLIO_ORDER,
	};
	u32 state;

	ASSERT_EQ(0, cmd_add(self->s.control, &add));
	EXPECT_TRUE(waits_for_the_fault(&c, &state));
	EXPECT_EQ(0, c.ret);
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
	EXPECT_EQ(0, touch(self->va + PMD_BYTES));
	ASSERT_EQ(0, munmap(self->va, LENGTH));
	self->s.start += PMD_BYTES;
	self->s.length = PMD_BYTES;
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* By another mapping, as the fault that is held has a lock for its address. */
static int poison(struct call *c)
{
	char *other = map_low(c->s->low, c->s->start, LENGTH, PROT_READ | PROT_WRITE);
	int ret;

	if (other == MAP_FAILED || touch(other))
		return -EFAULT;
	ret = madvise(other, PAGE_BYTES, MADV_HWPOISON) ? -errno : 0;
	return munmap(other, LENGTH) ? -errno : ret;
}

TEST_F_TIMEOUT(held, memory_error_waits_for_the_fault, SLOW)
{
	struct call c = { .s = &self->s, .va = self->va, .call = poison };
	u32 state;

	if (access("/proc/sys/vm/memory_failure_recovery", F_OK))
		SKIP(return, "needs CONFIG_MEMORY_FAILURE");
	ASSERT_EQ(0, add_order(self->s.control, self->s.start, LENGTH, PMD_FOLIO_ORDER));
	EXPECT_TRUE(waits_for_the_fault(&c, &state));
	EXPECT_EQ(VTL0_STATE_LIVE, state);
	EXPECT_EQ(0, c.ret);
	EXPECT_EQ(BUS_MCEERR_AR, touch(self->va));
	EXPECT_EQ(0, touch(self->va + PAGE_BYTES));
	ASSERT_EQ(0, munmap(self->va, LENGTH));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* Another page of the block in which the fault is held. */
static int touch_block(struct call *c)
{
	return touch(c->va + PAGE_BYTES);
}

/*
 * A page table may be freed, and a 2M entry take its place, beside a fault of a page that has
 * seen the table: one fault at a time inserts below a PMD.
 */
TEST_F_TIMEOUT(held, faults_of_a_block_take_turns, SLOW)
{
	struct call c = { .s = &self->s, .va = self->va, .call = touch_block,
			  .beside = self->va + PMD_BYTES };
	u32 state;

	ASSERT_EQ(0, add_order(self->s.control, self->s.start, LENGTH, PMD_FOLIO_ORDER));
	EXPECT_TRUE(waits_for_the_fault(&c, &state));
	EXPECT_EQ(VTL0_STATE_LIVE, state);
	EXPECT_EQ(0, c.ret);
	ASSERT_EQ(0, munmap(self->va, LENGTH));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/*
 * zap_pud_range() loses an entry that is inserted while it drops one, so a fault inserts
 * none if an invalidation began after it had looked.
 */
TEST_F_TIMEOUT(held, fault_of_1g_begins_again_after_a_drop, SLOW)
{
	pthread_t toucher;
	void *failed;
	char *va;

	if (!map_has_pud())
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, munmap(self->va, LENGTH));
	self->s.length = PUD_BYTES;
	ASSERT_EQ(0, add_order(self->s.control, self->s.start, PUD_BYTES, PUD_FOLIO_ORDER));
	va = map_low(self->s.low, self->s.start, PUD_BYTES, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)va);
	ASSERT_EQ(0, pthread_create(&toucher, NULL, touch_held, va));
	ASSERT_TRUE(wait_until(is_held, NULL, PATIENCE));
	ASSERT_EQ(0, madvise(va, PUD_BYTES, MADV_DONTNEED));
	/* the next time, too */
	ASSERT_EQ(0, write_file(TID, toucher_id));
	ASSERT_EQ(0, write_file(HELD, "N"));
	EXPECT_TRUE(wait_until(is_held, NULL, PATIENCE));
	EXPECT_EQ(0, write_file(TID, "0"));
	EXPECT_EQ(0, write_file(HELD, "N"));
	ASSERT_EQ(0, pthread_join(toucher, &failed));
	EXPECT_EQ(NULL, failed);
	ASSERT_EQ(0, munmap(va, PUD_BYTES));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_HARNESS_MAIN
