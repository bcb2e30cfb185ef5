"""Many requests side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_AT_ONCE: Final = 8


def side_by_side(do: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The result for each item, in their order. After the first error, or Ctrl-C, no further one is begun."""
    if len(items) <= 1:
        return [do(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(min(_AT_ONCE, len(items)), thread_name_prefix="runql-objects")
    try:
        return [*pool.map(do, items)]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
