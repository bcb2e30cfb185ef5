"""The pages of a listing: as they are asked for, as they came, whether they are in order, and which of their runs were
given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from itertools import pairwise
from operator import attrgetter, eq, gt, lt
from typing import Any, Final, TypeAlias

from runql.engine.mongo.filters import values_in
from runql.semantic.record import RunRecord, cells_of
from runql.sources.paging import add_new
from runql.sources.wandb.answer_shapes import Fields
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import clean
from runql.sources.wandb.listing.losses import ListingLoss
from runql.sources.wandb.project import Sent
from runql.sources.wandb.run_nodes import read_runs
from runql.syntax.mongo.nodes import MongoOrder, OrderField
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen

_NODES: Final = frozenset({"edges", "nodes"})
_PATHS: Final = (("project", "runs", "edges", "node"), ("project", "runs", "nodes"), ("project", "runs"))
"""Where the runs of an answer are, of servers with edges and without."""


@changeable
class PagePart:
    """A page to fetch: `size` runs from `offset` on, or after an opaque cursor. `is_part`: of a page that failed;
    `is_suspect`: what else was in that page came, so it will fail too."""

    offset: int
    size: int
    after: str | None
    sent: Sent | None = None
    is_part: bool = False
    is_suspect: bool = False


@frozen
class RunEdges:
    """The runs of an answer, and the cursor of the last of them."""

    runs: Sequence[RunRecord]
    cursor: str | None

    @classmethod
    def made(cls, data: Mapping[str, Any], fields: Fields | None = None, *, place: ProjectPlace) -> RunEdges:
        """Read the runs of an answer, which is left without their nodes: Python's collector looks through all that
        wait. `fields`: its records field by field, if they were looked at."""
        edges = edges_of(data)
        cursor = edges[-1].get("cursor") if edges else None
        listed = (data.get("project") or {}).get("runs")
        if isinstance(listed, dict | list):
            listed.clear() if isinstance(listed, list) else listed.update(dict.fromkeys(listed.keys() & _NODES, ()))
        nodes = [edge["node"] for edge in edges]
        edges.clear()
        columns = next((fields[path] for path in _PATHS if path in fields), None) if fields else None
        are_named = columns is not None and len(columns.get("name", ())) == len(nodes) > 0
        return cls(read_runs(nodes, place, columns if are_named else None), cursor)


@frozen
class Chunk:
    """A page that came. `offset` is that of its first run. `lost`: runs of it that the server cannot read;
    `partial`: what is to be said of those of which it cannot read a part, by their ids. `is_part`: a page failed, and
    this is a part of it."""

    runs: Sequence[RunRecord]
    offset: int
    has_next: bool
    lost: tuple[ListingLoss, ...] = ()
    partial: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    is_part: bool = False

    @property
    def whole(self) -> Sequence[RunRecord]:
        """The runs of which all came that was asked for."""
        return tuple(run for run in self.runs if run.id not in self.partial) if self.partial else self.runs


RunKey: TypeAlias = tuple[str | None, str]

key_of: Callable[[RunRecord], RunKey] = attrgetter("storage_id", "id")
"""What tells a run from the others of its project, though a server should give one storage id to several."""


def edges_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The edges of the runs of an answer, those that hold a `node`; of a server that has none, the nodes as such."""
    project = data.get("project") or {}
    runs = project.get("runs") or {}
    if isinstance(runs, list) or "edges" not in runs:
        nodes = runs if isinstance(runs, list) else runs.get("nodes") or ()
        return [{"node": node} for node in nodes if isinstance(node, dict)]
    return [edge for edge in runs["edges"] or () if isinstance(edge, dict) and isinstance(edge.get("node"), dict)]


def breaks_order(before: Sequence[RunRecord], runs: Sequence[RunRecord], order: MongoOrder) -> bool:
    """Whether neighbours stand the wrong way round, as far as that is beyond doubt: two numbers, or two times.

    `before`: the run that came before these, if one did.
    """
    key = order[0]
    values = [*values_in(key.field, before), *values_in(key.field, runs)]
    types = set(map(type, values))
    if types == {datetime} or (types <= {int, float} and all(map(eq, values, values))):  # NaN is not equal to itself
        return any(map(lt if key.descending else gt, values, values[1:]))
    return any(_wrong(a, b, key) for a, b in pairwise(values))


def _wrong(a: Any, b: Any, key: OrderField) -> bool:
    comparable = (is_number(a) and is_number(b)) or (isinstance(a, datetime) and isinstance(b, datetime))
    if not comparable:
        return False
    return bool(a < b) if key.descending else bool(a > b)


def is_number(value: Any) -> bool:
    """Whether a value has a place among the numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


@changeable
class GivenRuns:
    """The ids of the runs that were given. `twice`: one of them that belongs to several, if one does."""

    twice: str = ""
    _ids: set[str] = field(default_factory=set)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._ids

    def add(self, runs: Sequence[RunRecord]) -> None:
        """These are given now."""
        ids = cells_of(runs, "id")
        if not add_new(ids, self._ids):
            for run_id in ids:
                self.twice = self.twice or (run_id if run_id in self._ids else "")
                self._ids.add(run_id)

    def notice(self, host: str) -> Diagnostic:
        """What is to be said of an id that belongs to several runs."""
        said = f"{host} gives several runs the id `{clean(self.twice)}`: a table holds one of each id"
        return Diagnostic("RQL407", said)
