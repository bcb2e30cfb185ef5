"""What the C library does with the memory of columns."""

from __future__ import annotations

from functools import cache

_LARGEST = 2**25 - 2**13
"""The largest block whose size glibc goes by: just below 32 MiB (`M_MMAP_THRESHOLD` in mallopt(3))."""


@cache
def keep_freed_memory() -> None:
    """Have glibc keep what is freed for the next column, up to 64 MiB, instead of giving it back to the kernel.

    A column of a million numbers is 8 MB. Given back and asked for anew, it comes page by page, each cleared first,
    which took longer than most of what a stage does with it. Of freed memory glibc keeps twice the largest block that
    was ever freed, so one is. Nothing is written to it, so that it costs nothing; other C libraries do not care.
    """
    block = bytes(_LARGEST)
    del block
