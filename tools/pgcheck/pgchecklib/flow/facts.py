# SPDX-License-Identifier: GPL-2.0
"""What the kernel's functions and fields mean; no other module lists such names.

The prefilter (WORDS) and the checks use them. learn() adds the names that a project gives in
its configuration.
"""
import re

# Functions that return the address or the number of a page: which argument is the page.
ADDRESS = {
    "page_to_phys": 0, "page_to_pfn": 0, "bvec_phys": 0, "sg_phys": 0, "folio_pfn": 0,
    "page_to_dma": 0, "folio_page_pfn": 0, "bio_vec_phys": 0, "pgmap_page_to_phys": 0,
    "page_to_bfn": 0, "page_to_gfn": 0, "page_to_xen_pfn": 0, "page_to_boff": 0, "folio_phys": 0,
    "page_to_dma_pfn": 0, "page_to_bus": 0, "vmalloc_to_pfn": 0,
}
# Functions whose result is an address if that argument is one.
SAME_ADDRESS = {
    "PFN_PHYS": 0, "PHYS_PFN": 0, "PFN_DOWN": 0, "PFN_UP": 0, "__pfn_to_phys": 0,
    "__phys_to_pfn": 0, "cpu_to_le64": 0, "cpu_to_be64": 0, "cpu_to_le32": 0, "cpu_to_be32": 0,
    "le64_to_cpu": 0, "be64_to_cpu": 0, "le32_to_cpu": 0, "be32_to_cpu": 0, "le16_to_cpu": 0, "cpu_to_le16": 0,
    "xen_page_to_gfn": 0, "ALIGN": 0, "round_up": 0,
    "ALIGN_DOWN": 0, "phys_to_dma": 1,
}
# Functions that return a page: the argument from which (None: from an address).
PAGE = {
    "sg_page": 0, "nth_page": 0, "pfn_to_page": None, "phys_to_page": None, "folio_page": 0,
    "compound_head": 0, "bio_page": 0, "bio_first_page_all": 0, "skb_frag_page": 0,
    "pgmap_page": 0, "pgmap_plain_page": 0, "pgmap_pfn_to_page": None, "pgmap_folio_page": 0,
    "pgmap_first_page": 0, "pgmap_bvec_page": 0, "pgmap_sg_page": 0, "sg_page_iter_page": 0,
    "pgmap_mark_pages": 0, "pgmap_plain_pages": 0, "bvec_page": 0, "mp_bvec_iter_page": 0, "bio_iter_page": 0, "bvec_iter_page": 0,
}
# Functions that return a page some pages further on: which argument is that number.
NEXT_PAGE = {"nth_page": 1, "folio_page": 1}
# Functions that return the folio of a page.
FOLIO = {"page_folio": 0, "pgmap_page_folio": 0, "virt_to_folio": 0, "compound_head": 0,
         "bio_first_folio_all": 0}

# Functions that tell whether two pages have the same pgmap: the arguments that are the pages.
GUARD = {
    "zone_device_pages_have_same_pgmap": (0, 1), "pages_are_mergeable": (0, 1),
    "biovec_phys_mergeable": (1, 2), "pgmap_pages_mergeable": (0, 1),
    "pgmap_bvec_try_extend": (0, 1), "pgmap_sg_extend": (0, 1), "__pgmap_follows": (0, 2),
}
# Functions that tell whether two pages may be in one bio or list, which says less.
COMPATIBLE = {"zone_device_pages_compatible": (0, 1), "pgmap_pages_compatible": (0, 1)}
# Comparing the results of one of these for two pages tells the same.
IDENTITY = {"page_pgmap": 0, "folio_pgmap": 0, "page_folio": 0, "pgmap_page_folio": 0,
            "compound_head": 0, "PageCompound": 0, "page_zonenum": 0}
# The block layer's helpers that merge without comparing pgmaps, which is the caller's task.
MERGES = {"bvec_try_merge_page": (0, 1), "bvec_try_merge_hw_page": (1, 2)}
# They compare Xen's frames, after their callers compared the pgmaps.
EXEMPT = frozenset(("xen_biovec_phys_mergeable",))
# Functions that allocate memory, which is never of a pgmap.
OWN = re.compile(r"^(alloc_pages?(_\w+)?|__get_free_pages?|get_zeroed_page|folio_alloc\w*|"
                 r"shmem_read_\w+|dev_alloc_pages?|vmalloc_to_page|virt_to_page|virt_to_folio|"
                 r"mempool_alloc\w*|__page_cache_alloc|alloc_pages_bulk\w*|ZERO_PAGE|"
                 r"alloc_contig_\w+|dma_alloc_\w+|kmalloc\w*|kzalloc\w*|erofs_allocpage|"
                 r"vmap_to_page|page_frag_alloc\w*|largest_zero_folio)$")

# Functions that tell whether a page has a pgmap, or which one.
KIND = {
    "is_pci_p2pdma_page": 0, "page_pgmap": 0, "is_zone_device_page": 0, "folio_is_pci_p2pdma": 0,
    "folio_is_zone_device": 0, "pgmap_is_device": 0, "pgmap_is_p2pdma": 0, "folio_pgmap": 0,
    "is_device_private_page": 0, "is_device_coherent_page": 0, "is_device_coherent_folio": 0,
    "folio_is_device_private": 0, "folio_is_device_coherent": 0, "is_fsdax_page": 0,
    "folio_is_fsdax": 0, "get_dev_pagemap": 0,
}
# The first page, vec or folio of several.
FIRST = frozenset(("bio_first_page_all", "bio_first_folio_all", "bio_first_bvec_all", "bio_page",
                   "bio_iovec", "req_bvec", "virt_to_sg", "pgmap_first_page",
                   "rq_integrity_vec"))
COUNTS = re.compile(r"(?:^|\.|->|_|\b)(bi_vcnt|bip_vcnt|nents|orig_nents|sg_cnt|nr_pages|npages|nr_vecs|nr_segs|nr_bvecs?|"
                    r"nr_segments|nr_phys_segments|nr_integrity_segments|n_pages|num_pages|n_upages|"
                    r"nr_sgs?|num_sg|count|nr|n|nbufs|page_count|pagecount|pages_nr|sg_count)$")
COUNTED = frozenset(("blk_rq_nr_phys_segments", "blk_rq_nr_integrity_segments", "bio_segments",
                     "blk_rq_nr_bvec", "sg_nents", "bio_multiple_segments"))

# Functions that add to the variable to which their first argument points.
GROW = frozenset("%s%d_add_cpu" % (order, bits) for order in ("le", "be") for bits in (16, 32, 64))
# Macros that are loops: the arguments that change in each round.
EACH = {"for_each_sg": (1, 3), "for_each_sgtable_sg": (1, 2), "for_each_sgtable_dma_sg": (1, 2),
        "pgmap_for_each_pfn": (0, 1), "pgmap_bio_for_each_page": (0, 1),
        "pgmap_bio_for_each_bvec": (0, 1)}

# Functions that add to a bio: which arguments are bio, page or folio, length, offset.
ADD = {
    "bio_add_page": (0, 1, 2, 3), "bio_add_folio": (0, 1, 2, 3), "bio_add_vmalloc": (0, 1, 2, None),
    "bio_integrity_add_page": (0, 1, 2, 3), "bio_add_pc_page": (1, 2, 3, 4),
    "bio_add_hw_page": (1, 2, 3, 4), "bio_add_hw_folio": (1, 2, 3, 4),
    "bio_add_zone_append_page": (0, 1, 2, 3), "pgmap_bio_add_page": (0, 1, 2, 3),
    "bio_add_vmalloc_chunk": (0, 1, 2, None),
}
# Other functions whose refusal has to be handled: which arguments are the table and the page.
MUST_CHECK = {"pgmap_bvec_try_extend": (0, 1), "pgmap_sg_extend": (0, 1), "pgmap_sg_set": (1, 2),
              "pgmap_bvec_set": (1, 2)}
ADD_NOFAIL = {"__bio_add_page": (0, 1, 2, 3), "bio_add_folio_nofail": (0, 1, 2, 3),
              "bio_add_virt_nofail": (0, 1, 2, None)}
SET = {"bvec_set_page": (0, 1, 2, 3), "bvec_set_folio": (0, 1, 2, 3), "sg_set_page": (0, 1, 2, 3),
       "sg_set_folio": (0, 1, 2, 3), "pgmap_sg_set": (1, 2, 3, 4), "pgmap_bvec_set": (1, 2, 3, 4), "skb_fill_page_desc": (0, 2, 4, 3),
       "skb_add_rx_frag": (0, 2, 4, 3), "bvec_set_virt": (0, 1, 2, None), "sg_set_buf": (0, 1, 2, None)}
# Functions that give a bio its table: which argument is the size.
TABLE = {"bio_alloc": 1, "bio_alloc_bioset": 1, "bio_kmalloc": 0, "bio_init": 3,
         "bio_init_inline": 2}
TABLE_NAME = re.compile(r"^\w*(bio\w*alloc|alloc\w*bio|bio_init)\w*$")
# After these the variable holds another bio, or the bio was submitted.
NEW_BIO = re.compile(r"alloc|bio_init|bio_reset|submit|chain|next_bio|new_bio|get_bio|grab.*_bio|"
                     r"append_bio|bio_split|flush")
CLONE = frozenset(("bio_alloc_clone", "bio_init_clone", "bio_clone_fast", "bio_clone_bioset",
                   "__bio_clone_fast", "bio_split", "bio_next_split", "bio_trim", "bio_submit_split",
                   "bio_split_to_limits", "bio_clone", "bio_clone_kmalloc", "bio_clone_mddev"))

# Assertions, which do not handle a refusal.
ASSERT = re.compile(r"^(__)?((VM_)?(BUG|WARN)(_ON)?(_ONCE|_RATELIMITED|_TAINT|_ALWAYS|_PAGE|_FOLIO)*|assert|"
                    r"ASSERT\w*|VERIFY\w*|\w*_(BUG|WARN)_?ON(_ONCE)?|DBG_BUGON|L(ASSERT|INVRNT)F?|"
                    r"(E|MM|XFS_|RB|D|CFS_|J_|JBD2_|Z|K)?ASSERT\w*|KUNIT_(ASSERT|EXPECT)_\w+|"
                    r"\w+_ASSERT(_\w+)?|\w+_assert|assert_\w+|EBUG_ON|GEM_BUG_ON|GEM_WARN_ON|"
                    r"sBUG_ON|(\w+_)?(ENSURE|VERIFY|(BUG|WARN)_(IF|UNLESS))\w*|SCST_ASSERT|EXTRACHECKS_BUG_ON|BUGON|WARNON|\w*_ASSERTION)$")
# Functions that only write to the log.
LOG = re.compile(r"^(pr_\w+|printk\w*|dev_(err|warn|info|dbg|crit|emerg|notice|alert)\w*|DMERR\w*|DMWARN\w*|DMINFO\w*|WARN\w*|BUG\w*|"
                 r"CERROR|CWARN|CDEBUG|DEBUG_REQ|trace_\w+|TRACE\w*|PRINT_\w+|panic|dump_stack|\w+_printk|"
                 r"DRM_\w+|drm_(err|warn|dbg)\w*|\w*(_|^)(err|warn|error|msg|log|LOG|ERR|ERROR|WARN|debug|dbg|info)(_\w+)?)$")

# Takes references to user pages: the argument that is the array, the count, and how the
# result counts ("pages", "bytes", or "zero" for success).
GET = {
    "pin_user_pages": (3, 1, "pages"), "pin_user_pages_fast": (3, 1, "pages"),
    "pin_user_pages_remote": (4, 2, "pages"), "pin_user_pages_unlocked": (2, 1, "pages"),
    "get_user_pages": (3, 1, "pages"), "get_user_pages_fast": (3, 1, "pages"),
    "get_user_pages_remote": (4, 2, "pages"), "get_user_pages_unlocked": (2, 1, "pages"),
    "pgmap_pin_user_pages_fast": (3, 1, "pages"), "pgmap_pin_user_pages": (3, 1, "pages"),
    "pgmap_get_user_pages_fast": (3, 1, "pages"), "pgmap_extract_pages": (1, None, "bytes"),
    "get_user_pages_fast_only": (3, 1, "pages"), "pin_user_pages_fast_only": (3, 1, "pages"),
    "get_user_pages_locked": (3, 1, "pages"), "pin_user_pages_locked": (3, 1, "pages"),
    "__get_user_pages_fast": (3, 1, "pages"), "get_user_page_fast_only": (2, None, "one"),
    "iov_iter_extract_pages": (1, None, "bytes"), "iov_iter_get_pages2": (1, None, "bytes"),
    "iov_iter_get_pages_alloc2": (1, None, "bytes"), "iov_iter_get_pages": (1, None, "bytes"),
    "iov_iter_get_pages_alloc": (1, None, "bytes"),
    "pin_memfd_folios": (3, None, "pages"), "memfd_pin_folios": (3, None, "pages"),
}
# Those of GET that move the iterator.
ADVANCES = frozenset(("pgmap_extract_pages", "iov_iter_extract_pages", "iov_iter_get_pages2", "iov_iter_get_pages_alloc2"))
# Functions that fill a bio with user pages and return 0 or an errno.
FILL = re.compile(r"^(bio_iov_iter_bounce|\w*_iov_iter_get_pages|bio_iov_iter_get_pages\w*)$")
# Functions that release pages.
PUT = re.compile(r"^(iov_iter_(revert|restore)|\w*unpin\w*|put_page|put_user_pages?\w*|folio_put\w*|"
                 r"release_pages|\w*release_(user_)?pages?\w*|\w*put_(user_)?pages?\w*|page_ref_sub|"
                 r"put_page_testzero|__free_page|bio_release_page|page_cache_release|"
                 r"free_page_and_swap_cache|page_put\w*|unref_page|set_page_dirty_and_put)$")
REVERT = frozenset(("iov_iter_revert", "iov_iter_restore"))
# Functions that release one page by its pointer, although a vec or entry can have several.
PUT_ONE = frozenset(("pgmap_unpin_user_page", "unpin_user_page", "put_page", "bio_release_page", "put_user_page"))
PUT_ARRAY = frozenset(("pgmap_unpin_user_pages", "pgmap_unpin_user_pages_dirty_lock",
                       "unpin_user_pages", "unpin_user_pages_dirty_lock", "release_pages"))
# Functions that only look at pages, or put them into a table that the function keeps.
LOOK = re.compile(r"^(kv?free\w*|vfree|iov_iter_count|ARRAY_SIZE|(VM_)?WARN\w*|BUG_ON|likely|unlikely|"
                  r"IS_ERR\w*|PTR_ERR|sizeof|sg_set_(page|folio)|bvec_set_(page|folio)|page_folio|"
                  r"compound_(head|order)|page_(address|to_\w+|size|mapcount|count)|sendpage_ok|"
                  r"is_\w+_page|Page[A-Z]\w*|folio_page_idx|get_contig_folio_len|folio_\w+|"
                  r"zone_device_pages_have_same_pgmap|min\w*|umin|max\w*|DIV_ROUND_UP|kmap\w*|kunmap\w*|"
                  r"flush_\w+|offset_in_\w+|array_size|sg_(alloc|init)_\w+|__sg_alloc_\w+|sg_mark_end|"
                  r"sg_alloc_table_from_pages\w*|vmap|vm_map_ram|memset|dma_map_\w+|dma_mapping_error|"
                  r"ib_dma_map_\w+|ib_dma_mapping_error|mem(cpy|move|set)|sg_page|virt_to_\w+|lock_page|unlock_page|set_page_dirty\w*|"
                  r"free_pages?|kvfree|mark_page_accessed|get_user_pages\w*|pin_user_pages\w*|pci_map_\w+|"
                  r"pr_\w+|dev_(err|dbg|warn|info)|printk|free_page|swap|ktime_\w+|READ_ONCE|"
                  r"pgmap_(kmap_local|mem\w+|dma_map_page|get_pages|mark_pages|plain_pages?|pages_one_list|page|"
                  r"bvec_page|sg_page|is_\w+|pages_\w+|page_\w+)|trace_\w+|struct_size|is_\w+|sg_init_table|sg_free_table|page_zonenum|is_zero_pfn|BUG)$")
# Functions that can fail and have nothing to do with the pages.
FAILS = re.compile(r"^(\w*_(interruptible|killable)\w*|dma_map_\w+|ib_dma_map_\w+|copy_(from|to)_user|"
                   r"sg_alloc_table\w*|__sg_alloc_\w+|v?map\w*|k[vmz]*alloc\w*|vmap|vm_map_ram|iommu_map\w*|"
                   r"dma_mapping_error|mutex_lock_\w+)$")
# The names of pages that belong to the function's caller.
ITER_READS = re.compile(r"^iov_iter_(count|is_\w+|iter_type)$|^iter_is_\w+$|^user_backed_iter$")

# Where an array of vecs becomes I/O, and where it does not.
VEC_IO = re.compile(r"^(bio_iov_bvec_set|vfs_iter_(read|write)|vfs_iocb_iter_\w+|call_(read|write)_iter|"
                    r"submit_bio\w*|blk_rq_map_\w+|\w*(read|write)_iter|bio_init\w*|bio_alloc\w*|"
                    r"io_import_\w+|blk_mq_\w+|bio_set\w*)$")
VEC_OTHER = re.compile(r"(sock|sendmsg|recvmsg|send_?page|crypto|skcipher|ahash|aead|sha|hash|csum|crc|"
                       r"copy_(to|from|page)|memcpy|kmap|skb_|svc_|xdr|rxrpc|ceph_msg|tls|_msg_)")

# Names of variables that tell what the value is, wherever it comes from.
ADDRESS_NAME = re.compile(r"^\w*(pfn|paddr|(?<!nr_)phys)(?!_seg|_sector|_block|ical|_mergeable)\w*$")
NEXT_NAME = re.compile(r"(next|last|prev|end|expect|tail|want|stop)")
COUNT_NAME = re.compile(r"^(\w*_)?(nr|num|n|max|cnt|count|total)_?r?(pages|pfns?|paddrs?)\w*$")
PAGE_NAME = re.compile(r"^\w*(page|pages|bv_page)$")
LENGTH_NAME = re.compile(r"(^|_|\b)(bv_len|length|dma_length|dma_len|len|blen|size|sz|nbytes|bytes|nr_bytes|nr_pages|"
                         r"npages|num_pages|n_pages|nr|count|cnt|seg_len|ds_len|span|num|npfns?|nents|pages|pgcnt|blocks|"
                         r"nr_pfns|xfer|run|extent|bcount|bytecount|nblks|sectors|datalen|dlen|used)\w{0,2}$")
STATISTICS = re.compile(r"\b(\w*stats?|stat_\w+|counters?|merges|merged|nr_merged|nr_merges|debug|refs?|refcount|users|seq)\b")
MAPS = re.compile(r"(^|_)(map|pin|register|reg|add|set|fill|emit|push|append|insert|record|build|prep|write|sg|iommu)(_|$)|map|append")

# Functions and fields that are wrong for a bio that another function has built.
VCNT = frozenset(("bi_vcnt", "bi_io_vec"))
BIO_ALL = frozenset(("bio_first_bvec_all", "bio_first_page_all", "bio_first_folio_all",
                     "bio_last_bvec_all", "bio_for_each_bvec_all", "bio_for_each_segment_all",
                     "bio_for_each_folio_all"))

# By check, the words of which a function must contain one to be checked.
WORDS = {
    "PG01": tuple(ADDRESS) + tuple(MERGES) + ("nth_page",),
    "PG02": tuple(KIND),
    "PG03": tuple(ADD) + tuple(MUST_CHECK),
    "PG04": tuple(ADD_NOFAIL),
    "PG05": ("bv_page", "bv_len", "bv_offset", "bi_vcnt", "bi_io_vec", "iov_iter_bvec"),
    "PG06": ("pgmap_extract_pages", "pin_user_pages", "get_user_pages", "get_user_page", "iov_iter_extract_pages",
             "iov_iter_get_pages", "bio_iov_iter_bounce", "memfd_pin_folios", "unpin_user_page", "unpin_user_folio",
             "put_user_page"),
    "PG07": tuple(VCNT) + tuple(BIO_ALL),
    "PG08": ("bi_vcnt", "bip_vcnt"),
    "PG09": ("integrity_vec", "bip_vec"),
    "PG10": tuple(ADD) + tuple(ADD_NOFAIL) + ("sg_set_folio", "bvec_set_folio", "sg_set_page",
                                              "bvec_set_page"),
}
_BY_NAME = r"\w*(?:pfn|phys|paddr)\w*|pages?(?:\s*\[[^\]\n]*\])?\s*[-+](?![-+=])|(?<![-+])\+\s*\w*pages?\b"
_SEGMENT = re.compile(r"scatterlist|bio_vec|\bbv(ec)?s?\b|\bsg_\w+\(|rq_for_each|struct (bio|page)\b")
# A file without any of these has no findings; for PG01 that is any mention of pages.
STEMS = (b"page_to_", b"_phys", b"_pfn", b"folio_p", b"nth_page", b"bio_add", b"bv_", b"bi_vcnt", b"bi_io_vec",
         b"bvec", b"user_page", b"user_folio", b"iov_iter_", b"p2pdma", b"zone_device", b"pgmap", b"is_device_",
         b"fsdax", b"get_dev_pagemap", b"integrity_vec", b"bip_v", b"bio_first", b"bio_last", b"bio_for_each",
         b"bio_integrity_add", b"scatterlist", b"sg_set_", b"memfd_pin_folios", b"vmalloc_to_pfn",
         b"bio_iov_iter_bounce", b"pgmap_extract")
# A file without such a word may still call a function in a file that has one.
_LINKS = (b"struct bio *", b"struct page **")
PATTERN = {}
ANY = ()


def compile_words():
    """Makes PATTERN and ANY of WORDS."""
    global ANY
    for rule, words in WORDS.items():
        PATTERN[rule] = re.compile("|".join(sorted(map(re.escape, set(words)))))
    PATTERN["PG01"] = re.compile(PATTERN["PG01"].pattern + "|" + _BY_NAME)
    ANY = tuple(sorted({word.encode() for words in WORDS.values() for word in words}))


def also(rule, text):
    """What a function must contain besides the words of its rule."""
    return rule != "PG01" or any(word in text for word in WORDS["PG01"]) or bool(_SEGMENT.search(text))


def may_call(content):
    """Can a file, a Content, pass bios or arrays of pages to a function of another file?"""
    return any(map(content.has, _LINKS))


class Content:
    """The bytes of a file; it remembers which words it has been asked for."""

    def __init__(self, content):
        self.bytes, self._known = content, {}

    def has(self, word):
        """Does the file have a word in it, also as a part of another one?"""
        found = self._known.get(word)
        if found is None:
            stem = _STEM.get(word)
            found = self._known[word] = (stem is None or self.has(stem)) and word in self.bytes
        return found


# Parts of many words, the longest first: a file without one has none of these words.
_PARTS = (b"user_page", b"page_to_", b"zone_device", b"iov_iter_", b"p2pdma", b"is_device_",
          b"integrity_", b"folio_is_", b"pgmap_", b"pgmap", b"bio_", b"bvec", b"pfn", b"phys", b"bip_",
          b"folio", b"page", b"bio", b"bv", b"iov_")


class _Stems(dict):
    """A part of each word, worked out when it is first asked for."""

    def get(self, word):
        if word not in self:
            self[word] = next((part for part in _PARTS if part in word and part != word), None)
        return self[word]


_STEM = _Stems()


def concerns(content):
    """Has a file, a Content, something to look at for any check?"""
    if not any(map(content.has, STEMS)):
        return False
    return any(map(content.has, ANY)) or any(map(content.has, _NAMED)) and \
        bool(_SEGMENT_BYTES.search(content.bytes)) and bool(_BY_NAME_BYTES.search(content.bytes))


_SEGMENT_BYTES = re.compile(_SEGMENT.pattern.encode())
_BY_NAME_BYTES = re.compile(_BY_NAME.encode())
_NAMED = (b"pfn", b"phys", b"paddr", b"page")
compile_words()


def add(kind, name):
    """A name of the project's own: kind is "predicate", "assert", "allocator", "adder",
    "release" or "guard"."""
    global ASSERT, OWN, PUT
    if kind == "predicate":
        KIND[name] = 0
        WORDS["PG02"] += (name,)
    elif kind == "guard":
        GUARD[name] = (0, 1)
    elif kind == "adder":
        ADD[name] = (0, 1, 2, 3)
        WORDS["PG03"] += (name,)
        WORDS["PG10"] += (name,)
    elif kind == "assert":
        ASSERT = _also(ASSERT, name)
    elif kind == "allocator":
        OWN = _also(OWN, name)
    elif kind == "release":
        PUT = _also(PUT, name)
    else:
        raise ValueError("no facts of the kind %r" % kind)
    compile_words()


def _also(pattern, name):
    return re.compile("%s|^%s$" % (pattern.pattern, re.escape(name)))


_SINGULAR = {"predicates": "predicate", "guards": "guard", "asserts": "assert",
             "allocators": "allocator", "adders": "adder", "releases": "release"}


def learn(project):
    """Takes over the names that a project gives."""
    for kind, names in sorted(project.items()):
        for name in names:
            add(_SINGULAR[kind], name)
