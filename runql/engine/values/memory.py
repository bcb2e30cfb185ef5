"""What the C library does with the memory of columns."""

from __future__ import annotations

from functools import cache
from typing import Final

_MMAP_THRESHOLD: Final = -3
_TRIM_THRESHOLD: Final = -1
"""What `mallopt(3)` calls them in `malloc.h`."""
_LARGEST: Final = 2**25
"""The largest block that glibc takes from the heap, not from the kernel alone; it allows no more."""
_KEPT: Final = 2**28


@cache
def keep_freed_memory() -> None:
    """Have glibc keep what is freed for the next column, up to 256 MiB, instead of giving it back to the kernel.

    A column of a million numbers is 8 MB. Given back and asked for anew, it comes page by page, each cleared first,
    which took longer than most of what a stage does with it. Libraries for columns have an allocator of their own for
    that reason. Other C libraries have no `mallopt`, and keep what they please.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # no glibc; Windows knows no library without a name
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST)
    mallopt(_TRIM_THRESHOLD, _KEPT)
