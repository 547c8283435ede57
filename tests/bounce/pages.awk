# SPDX-License-Identifier: GPL-2.0
#
# Reads a trace of kmem:mm_page_alloc, with the trigger "stacktrace", and of
# kmem:mm_page_free. Prints how many allocations were made below a function with
# "bounce" in its name, how many of those were never freed, and where the first one
# was made. Not those that the kernel keeps for itself: slabs, memory of each
# processor, page tables, and the memmap of other memory.

function field(name)
{
	match($0, name "=[^ ]+")
	return substr($0, RSTART + length(name) + 1, RLENGTH - length(name) - 1)
}

# "[001]"
function processor()
{
	match($0, /\[[0-9]+\]/)
	return substr($0, RSTART, RLENGTH)
}

function forget(pfn)
{
	delete stack[pfn]
}

/ mm_page_alloc: / {
	page[processor()] = field("pfn")
	forget(field("pfn"))
	next
}

/ mm_page_free: / { forget(field("pfn")); next }

/<stack trace>/ {
	pfn = page[processor()]
	ours[pfn] = 1
	next
}

/^ => / {
	if ($2 ~ /^(new_slab|allocate_slab|pcpu_|__vmalloc|stack_depot|__pte_alloc|__alloc_object)/)
		ours[pfn] = 0
	stack[pfn] = stack[pfn] " < " $2
	if ($2 ~ /bounce/ && ours[pfn] == 1) {
		ours[pfn] = 2
		allocations++
	}
}

END {
	for (pfn in stack)
		if (ours[pfn] == 2 && !kept++)
			first = stack[pfn]
	print "allocations=" allocations + 0
	print "kept=" kept + 0
	print "first=" first
}
