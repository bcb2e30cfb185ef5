"""A limit of time on all that one thread asks of servers, while it lasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import field
from threading import get_ident
from time import monotonic

from runql.sources.protocol import ServiceApi
from runql.text.frozen import changeable


@changeable
class _Limit:
    """`thread` asks; `held` are the services that know of it."""

    stack: ExitStack
    end: float
    thread: int
    held: list[ServiceApi] = field(default_factory=list)


@changeable
class Limits:
    """The limit in force, if there is one."""

    limit: _Limit | None = None

    @contextmanager
    def within(self, seconds: float | None, services: Iterable[ServiceApi]) -> Iterator[None]:
        """All that is asked inside the `with`, in this thread, must be answered within so many seconds."""
        if seconds is None:
            yield
            return
        with ExitStack() as stack:
            self.limit = _Limit(stack, monotonic() + seconds, get_ident())
            try:
                for service in services:
                    self.hold(service)
                yield
            finally:
                self.limit = None

    def hold(self, service: ServiceApi) -> None:
        """Hold a service that takes limits to the one in force in this thread."""
        limit = self.limit
        if limit is None or limit.thread != get_ident() or any(service is one for one in limit.held):
            return
        limit.held.append(service)
        if service.line is not None:
            limit.stack.enter_context(service.line.within(limit.end - monotonic()))
