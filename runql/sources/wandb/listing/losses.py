"""Runs of a listing that the server cannot read: what is said of them, and what is whole of an answer with errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from runql.plan.to_mongo.wire import wire_order
from runql.semantic.huge_values import unreadable_notice
from runql.sources.wandb.answer_shapes import conform
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.http.client import GraphqlAnswer
from runql.sources.wandb.odd_values import MOST_SAID
from runql.syntax.mongo.nodes import MongoOrder
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen

PARTS: Mapping[str, str] = {
    "config": "config",
    "someConfig": "config",
    "summaryMetrics": "summary",
    "someSummary": "summary",
    "systemMetrics": "system metrics",
    "historyKeys": "list of metrics",
}
"""The heavy fields of an answer, and what people call them."""


@frozen
class ListingLoss:
    """A run that could not be read. `number`: its place in the listing; `behind`: the id of the run before it."""

    run_id: str | None
    number: int
    order: MongoOrder | None
    behind: str | None
    why: str

    def notice(self) -> Diagnostic:
        if self.run_id is not None:
            which = f"run `{self.run_id}`"
        else:
            at = f"number {self.number:,}" + ("" if self.order is None else f" by `{wire_order(self.order)}`")
            after = "" if self.behind is None else f", after run `{self.behind}`"
            which = f"a run ({at}{after})"
        return Diagnostic("RQL408", f"{which} could not be read, and is left out: {self.why}")


@frozen
class Came:
    """A page that came. `holes`: why a run of it is not there, by its place among the edges; `unread`: why parts of a
    run are not, by what people call them."""

    answer: GraphqlAnswer
    holes: Mapping[int, str] = field(default_factory=dict)
    unread: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    def said_of(self, at: int, run_id: str) -> tuple[Diagnostic, ...]:
        """What is to be said of a run that is not all there: one sentence for all the parts that fail alike."""
        parts = self.unread.get(at, {})
        return tuple(
            unreadable_notice(run_id, " and the ".join(part for part, each in parts.items() if each == why), why)
            for why in dict.fromkeys(parts.values())
        )


def came_in_part(failure: Failure, host: str) -> Came | None:
    """What is whole of an answer that came with errors, if each of them is about one run; `None` if it is no use."""
    edges = _edges(failure.partial)
    if edges is None or failure.kind is Fault.LACKING or not failure.errors:
        return None
    holes: dict[int, str] = {}
    unread: dict[int, dict[str, str]] = {}
    for error in failure.errors:
        at, below = _row_of(error.path)
        if at is None or at >= len(edges):
            return None
        why = _about(failure, error.message).why(host)
        part = next((PARTS[step] for step in below if isinstance(step, str) and step in PARTS), None)
        if part is None or not _has_node(edges[at]):
            holes[at] = why
        else:
            unread.setdefault(at, {})[part] = why
    if len(holes) == len(edges) or any(at not in holes and not _has_node(edge) for at, edge in enumerate(edges)):
        return None
    data = _with_edges(failure.partial or {}, [edge for at, edge in enumerate(edges) if at not in holes])
    try:
        conform(failure.document, data)
    except Failure:
        return None
    return Came(GraphqlAnswer(data, 0, 0.0), holes, {at: parts for at, parts in unread.items() if at not in holes})


def _about(failure: Failure, detail: str) -> Failure:
    """A failure of the same kind over one of the things that the server said."""
    return Failure(failure.kind, detail)


def _edges(data: Mapping[str, Any] | None) -> list[Any] | None:
    project = (data or {}).get("project")
    runs = project.get("runs") if isinstance(project, Mapping) else None
    edges = runs.get("edges") if isinstance(runs, Mapping) else None
    return edges if isinstance(edges, list) and edges else None


def _with_edges(data: Mapping[str, Any], edges: list[Any]) -> dict[str, Any]:
    project = data["project"]
    return {**data, "project": {**project, "runs": {**project["runs"], "edges": edges}}}


def _row_of(path: tuple[str | int, ...]) -> tuple[int | None, tuple[str | int, ...]]:
    """Which edge an error is about, and what below it."""
    if path[:3] == ("project", "runs", "edges") and len(path) > 3 and isinstance(path[3], int):
        return path[3], path[4:]
    return None, ()


def _has_node(edge: Any) -> bool:
    node = edge.get("node") if isinstance(edge, Mapping) else None
    return isinstance(node, Mapping) and isinstance(node.get("name"), str)


@changeable
class Losses:
    """The runs that one listing lost, or a part of: how many are not there, how many only in part, and what was not yet
    said of them."""

    count: int = 0
    partial: int = 0
    unsaid: list[Diagnostic] = field(default_factory=list)

    def note(self, lost: Iterable[ListingLoss], partial: Mapping[str, Sequence[Diagnostic]]) -> None:
        """Puts aside what is to be said: of the first few each by itself."""
        for one in lost:
            self.count += 1
            self.unsaid += [one.notice()] if self.count <= MOST_SAID else []
        for notices in partial.values():
            self.partial += 1
            self.unsaid += notices if self.partial <= MOST_SAID else []

    def said(self) -> list[Diagnostic]:
        """What was not yet said."""
        said, self.unsaid = self.unsaid, []
        return said

    def at_end(self) -> Iterator[Diagnostic]:
        """How many were not named."""
        if more := max(0, self.count - MOST_SAID):
            yield Diagnostic("RQL408", f"{_runs(more)} could not be read, and left out likewise")
        if more := max(0, self.partial - MOST_SAID):
            yield Diagnostic("RQL411", f"the same of {_runs(more)}", count=more)


def _runs(more: int) -> str:
    return "1 more run" if more == 1 else f"{more:,} more runs"
