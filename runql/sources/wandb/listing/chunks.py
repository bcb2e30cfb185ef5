"""The pages of a listing: as they are asked for, and as they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runql.semantic.record import RunRecord
from runql.sources.wandb.answer_shapes import Fields
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.listing.losses import ListingLoss
from runql.sources.wandb.listing.order_check import edges_of, nodes_in
from runql.sources.wandb.project import Sent
from runql.sources.wandb.run_nodes import read_columns, read_runs
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_NODES: Final = frozenset({"edges", "nodes"})
_PATHS: Final = (("project", "runs", "edges", "node"), ("project", "runs", "nodes"), ("project", "runs"))
"""Where the runs of an answer are, of servers with edges and without."""


@dataclass(slots=True)
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
        nodes = nodes_in(edges)
        edges.clear()
        columns = next((fields[path] for path in _PATHS if path in fields), None) if fields else None
        are_named = columns is not None and len(columns.get("name", ())) == len(nodes) > 0
        runs = read_columns(columns, place) if columns is not None and are_named else read_runs(nodes, place)
        return cls(runs, cursor)


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
