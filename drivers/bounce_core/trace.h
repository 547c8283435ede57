/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM bounce_blk

#if !defined(_BOUNCE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _BOUNCE_TRACE_H

#include <linux/blkdev.h>
#include <linux/tracepoint.h>

/* What was being written changed before the device below was done with it. */
TRACE_EVENT(bounce_mutation,
	TP_PROTO(dev_t dev, sector_t sector, unsigned int len,
		 unsigned int offset, pid_t pid, const char *comm,
		 const char *source, const char *memory, bool kthread),
	TP_ARGS(dev, sector, len, offset, pid, comm, source, memory, kthread),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(sector_t, sector)
		__field(unsigned int, len)
		__field(int, offset)
		__field(pid_t, submitter)
		__array(char, comm, TASK_COMM_LEN)
		__string(source, source)
		__string(memory, memory)
		__field(bool, kthread)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->sector = sector;
		__entry->len = len;
		__entry->offset = offset;
		__entry->submitter = pid;
		memcpy(__entry->comm, comm, TASK_COMM_LEN);
		__assign_str(source);
		__assign_str(memory);
		__entry->kthread = kthread;
	),
	/* offset is that of the first byte in the write, -1 when unknown */
	TP_printk("%d,%d sector=%llu len=%u offset=%d pid=%d comm=%s source=%s memory=%s kthread=%d",
		  MAJOR(__entry->dev), MINOR(__entry->dev),
		  (unsigned long long)__entry->sector, __entry->len,
		  __entry->offset, __entry->submitter, __entry->comm,
		  __get_str(source), __get_str(memory), __entry->kthread)
);

#endif /* _BOUNCE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
