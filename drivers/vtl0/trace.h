/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vtl0

#if !defined(_VTL0_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VTL0_TRACE_H

#include <linux/mm_types.h>
#include <linux/tracepoint.h>

/* ret: 0 or a negative errno; id: number of the range, 0 if it did not get one */
TRACE_EVENT(vtl0_add,
	TP_PROTO(u64 start, u64 length, u32 id, u32 nr_chunks, int ret),
	TP_ARGS(start, length, id, nr_chunks, ret),
	TP_STRUCT__entry(
		__field(u64, start)
		__field(u64, length)
		__field(u32, id)
		__field(u32, nr_chunks)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->start = start;
		__entry->length = length;
		__entry->id = id;
		__entry->nr_chunks = nr_chunks;
		__entry->ret = ret;
	),
	TP_printk("start=%#llx length=%#llx id=%u chunks=%u ret=%d",
		  __entry->start, __entry->length, __entry->id,
		  __entry->nr_chunks, __entry->ret)
);

TRACE_EVENT(vtl0_remove,
	TP_PROTO(u64 start, u64 length, u32 id, int ret),
	TP_ARGS(start, length, id, ret),
	TP_STRUCT__entry(
		__field(u64, start)
		__field(u64, length)
		__field(u32, id)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->start = start;
		__entry->length = length;
		__entry->id = id;
		__entry->ret = ret;
	),
	TP_printk("start=%#llx length=%#llx id=%u ret=%d",
		  __entry->start, __entry->length, __entry->id, __entry->ret)
);

#ifndef vtl0_fault_results
#define vtl0_fault_result(name) { (__force unsigned long)VM_FAULT_##name, #name }
#define vtl0_fault_results						\
	vtl0_fault_result(OOM), vtl0_fault_result(SIGBUS),		\
	vtl0_fault_result(HWPOISON), vtl0_fault_result(NOPAGE),	\
	vtl0_fault_result(FALLBACK), vtl0_fault_result(RETRY)
#endif

/* address: virtual; phys: physical; order: of the entry; result: VM_FAULT_* */
TRACE_EVENT(vtl0_fault,
	TP_PROTO(unsigned long address, u64 phys, unsigned int order, bool write,
		 unsigned int result),
	TP_ARGS(address, phys, order, write, result),
	TP_STRUCT__entry(
		__field(unsigned long, address)
		__field(u64, phys)
		__field(unsigned int, order)
		__field(bool, write)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		__entry->address = address;
		__entry->phys = phys;
		__entry->order = order;
		__entry->write = write;
		__entry->result = result;
	),
	TP_printk("address=%#lx phys=%#llx order=%u %s result=%s",
		  __entry->address, __entry->phys, __entry->order,
		  __entry->write ? "write" : "read",
		  __print_flags(__entry->result, "|", vtl0_fault_results))
);

#endif /* _VTL0_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
