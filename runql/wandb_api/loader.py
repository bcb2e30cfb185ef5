"""Fetches what a listing left out: for all the runs of a page at once, the first time that one of them needs it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import groupby
from typing import Protocol

from runql.errors import BackendError, RunNotFoundError
from runql.plan.selectors import WandbSelector
from runql.semantic.record import RunRecord
from runql.sources.protocol import FULL, PageRequest, ServiceApi
from runql.syntax.mongo.nodes import NEWEST_FIRST
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest

_NEAREST_AMONG = 200
"""How many runs are looked at for an id that was meant."""


class LoadableRun(Protocol):
    """A run whose heavy parts may still be asked for."""

    @property
    def entity(self) -> str: ...
    @property
    def project(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def is_full(self) -> bool: ...
    def accept(self, record: RunRecord) -> None: ...


class PageLoader:
    """The runs of one page, which are completed together."""

    __slots__ = ("_lock", "_service", "is_used", "runs")

    def __init__(self, service: ServiceApi) -> None:
        self._service = service
        self._lock = threading.Lock()
        self.runs: list[LoadableRun] = []
        self.is_used = False
        """Whether somebody wanted the heavy parts of one."""

    def complete(self, run: LoadableRun) -> None:
        """Load the heavy parts of this run and of all others of its page that lack them.

        Raises:
            RunNotFoundError: this run is gone.
            BackendError: the source cannot read it.
        """
        with self._lock:
            self.is_used = True
            if not run.is_full:
                complete(self._service, (each for each in self.runs if not each.is_full))
        if not run.is_full:
            # Is it gone, or can the source not read it? Then it is told what the source says.
            record = self._service.run(run.entity, run.project, run.id, FULL)
            if record is None:
                raise not_found(self._service, run.entity, run.project, run.id)
            run.accept(record)


def complete(service: ServiceApi, runs: Iterable[LoadableRun]) -> None:
    """Load the heavy parts of many runs; one request of the service for each project. Runs that are gone stay as is."""

    def place(run: LoadableRun) -> tuple[str, str]:
        return run.entity, run.project

    for (entity, project), group in groupby(sorted(runs, key=place), key=place):
        together = list(group)
        found = service.upgrade(entity, project, tuple(run.id for run in together), FULL)
        for run in together:
            if run.id in found:
                run.accept(found[run.id])


def not_found(service: ServiceApi, entity: str, project: str, run_id: str) -> RunNotFoundError:
    """The error for a run that is not there; it names the nearest one that is."""
    path = "/".join(part for part in (entity, project, run_id) if part)
    request = PageRequest(entity, project, WandbSelector(order=NEWEST_FIRST), per_page=_NEAREST_AMONG)
    try:
        runs = service.runs_page(request).runs
    except BackendError as error:
        # The project itself is not there: that is the better message.
        return RunNotFoundError([Diagnostic("RQL402", f"no run `{path}`"), *error.diagnostics])
    named = [run.id for run in runs if run.name == run_id]
    near = named or nearest(run_id, [run.id for run in runs])
    said = f"`{run_id}` is a name, its id is" if named else "nearest:"
    hint = f"; {said} " + ", ".join(f"`{each}`" for each in near) if near else ""
    hints = () if near else ("`runs select id, name` lists those there are",)
    return RunNotFoundError([Diagnostic("RQL402", f"no run `{path}`{hint}", hints=hints)])
