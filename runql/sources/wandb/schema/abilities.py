"""What a server turned out not to do: learned from its errors and from what comes back, and remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Final

from runql.plan.capabilities import Capabilities, Trust
from runql.sources.wandb.schema.probes import Probe, Shape, is_proven, probe_of
from runql.sources.wandb.schema.refusals import Learned
from runql.syntax.mongo.nodes import MongoFilter
from runql.text.diagnostic import Diagnostic

FILTERS: Final = "filters"
ORDER: Final = "order"
PAGING: Final = "paging"

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


class Abilities:
    """Shared by all that ask one server; threads may share it."""

    def __init__(self) -> None:
        self._lacks: frozenset[str] = frozenset()
        self._ignores: frozenset[str] = frozenset()
        self._types: frozenset[tuple[str, str]] = frozenset()
        self._lock = threading.Lock()
        self._proven: frozenset[Shape] = frozenset()
        self._misread: frozenset[str] = frozenset()
        self.tells_of_more = False
        """Whether an answer ever said that more pages follow: one that always denies it says nothing."""

    @property
    def lacks(self) -> frozenset[str]:
        """Coordinates of the schema that the server does not have."""
        return self._lacks

    def has(self, coordinate: str) -> bool:
        return coordinate not in self._lacks and coordinate.partition("(")[0] not in self._lacks

    def has_all(self, coordinates: Iterable[str]) -> bool:
        return all(map(self.has, coordinates))

    def does(self, what: str) -> bool:
        """Whether it does not only take but also obey filters, an order or paging."""
        argument = {FILTERS: "filters", ORDER: "order", PAGING: "after"}[what]
        return what not in self._ignores and self.has(f"Project.runs({argument})")

    @property
    def counts_filtered(self) -> bool:
        return self.does(FILTERS) and self.has("Project.runCount(filters)")

    @property
    def types(self) -> frozenset[tuple[str, str]]:
        """The variables that the server wants to be of another type."""
        return self._types

    def learn(self, learned: Learned) -> None:
        """Remembers what refusals told."""
        with self._lock:
            self._lacks |= learned.lacks
            newest = {**dict(self._types), **dict(learned.types)}
            self._types = frozenset(newest.items())

    @property
    def misread(self) -> frozenset[str]:
        """Fields that the server was seen to read otherwise than its own runs have them."""
        return self._misread

    def learn_misread(self, names: Iterable[str]) -> None:
        """Remembers the fields of a filter that misses runs which match it."""
        with self._lock:
            self._misread |= frozenset(names)

    def is_proven(self, filters: MongoFilter) -> bool:
        """Whether the server was seen to obey all that can be seen of a filter."""
        return is_proven(filters, self._proven)

    def probe_of(self, filters: MongoFilter) -> Probe:
        """A filter that no run passes, for what of this one is not proven yet."""
        return probe_of(filters, self._proven)

    def learn_proof(self, probe: Probe, runs: int) -> None:
        """Remembers how many runs passed a probe: with any, the server does not filter."""
        with self._lock:
            if runs:
                self._ignores |= {FILTERS}
            else:
                self._proven |= probe.shapes

    def learn_ignores(self, what: str) -> None:
        with self._lock:
            self._ignores |= {what}

    def notices(self, host: str, concerned: Iterable[str]) -> tuple[Diagnostic, ...]:
        """What to say under an answer that asked for these coordinates, or for `filters order paging`."""
        said = []
        for name in concerned:
            if name in self._ignores:
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
        if not self._misread:
            return ()
        named = ", ".join(f"`{name}`" for name in sorted(self._misread))
        message = f"{host} does not find runs by {named} that its own listings have: that is decided here"
        return (Diagnostic("RQL406", message),)

    def as_capabilities(self) -> Capabilities:
        return Capabilities(
            filters=Trust.HINT if self.does(FILTERS) else Trust.NONE,
            order=Trust.EXACT if self.does(ORDER) else Trust.NONE,
            counts=self.counts_filtered,
            column_subsets=self.has("Run.config(keys)") and self.has("Run.summaryMetrics(keys)"),
        )
