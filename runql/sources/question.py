"""Which calls of a service belong to one question, so that a folder is looked at once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ASKED: ContextVar[object | None] = ContextVar("runql_question", default=None)


question: Callable[[], object | None] = _ASKED.get
"""What is asked just now in this context; `None` if nobody said so: then each call is a question of its own."""


@contextmanager
def asking(asked: object | None) -> Iterator[None]:
    """All calls inside the `with` belong to one question."""
    token = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(token)
