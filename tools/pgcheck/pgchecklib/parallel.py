# SPDX-License-Identifier: GPL-2.0
"""Work on many files in several processes."""
import concurrent.futures
import multiprocessing

# What a process takes at a time.
SMALLEST, LARGEST = 4, 32


class _Work:
    """What a forked process takes over."""
    now = None


def _share(numbers):
    function, items = _Work.now
    return [function(items[number]) for number in numbers]


def map_all(function, items, jobs):
    """function(item) of each item, in their order. The results are pickled, function and
    items are not."""
    size = max(SMALLEST, min(LARGEST, len(items) // (4 * jobs)))
    shares = [range(at, min(at + size, len(items))) for at in range(0, len(items), size)]
    _Work.now = function, items
    try:
        with concurrent.futures.ProcessPoolExecutor(
                jobs, mp_context=multiprocessing.get_context("fork")) as pool:
            return [found for part in pool.map(_share, shares) for found in part]
    finally:
        _Work.now = None
