"""What an answer cost: time, and requests where a source sends any."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from runql.sources.protocol import ServiceApi
from runql.text.frozen import changeable


@changeable
class Spent:
    """How long it took in all, and how many requests; `requests` is `None` where no source counts them."""

    seconds: float = 0.0
    requests: int | None = None
    _is_measuring: bool = False

    @contextmanager
    def measured(self, services: Callable[[], Iterable[ServiceApi]]) -> Iterator[None]:
        """Add what the block takes, once also where blocks stand in one another. `services` gives those that may be
        asked; one more may be opened in the block."""
        if self._is_measuring:
            yield
            return
        self._is_measuring = True
        before, began = _requests(services()), time.perf_counter()
        try:
            yield
        finally:
            self._is_measuring = False
            self.seconds += time.perf_counter() - began
            after = _requests(services())
            if after:
                sent = sum(count - before.get(service, 0) for service, count in after.items())
                self.requests = (self.requests or 0) + sent

    def __str__(self) -> str:
        took = f"{self.seconds * 1000:.0f} ms" if self.seconds < 0.1 else f"{self.seconds:.1f} s"
        if self.requests is None:
            return took
        return f"{self.requests:,} request{'s' * (self.requests != 1)}, {took}"


def _requests(services: Iterable[ServiceApi]) -> dict[int, int]:
    """How many requests each of the services that count them has sent."""
    lines = ((id(service), service.line) for service in services)
    return {service: line.requests for service, line in lines if line is not None}
