"""Asking several sources at once, in threads; answers in the order of the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from typing import TypeVar

from runql.sources.open import SourcePlace

_T = TypeVar("_T")
_MOST_AT_ONCE = 8


def together(questions: Sequence[Callable[[], _T]], places: Iterable[SourcePlace]) -> list[_T]:
    """The answers. An interrupt, or a question that fails, cancels what the places are asked just now."""
    if len(questions) < 2:
        return [question() for question in questions]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="runql-ask") as pool:
        # Each in a context of its own: the deadline of a query is one of its variables.
        futures = [pool.submit(copy_context().run, question) for question in questions]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            for service in {id(place.service): place.service for place in places}.values():
                if service.line is not None:
                    service.line.cancel()
            raise
