"""What a server turned out not to do: learned from its errors and from what comes back, and remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Final

from runql.sources.wandb.schema.probes import Probe, Shape
from runql.sources.wandb.schema.refusals import Learned
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable

FILTERS: Final = "filters"
ORDER: Final = "order"
PAGING: Final = "paging"

_ARGUMENTS: Final = {
    FILTERS: "Project.runs(filters)",
    ORDER: "Project.runs(order)",
    PAGING: "Project.runs(after)",
}

_SAID = {
    "Run.config(keys)": "sends whole configs: it cannot be asked for single fields",
    "Run.summaryMetrics(keys)": "sends whole summaries: it cannot be asked for single fields",
    "Run.sampledHistory": "does not sample single metrics: rows are fetched whole and chosen here",
    "Run.historyKeys": "does not say which metrics a run logged",
    "Run.history": "gives no whole histories",
    "Run.events": "gives no machine metrics",
    "Project.runCount(filters)": "does not count the runs of a filter",
    "Project.runCount": "does not count runs: they are listed, and nothing tells whether all came",
    "Project.runs(after)": "does not page: all runs are fetched at once",
    "Project.runs(order)": "does not order runs: that is done here, over all of them",
    "Project.runs(filters)": "does not filter runs: all are fetched and filtered here",
}

_IGNORED = {
    FILTERS: "ignores filters: all runs are fetched and filtered here",
    ORDER: "ignores the order: all runs are fetched and ordered here",
    PAGING: "ignores paging: all runs are fetched at once",
}

FIELDS: Mapping[str, str] = {
    "name": "displayName",
    "state": "state",
    "tags": "tags",
    "group": "group",
    "job_type": "jobType",
    "notes": "notes",
    "user": "user",
    "sweep": "sweepName",
    "host": "host",
    "created": "createdAt",
    "heartbeat": "heartbeatAt",
    "updated": "updatedAt",
    "runtime": "computeSeconds",
    "config": "config",
    "summary": "summaryMetrics",
    "logged": "historyKeys",
    "system": "systemMetrics",
}
"""What of a run a query may name, and the field of W&B's schema that brings it."""

_QUIET = {"Run.host", "Run.updatedAt", "Run.computeSeconds", "Run.history(maxKeyLimit)"}
"""Lacked by servers that are otherwise whole; the fields are then missing in the runs, which shows."""


@changeable
class Abilities:
    """Shared by all that ask one server; threads may share it.

    `lacks`: coordinates of the schema that it does not have; `ignores`: what of `filters order paging` it takes and
    does not obey; `types`: the variables that it wants to be of another type; `misread`: fields that it was seen to
    read read otherwise than its own runs have them; `proven`: what it was seen to obey of filters. `tells_of_more`:
    whether an answer ever said that more pages follow: one that always denies it says nothing.
    """

    lacks: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    types: frozenset[tuple[str, str]] = frozenset()
    misread: frozenset[str] = frozenset()
    proven: frozenset[Shape] = frozenset()
    tells_of_more: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, coordinate: str) -> bool:
        return coordinate not in self.lacks and coordinate.partition("(")[0] not in self.lacks

    def has_all(self, coordinates: Iterable[str]) -> bool:
        return all(map(self.has, coordinates))

    def does(self, what: str) -> bool:
        """Whether it does not only take but also obey filters, an order or paging."""
        return what not in self.ignores and self.has(_ARGUMENTS[what])

    @property
    def counts_filtered(self) -> bool:
        return self.does(FILTERS) and self.has("Project.runCount(filters)")

    @property
    def column_subsets(self) -> bool:
        """Whether it can be asked for single fields of configs and summaries."""
        return not self.lacks or self.has_all(("Run.config(keys)", "Run.summaryMetrics(keys)"))

    def learn(self, learned: Learned) -> None:
        """Remembers what refusals told."""
        with self._lock:
            self.lacks |= learned.lacks
            newest = {**dict(self.types), **dict(learned.types)}
            self.types = frozenset(newest.items())

    def learn_misread(self, names: Iterable[str]) -> None:
        """Remembers the fields of a filter that misses runs which match it."""
        with self._lock:
            self.misread |= frozenset(names)

    def learn_proof(self, probe: Probe, runs: int) -> None:
        """Remembers how many runs passed a probe: with any, the server does not filter."""
        with self._lock:
            if runs:
                self.ignores |= {FILTERS}
            else:
                self.proven |= probe.shapes

    def learn_ignores(self, what: str) -> None:
        with self._lock:
            self.ignores |= {what}

    def notices(self, host: str, concerned: Iterable[str]) -> tuple[Diagnostic, ...]:
        """What to say under an answer that asked for these coordinates, or for `filters order paging`."""
        said = []
        for name in concerned:
            if name in self.ignores:
                said.append(_IGNORED[name])
            elif not self.has(name) and name not in _QUIET:
                said.append(_SAID.get(name, f"has no `{name}`"))
        return tuple(Diagnostic("RQL406", f"{host} {text}") for text in dict.fromkeys(said))

    def lacking(self, host: str, fields: Iterable[str]) -> tuple[Diagnostic, ...]:
        """What to say under an answer to a query that names these fields: those that no run of the server has."""
        lacked = [name for name in dict.fromkeys(fields) if name in FIELDS and not self.has(f"Run.{FIELDS[name]}")]
        return tuple(
            Diagnostic("RQL406", f"{host} has no `{FIELDS[name]}` of a run, so each run counts as one without `{name}`")
            for name in lacked
        )

    def misread_notices(self, host: str) -> tuple[Diagnostic, ...]:
        """What to say under an answer that was narrowed, if the server misreads some fields."""
        if not self.misread:
            return ()
        named = ", ".join(f"`{name}`" for name in sorted(self.misread))
        message = f"{host} does not find runs by {named} that its own listings have: that is decided here"
        return (Diagnostic("RQL406", message),)
