"""Which runs a listing has given, by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runql.semantic.record import RunRecord, cells_of
from runql.sources.paging import add_new
from runql.sources.wandb.failures.failures import clean
from runql.text.diagnostic import Diagnostic


class GivenRuns:
    """The ids of the runs that were given, and whether one of them belongs to several."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._twice = ""

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._ids

    def add(self, runs: Sequence[RunRecord]) -> None:
        """These are given now."""
        ids = cells_of(runs, "id")
        if not add_new(ids, self._ids):
            for run_id in ids:
                self._twice = self._twice or (run_id if run_id in self._ids else "")
                self._ids.add(run_id)

    def said(self, host: str) -> Iterator[Diagnostic]:
        """What is to be said of an id that belongs to several runs."""
        if self._twice:
            said = f"{host} gives several runs the id `{clean(self._twice)}`: a table holds one of each id"
            yield Diagnostic("RQL407", said)
