/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * User interface of /dev/vtl0 (control), /dev/vtl0_low (mapping) and /dev/vtl0_NAME
 * (mapping of one range).
 *
 * /dev/vtl0 registers physical address ranges that the kernel does not own as ZONE_DEVICE memory.
 * /dev/vtl0_low maps registered memory; the file offset is the physical address. Both need
 * CAP_SYS_ADMIN to open. /dev/vtl0_NAME maps the range with that name; offset 0 is its first byte.
 * Opening it needs only the permissions of the device node.
 */
#ifndef _UAPI_LINUX_VTL0_H
#define _UAPI_LINUX_VTL0_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define VTL0_IOCTL_TYPE 0xBB

/**
 * DOC: Rules common to all vtl0 ioctls
 *
 * Every structure begins with @size (bytes, set by the caller to the size of the structure it was
 * built with) and @flags. A structure can only grow, at its end: a caller built with an older
 * header gets back the fields that it knows, and one built with a newer header works as long as
 * the fields that this kernel does not know are zero.
 * Addresses and lengths are in bytes. Output fields are ignored on input and are written back on
 * success, and on failure wherever a field says so.
 * VTL0_ADD and VTL0_REMOVE wait while another call, or a close in the background, works on a range
 * that overlaps theirs, and for nothing else. A signal ends that wait with nothing changed: with
 * SA_RESTART the call is made again, else it is EINTR. No other call is interrupted.
 *
 * ============ ==============================================================
 * errno        cause
 * ============ ==============================================================
 * EFAULT       a user pointer cannot be read or written
 * EINVAL       @size less than the structure ever had, a length of zero, a reserved field is not
 *              zero, a value out of range, an edge that is not aligned
 * E2BIG        @size is larger than this kernel knows and the rest is not zero
 * EOPNOTSUPP   unknown bit in @flags; an address with bit 63, unless alias_bit=63
 * EOVERFLOW    start + length wraps
 * ERANGE       outside of what the kernel can map, or on both sides of the alias bit
 * EEXIST       the range overlaps a registered one, or the window another window
 * EBUSY        memory in use by the kernel or another driver, or mapped uncached (MTRR, or a
 *              mapping of /dev/mem with O_SYNC); or, on removal, still pinned
 * ENXIO        part of the range is device address space (PCI, MMIO)
 * EXDEV        a part of the range is Reserved in /proc/iomem: add it alone, or use VTL0_ADD_COVER
 * ENOENT       no such range is registered, or no such window of this file
 * ENODEV       the NUMA node is not online
 * ENOTUNIQ     another range has the name
 * ENOSPC       too many ranges have a name
 * ENOMEM       out of memory (also when there is too little for the memmap)
 * EMFILE       VTL0_OPEN: the process has as many open files as it may; ENFILE: the system has
 * EPERM        the kernel is locked down, and firmware has not set the memory aside
 * EINTR        a signal came while waiting, and its handler has no SA_RESTART
 * ENOTTY       unknown ioctl
 * ============ ==============================================================
 */

/* State of a range. DRAINING ends when no page of it is pinned, or when it has an owner again. */
#define VTL0_STATE_ADDING	0	/* being registered, cannot be mapped yet */
#define VTL0_STATE_LIVE		1	/* registered */
#define VTL0_STATE_REMOVING	2	/* being removed, touching it waits */
#define VTL0_STATE_DRAINING	3	/* no owner, or being unregistered: cannot be touched */

/* Flags of VTL0_ADD and VTL0_PLAN. */
#define VTL0_ADD_TRIM		(1U << 0)
#define VTL0_ADD_ORDER		(1U << 1)
#define VTL0_ADD_CHUNK		(1U << 2)
#define VTL0_ADD_COVER		(1U << 7)
/* Flags of VTL0_ADD only. */
#define VTL0_ADD_NODE		(1U << 3)
#define VTL0_ADD_PERSIST	(1U << 4)
#define VTL0_ADD_EXCLUSIVE	(1U << 5)
#define VTL0_ADD_NAME		(1U << 6)
#define VTL0_ADD_CLEAR		(1U << 8)
#define VTL0_ADD_COOKIE		(1U << 9)

/* Bytes of a name, with the NUL at its end, and of a cookie. */
#define VTL0_NAME_SIZE	32
#define VTL0_COOKIE_SIZE	16

/**
 * struct vtl0_add - ioctl(VTL0_ADD): register a physical address range
 * @size: sizeof(struct vtl0_add)
 * @flags: combination of VTL0_ADD_*
 * @start: first byte of the range
 * @length: length of the range in bytes
 * @chunk_length: with VTL0_ADD_CHUNK the largest chunk in bytes, a multiple of the minimum
 *	alignment; chunks then end at multiples of it. Else zero.
 * @max_order: with VTL0_ADD_ORDER no folio is larger than 2^max_order pages. Else zero, and
 *	none is larger than a PMD entry maps (2M on x86).
 * @node: with VTL0_ADD_NODE the NUMA node that the memory belongs to and on which its memmap
 *	is allocated. Else zero: for each chunk the one that firmware names, or the caller's.
 * @id: out: number of the range, as in sysfs
 * @nr_chunks: out: how many pgmaps the range was split into
 * @added_start: out: first byte that was registered
 * @added_length: out: bytes that were registered; with VTL0_ADD_TRIM maybe less than @length
 * @conflict_start: out, also with EEXIST, EBUSY, ENXIO: the first byte of the range that is in
 *	the way; with EINVAL: the unaligned edge, or 0 if the cause is another one; with EXDEV the
 *	place to cut. With VTL0_ADD_COVER it may lie beside the range, in the block of an edge.
 * @conflict_length: out: how many bytes of the range are in the way; 0 for an edge or a cut
 * @file_mode: with VTL0_ADD_NAME the permissions of the device node, of the bits 0666; 0 stands
 *	for 0600. Else zero.
 * @file_uid: with VTL0_ADD_NAME the user that owns the device node. Else zero.
 * @file_gid: with VTL0_ADD_NAME the group of the device node. Else zero.
 * @reserved: must be zero
 * @name: with VTL0_ADD_NAME letters, digits, "_", "-" and "." of ASCII, beginning with a
 *	letter or a digit, and zeroes behind them: the range gets the device node
 *	/dev/vtl0_NAME, which is removed with the range. Else zero.
 * @mismatch: out, with EEXIST: the flag that the registered range does not satisfy, or 0
 * @node_used: out: the NUMA node of the range, or of its first chunk
 * @cookie: with VTL0_ADD_COOKIE any 128 bits but zero, such as a UUID. Else zero.
 *
 * VTL0_ADD_TRIM registers the aligned part of the range and reports it; without it an unaligned
 * edge is EINVAL, and so is a range without an aligned part. VTL0_ADD_CLEAR fills the new range
 * with zeroes before it can be mapped, but for pages with a memory error; a caller that is killed
 * meanwhile adds nothing.
 *
 * Adding exactly a range that is registered succeeds and changes nothing but its owners, if its
 * orders, its cuts, its NUMA node and its cookie are those that VTL0_ADD_ORDER, VTL0_ADD_CHUNK,
 * VTL0_ADD_NODE and VTL0_ADD_COOKIE ask for; else it is EEXIST, and @mismatch is the flag. Of the
 * first two only the one that is given matters: with VTL0_ADD_ORDER alone each chunk must have the
 * order that it would get, wherever the cuts are. VTL0_ADD_EXCLUSIVE, VTL0_ADD_CLEAR and a @name
 * that the range does not have are EEXIST, too, and so is any other overlap. The device node of a
 * registered range stays as it is.
 *
 * VTL0_ADD_COVER asks for memory that is usable, not for a range of its own: this file becomes an
 * owner of each range that is registered there, whatever its orders, if it has the @cookie that is
 * asked for, and each gap becomes a range. The edges need only be multiples of @page_size of
 * struct vtl0_info: the block of @min_align bytes in which one lies gets struct pages as a whole,
 * but only the memory that was asked for is claimed and can be mapped. So the rest of the block
 * must belong to nothing but vtl0 (EBUSY, ENXIO). After a failure or a signal the ranges that were
 * added stay, and the call can be repeated. @id and @node_used are those of the range with the
 * first byte, @nr_chunks counts the chunks that this call added, and @added_start and
 * @added_length are the usable memory. It excludes TRIM, EXCLUSIVE and NAME.
 *
 * Each open file through which a range was added is an owner and holds the range. A range lives
 * as long as it has an owner; with VTL0_ADD_PERSIST, until VTL0_REMOVE or the removal of the
 * module. The last close only begins the removal: the range is in VTL0_STATE_DRAINING until its
 * struct pages are freed. Adding its memory meanwhile waits for that; but if one of its pages is
 * pinned, adding exactly the range makes it live again, or any part of it with VTL0_ADD_COVER, and
 * any other overlap is EEXIST.
 */
struct vtl0_add {
	__u32 size;
	__u32 flags;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 chunk_length;
	__u32 max_order;
	__s32 node;
	__u32 id;
	__u32 nr_chunks;
	__aligned_u64 added_start;
	__aligned_u64 added_length;
	__aligned_u64 conflict_start;
	__aligned_u64 conflict_length;
	__u32 file_mode;
	__u32 file_uid;
	__u32 file_gid;
	__u32 reserved;
	char name[VTL0_NAME_SIZE];
	__u32 mismatch;
	__s32 node_used;
	__u8 cookie[VTL0_COOKIE_SIZE];
};

/* Flags of VTL0_REMOVE. */
#define VTL0_REMOVE_PART	(1U << 0)

/**
 * struct vtl0_remove - ioctl(VTL0_REMOVE): unregister a range, or a part of one
 * @size: sizeof(struct vtl0_remove)
 * @flags: VTL0_REMOVE_PART
 * @start: first byte of a registered range, or part
 * @length: its length in bytes; start and length must match exactly
 * @busy_start: out, with EBUSY: the first folio that is still pinned; with EINVAL: the first
 *	chunk that would be cut, or 0 if the cause is another one
 * @busy_length: out: the size of that folio or chunk in bytes
 *
 * With VTL0_REMOVE_PART @start and @length are whole chunks (VTL0_QUERY_CHUNKS) of one range. The
 * range keeps the rest; if that lies on both sides, the upper side becomes a new range, with
 * another number, the same owners and cookie, and no name. Files of the range keep their offsets
 * and show both; touching the removed part through them is SIGBUS for good. Existing mappings are
 * revoked: touching them is SIGBUS, or, in a window or through /dev/mshv_vtl_low, registers the
 * memory anew. If a page is pinned (O_DIRECT in flight, registered buffers, VFIO, a pipe) the call
 * fails with EBUSY after a moment; the range stays registered, and its mappings fault in again. A
 * thread that touches the memory during the call waits until the call ends. A pin may outlast its
 * I/O for a moment (io_uring): then try again. A range in VTL0_STATE_DRAINING can be removed like
 * any other, and stays draining on EBUSY. A removal goes on when its caller is killed.
 */
struct vtl0_remove {
	__u32 size;
	__u32 flags;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 busy_start;
	__aligned_u64 busy_length;
};

/* Of struct vtl0_range_info: a flag, and a value of @mappings. */
#define VTL0_RANGE_PERSIST	(1U << 0)
#define VTL0_MAPPINGS_UNKNOWN	(~0ULL)

/**
 * struct vtl0_range_info - one registered range
 * @start: first byte
 * @length: length in bytes
 * @id: number of the range, as in sysfs
 * @state: VTL0_STATE_*
 * @flags: VTL0_RANGE_*
 * @node: NUMA node, that of the first chunk
 * @nr_chunks: number of chunks
 * @owners: number of open files that hold the range
 * @memmap_bytes: memory that the memmap of the range takes
 * @memmap_saved: by how much larger it would be with order-0 folios
 * @mappings: page-table entries that map the range now, or VTL0_MAPPINGS_UNKNOWN
 * @held: folios with references beyond their mappings (pins, pipes)
 * @faults_pte: single-page faults served
 * @faults_pmd: PMD (2M) faults served
 * @faults_pud: PUD (1G) faults served
 * @fallbacks: those of @faults_pte that hit a folio of PMD order or larger: the mapping is not
 *	aligned as the memory is, ends within the folio, has a page table there already, or was
 *	advised not to have huge pages
 * @bad_pages: pages in which hardware reported an error since the module was loaded
 * @name: NAME of its device node /dev/vtl0_NAME, or empty
 * @cookie: the cookie that it got from VTL0_ADD_COOKIE or a window, or zero
 */
struct vtl0_range_info {
	__aligned_u64 start;
	__aligned_u64 length;
	__u32 id;
	__u32 state;
	__u32 flags;
	__s32 node;
	__u32 nr_chunks;
	__u32 owners;
	__aligned_u64 memmap_bytes;
	__aligned_u64 memmap_saved;
	__aligned_u64 mappings;
	__aligned_u64 held;
	__aligned_u64 faults_pte;
	__aligned_u64 faults_pmd;
	__aligned_u64 faults_pud;
	__aligned_u64 fallbacks;
	__aligned_u64 bad_pages;
	char name[VTL0_NAME_SIZE];
	__u8 cookie[VTL0_COOKIE_SIZE];
};

/**
 * struct vtl0_chunk_info - one chunk: contiguous memory with one folio order
 * @start: first byte
 * @length: length in bytes
 * @range_id: number of the range it belongs to; 0 in VTL0_PLAN
 * @order: folio order
 * @memmap_bytes: memory that the memmap of the chunk takes
 */
struct vtl0_chunk_info {
	__aligned_u64 start;
	__aligned_u64 length;
	__u32 range_id;
	__u32 order;
	__aligned_u64 memmap_bytes;
};

/**
 * struct vtl0_window_info - one window, see struct vtl0_window
 * @start: first byte
 * @length: length in bytes
 * @registered: bytes of it that are registered, by whichever file
 */
struct vtl0_window_info {
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 registered;
};

/* Flags of VTL0_QUERY. */
#define VTL0_QUERY_CHUNKS	(1U << 0)
#define VTL0_QUERY_WINDOWS	(1U << 1)

/**
 * struct vtl0_query - ioctl(VTL0_QUERY): list ranges, chunks or windows
 * @size: sizeof(struct vtl0_query)
 * @flags: VTL0_QUERY_CHUNKS lists chunks, VTL0_QUERY_WINDOWS windows, else ranges
 * @cursor: in: list the entries that end behind this address, 0 for all;
 *	out: where to go on, 0 after the last one
 * @buf: address of an array of struct vtl0_range_info, _chunk_info or _window_info
 * @entry_size: bytes of an entry of that array, at least 16; if that is more than this kernel
 *	fills, the rest is zeroed, and if it is less, the fields behind it are left out
 * @count: in: entries that fit into the array, at least 1; out: entries written
 *
 * Entries come in the order of their addresses. The list is no snapshot: a range that is added or
 * removed meanwhile may or may not be in it.
 */
struct vtl0_query {
	__u32 size;
	__u32 flags;
	__aligned_u64 cursor;
	__aligned_u64 buf;
	__u32 entry_size;
	__u32 count;
};

/* Bits of struct vtl0_info.features. */
#define VTL0_FEATURE_MSHV	(1ULL << 0)	/* the three mshv ioctls */
#define VTL0_FEATURE_MAP_PMD	(1ULL << 1)	/* PMD mappings */
#define VTL0_FEATURE_MAP_PUD	(1ULL << 2)	/* PUD mappings */
#define VTL0_FEATURE_DEDUP	(1ULL << 3)	/* vmemmap of large folios is shared */
#define VTL0_FEATURE_SEAMLESS	(1ULL << 4)	/* direct I/O crosses from chunk to chunk */
#define VTL0_FEATURE_COUNTS	(1ULL << 5)	/* the kernel counts mappings (not 6.12) */
#define VTL0_FEATURE_EVENTS	(1ULL << 6)	/* read() and poll(): vtl0_events.h */
#define VTL0_FEATURE_PARTS	(1ULL << 7)	/* VTL0_REMOVE_PART */

/**
 * struct vtl0_info - ioctl(VTL0_INFO): what this driver can do, and totals
 * @size: sizeof(struct vtl0_info)
 * @flags: must be zero
 * @features: out: VTL0_FEATURE_*
 * @orders: out: bit n is set if folios of order n are used
 * @min_align: out: alignment of a range that is added without VTL0_ADD_COVER
 * @max_address: out: last byte that can be registered
 * @page_size: out: bytes of a page
 * @nr_ranges: out: registered ranges
 * @nr_chunks: out: their chunks
 * @bytes: out: registered bytes
 * @memmap_bytes: out: memory that their memmap takes
 * @memmap_saved: out: by how much larger it would be with order-0 folios
 */
struct vtl0_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 features;
	__aligned_u64 orders;
	__aligned_u64 min_align;
	__aligned_u64 max_address;
	__u32 page_size;
	__u32 nr_ranges;
	__aligned_u64 nr_chunks;
	__aligned_u64 bytes;
	__aligned_u64 memmap_bytes;
	__aligned_u64 memmap_saved;
};

/**
 * struct vtl0_plan - ioctl(VTL0_PLAN): the chunks into which VTL0_ADD would cut a range
 * @size: sizeof(struct vtl0_plan)
 * @flags: VTL0_ADD_TRIM, VTL0_ADD_ORDER, VTL0_ADD_CHUNK, VTL0_ADD_COVER
 * @start: first byte of the range
 * @length: length in bytes
 * @chunk_length: as in struct vtl0_add
 * @max_order: as in struct vtl0_add
 * @count: in: entries that fit into @buf; out: number of chunks, maybe more than were written
 * @buf: address of an array of struct vtl0_chunk_info, may be 0 if @count is 0
 * @planned_start: out: first byte that would be registered
 * @planned_length: out: bytes that would be registered
 * @edge: out, with EINVAL: the edge that is not aligned
 * @memmap_bytes: out: memory that the memmap would take
 * @memmap_saved: out: by how much larger it would be with order-0 folios
 *
 * A pure calculation: it does not check which memory is registered or in use.
 */
struct vtl0_plan {
	__u32 size;
	__u32 flags;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 chunk_length;
	__u32 max_order;
	__u32 count;
	__aligned_u64 buf;
	__aligned_u64 planned_start;
	__aligned_u64 planned_length;
	__aligned_u64 edge;
	__aligned_u64 memmap_bytes;
	__aligned_u64 memmap_saved;
};

/* Flags of VTL0_OPEN. */
#define VTL0_OPEN_WRITE		(1U << 0)

/**
 * struct vtl0_open - ioctl(VTL0_OPEN): a file that shows a part of one range
 * @size: sizeof(struct vtl0_open)
 * @flags: VTL0_OPEN_WRITE allows writable mappings
 * @start: first byte, a multiple of the page size
 * @length: length in bytes, likewise; all within one registered range, else ENOENT
 * @fd: out: the file, with O_CLOEXEC; -1 on failure
 * @reserved: must be zero
 *
 * The file is mapped with mmap(): offset 0 is @start, and mapping beyond @length fails with ENXIO.
 * The file can be sent to another process, which needs no privilege to map it. An open file does
 * not hold the range: when the range was removed, mmap() fails with ENODEV and touching the memory
 * raises SIGBUS, even if the same addresses have been registered again.
 */
struct vtl0_open {
	__u32 size;
	__u32 flags;
	__aligned_u64 start;
	__aligned_u64 length;
	__s32 fd;
	__u32 reserved;
};

/* Flags of VTL0_WINDOW. */
#define VTL0_WINDOW_DROP	(1U << 0)
#define VTL0_WINDOW_COOKIE	(1U << 1)

/**
 * struct vtl0_window - ioctl(VTL0_WINDOW): declare memory that is registered when touched
 * @size: sizeof(struct vtl0_window)
 * @flags: VTL0_WINDOW_DROP drops a window that this file declared; VTL0_WINDOW_COOKIE gives
 *	the ranges that touches register the @cookie. Both together are EINVAL.
 * @start: first byte, a multiple of the page size
 * @length: length in bytes, likewise
 * @conflict_start: out: as in struct vtl0_add
 * @conflict_length: out: as in struct vtl0_add
 * @cookie: with VTL0_WINDOW_COOKIE as with VTL0_ADD_COOKIE. Else zero.
 *
 * Memory of a window may be touched through /dev/vtl0_low before it is registered. The touch
 * registers the part of the window in the same GiB, or a smaller part if that fails, and this file
 * holds the new range; if no memory can be registered, the touch raises SIGBUS. The last close of
 * the file drops the window and removes these ranges; other ranges in the window stay. The memory
 * of a window is claimed (/proc/iomem). VTL0_WINDOW fails if a part of it is in use (EBUSY), device
 * address space (ENXIO), or in another window (EEXIST), but declaring the same one again succeeds.
 * VTL0_WINDOW_DROP needs exactly a window of this file, else ENOENT; ranges in the window stay.
 */
struct vtl0_window {
	__u32 size;
	__u32 flags;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 conflict_start;
	__aligned_u64 conflict_length;
	__u8 cookie[VTL0_COOKIE_SIZE];
};

#define VTL0_ADD	_IO(VTL0_IOCTL_TYPE, 0x00)
#define VTL0_REMOVE	_IO(VTL0_IOCTL_TYPE, 0x01)
#define VTL0_QUERY	_IO(VTL0_IOCTL_TYPE, 0x02)
#define VTL0_INFO	_IO(VTL0_IOCTL_TYPE, 0x03)
#define VTL0_PLAN	_IO(VTL0_IOCTL_TYPE, 0x04)
#define VTL0_OPEN	_IO(VTL0_IOCTL_TYPE, 0x05)
#define VTL0_WINDOW	_IO(VTL0_IOCTL_TYPE, 0x06)

/* The largest number of chunks of one range; only VTL0_ADD_CHUNK gets there. */
#define VTL0_MAX_CHUNKS	65536U

#endif /* _UAPI_LINUX_VTL0_H */
