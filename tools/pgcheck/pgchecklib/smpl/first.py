# SPDX-License-Identifier: GPL-2.0
"""PG02: the first of several pages, and the test whether there is only one."""
import re

from ..flow import facts
from .report import Report, Values
from .text import plain, words

_FIRST = re.compile(
    r"\b(?:%s|mp_bvec_iter_page) \(|"
    r"\bbi_io_vec (?:-> bv_page|\[ ?0 ?\])|"
    r"(?:->|\.) (?:bvecs?|bip_vec) -> bv_page|"
    r"^\* ?(?:pages|folios)$|"
    r"\bsg_page \( ?\S*(?: -> | \. )?(?:\w* -> |\w* \. )*"
    r"(?:sg|sgl|sg_list|sglist|\w+_sg|\w+_sgl|\w+_sglist)(?: \[ ?0 ?\])? ?\)|"
    r"\b(?:sgl|bvecs?|bv|bvec_array|vecs?|pages|folios|page_array|page_list)(?: ?\[ ?0 ?\])"
    % words(facts.FIRST))
_ONE = re.compile(
    r"\b(?:bi_vcnt|nents|orig_nents|sg_cnt|nr_pages|npages|nr_vecs|nr_segs|nr_bvec|nr_segments|"
    r"nr_phys_segments|nr_integrity_segments|blk_rq_nr_phys_segments \(.*\)|"
    r"blk_rq_nr_integrity_segments \(.*\)) (?:==|<=|>|!=) 1\b|"
    r"^iov_iter_extract_bvecs \(")     # stops where the pgmap changes
_STEP = re.compile(r"^(?:(\w+) (?:\+\+|\+= .*)|\+\+ ?(\w+))$")
_NAME = re.compile(r"^(?:sg_page \( ?(\w+) ?\)|(\w+) (?:\.|->) bv_page|\* ?(\w+)|(\w+))$")

report, values = Report(), Values()
calls, unasked = set(), set()       # (file, called function)


def first(text, where):
    """Is this the first element, or a variable that only ever holds the first one?"""
    text = plain(text)
    name = _NAME.match(text)
    mine = values.of(where, next(filter(None, name.groups()))) if name else ()
    if mine:
        return all(_FIRST.search(value) or re.search(r"(->|\.) ?(sgl|sg|sg_list)$", value)
                   for value in mine)
    return bool(_FIRST.search(text))


def one(text):
    """Does a condition test whether there is only one element?"""
    return bool(_ONE.search(plain(text)))


def step(text):
    """The pointer that an expression moves to the next element, or None."""
    found = _STEP.match(plain(text))
    return found and (found.group(1) or found.group(2))


def found(where, name, predicate):
    """Reports a test of the first element where no condition has made sure that there are no
    others. A static function is not reported if all of its callers test that."""
    key = where.file, name
    if key not in calls - unasked:
        report.say(where, "warning: %s() of the first element decides for all of them [PG02]"
                   % predicate)
