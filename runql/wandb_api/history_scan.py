"""Every row of a run, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from runql.sources.protocol import HistoryRequest, ServiceApi
from runql.wandb_api.frames import rows_of

_STEP = "_step"
"""Stands in each row, asked for or not, as in those of W&B's client."""


class LoggedRun(Protocol):
    """A run that knows how far it logged."""

    @property
    def lastHistoryStep(self) -> int: ...  # noqa: N802 - W&B's own name


class HistoryScan:
    """The rows of a scan. Each loop starts from the first row; `next()` has a place of its own."""

    def __init__(self, service_api: ServiceApi, request: HistoryRequest, run: LoggedRun, page_size: int = 1000) -> None:
        self._service = service_api
        self._request = request
        self._rows: Iterator[dict[str, Any]] | None = None
        self.run = run
        self.page_size = page_size

    @property
    def keys(self) -> list[str] | None:
        """The metrics that were asked for; `None` for all."""
        return None if self._request.keys is None else list(self._request.keys)

    @property
    def min_step(self) -> int:
        """The first step that may come."""
        return self._request.min_step or 0

    @property
    def max_step(self) -> int:
        """The last step that may come: none is after the last that the run logged."""
        last = self.run.lastHistoryStep
        return last if self._request.max_step is None else min(last, self._request.max_step)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for history in self._service.histories(self._request):
            keys = self._request.keys
            yield from rows_of(history, None if keys is None else (_STEP, *keys))

    def __next__(self) -> dict[str, Any]:
        if self._rows is None:
            self._rows = iter(self)
        return next(self._rows)

    def next(self) -> dict[str, Any]:
        """The next row; `StopIteration` after the last."""
        return self.__next__()

    def __repr__(self) -> str:
        return f"<HistoryScan {self._request.run_ids[0]}>"
