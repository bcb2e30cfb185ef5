"""What a server turned out not to do: learned from its errors and from what comes back, and remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

from runql.backends.wandb.lacking.refusals import Learned
from runql.plan.capabilities import Capabilities
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
    "Project.runCount": "does not count runs",
    "Project.runs(after)": "does not page: all runs are fetched at once",
    "Project.runs(order)": "does not order runs: that is done here, over all of them",
    "Project.runs(filters)": "does not filter runs: all are fetched and filtered here",
}

_IGNORED = {
    FILTERS: "ignores filters: all runs are fetched and filtered here",
    ORDER: "ignores the order: all runs are fetched and ordered here",
    PAGING: "ignores paging: all runs are fetched at once",
}

_QUIET = {"Run.host", "Run.updatedAt", "Run.computeSeconds", "Run.history(maxKeyLimit)"}
"""Lacked by servers that are otherwise whole; the fields are then missing in the runs, which shows."""


class Abilities:
    """Shared by all that ask one server; threads may share it."""

    def __init__(self) -> None:
        self._lacks: frozenset[str] = frozenset()
        self._ignores: frozenset[str] = frozenset()
        self._types: frozenset[tuple[str, str]] = frozenset()
        self._lock = threading.Lock()
        self.filters_proven = False
        self.tells_of_more = False
        """Whether an answer ever said that more pages follow: one that always denies it says nothing."""

    @property
    def lacks(self) -> frozenset[str]:
        """Coordinates of the schema that the server does not have."""
        return self._lacks

    def has(self, coordinate: str) -> bool:
        return coordinate not in self._lacks and coordinate.partition("(")[0] not in self._lacks

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

    def as_capabilities(self) -> Capabilities:
        return Capabilities(
            narrows=self.does(FILTERS),
            orders=self.does(ORDER),
            exact_order=True,
            counts=self.counts_filtered,
            column_subsets=self.has("Run.config(keys)") and self.has("Run.summaryMetrics(keys)"),
        )
