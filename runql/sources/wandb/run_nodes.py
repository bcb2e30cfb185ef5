"""From the nodes of runs to records, field by field: a page has few fields and many runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, TypeVar

from runql.semantic.record import RunRecord
from runql.sources.wandb.decode import (
    ProjectPlace,
    as_mapping,
    internal_config,
    number_of,
    read_logged,
    read_summary,
    read_times,
    text_of,
    unwrap_config,
    whole_of,
)
from runql.sources.wandb.odd_values import Oddities, plain_mappings

_JSON_PARTS = (
    ("config", "config"),
    ("someConfig", "config"),
    ("summaryMetrics", "summary"),
    ("someSummary", "summary"),
    ("systemMetrics", "system"),
)
"""Fields that hold JSON texts, and what people call them."""

_Part = TypeVar("_Part")


_TEXTS = frozenset({str, type(None)})


def read_run(node: Mapping[str, Any], place: ProjectPlace) -> RunRecord | None:
    """One run; `None` for a node without an id."""
    return next(iter(read_runs([node], place)), None)


def read_runs(nodes: Iterable[Mapping[str, Any]], place: ProjectPlace) -> list[RunRecord]:
    """The runs of some nodes, without those that have no id. Of one answer all nodes have the same fields."""
    page = _Page([node for node in nodes if isinstance(node.get("name"), str)])
    ids = page.cells("name")
    config = page.parts("config", "someConfig", unwrap_config)
    summary = page.parts("summaryMetrics", "someSummary", read_summary)
    system = page.parts("systemMetrics", "systemMetrics", read_summary)
    users = [as_mapping(user) for user in page.cells("user")]
    user_names = [text_of(user.get("name")) for user in users]
    times = [page.times(name) for name in ("createdAt", "heartbeatAt", "updatedAt")]
    records = map(
        RunRecord,
        ids,
        page.texts("displayName"),
        page.texts("state"),
        repeat(place.entity),
        repeat(place.project),
        page.texts("id"),
        map(_tags, page.cells("tags")),
        page.texts("group"),
        page.texts("jobType"),
        page.texts("notes"),
        [text_of(user.get("username")) or name for user, name in zip(users, user_names, strict=True)],
        page.texts("sweepName"),
        page.texts("host"),
        *times,
        map(number_of, page.cells("computeSeconds")),
        map(place.run_url, ids),
        page.texts("commit"),
        map(bool, page.cells("readOnly")),
        map(whole_of, page.cells("historyLineCount")),
        config,
        summary,
        system,
        page.each("historyKeys", read_logged),
        user_names,
        page.texts("description"),
        [None if project is None else str(project) for project in page.cells("projectId")],
        page.own("config", internal_config),
        page.own("summaryMetrics", _internal_summary),
        page.notices(),
    )
    return list(records)


class _Page:
    """The nodes of one answer, by fields."""

    def __init__(self, nodes: Sequence[Mapping[str, Any]]) -> None:
        self._nodes = nodes
        self._fields = frozenset(chain.from_iterable(nodes))
        self._odd: dict[int, Oddities] = {}
        self._parsed = {name: self._mappings(name, part) for name, part in _JSON_PARTS}

    def cells(self, name: str) -> list[Any]:
        if name not in self._fields:
            return [None] * len(self._nodes)
        try:
            return list(map(itemgetter(name), self._nodes))
        except KeyError:
            return [node.get(name) for node in self._nodes]

    def texts(self, name: str) -> list[str | None]:
        cells = self.cells(name)
        return cells if _TEXTS.issuperset(map(type, cells)) else list(map(text_of, cells))

    def times(self, name: str) -> list[datetime | None]:
        cells = self.cells(name)
        found = read_times(cells)
        if found.count(None) != cells.count(None):
            for at, (moment, cell) in enumerate(zip(found, cells, strict=True)):
                if moment is None and cell is not None:
                    self._oddities(at).time(moment, cell, name)
        return found

    def each(self, name: str, read: Callable[[Any], _Part]) -> list[_Part | None]:
        """What is read of a field, `None` where a node does not have it."""
        if name not in self._fields:
            return [None] * len(self._nodes)
        return [read(node[name]) if name in node else None for node in self._nodes]

    def own(self, name: str, read: Callable[[Any], Mapping[str, Any] | None]) -> list[Mapping[str, Any] | None]:
        """What is read of a JSON part, `None` where a node does not have it."""
        return [None if part is None else read(part) for part in self._parsed[name]]

    def parts(self, whole: str, some: str, read: Callable[[Any], Mapping[str, Any]]) -> list[Mapping[str, Any] | None]:
        """A JSON part that came whole, or some of its keys."""
        pairs = zip(self._parsed[whole], self._parsed[some], strict=True)
        found = [some_of if part is None else part for part, some_of in pairs]
        return [None if part is None else read(part) for part in found]

    def notices(self) -> list[tuple[Any, ...]]:
        return [self._odd[at].notices() if at in self._odd else () for at in range(len(self._nodes))]

    def _mappings(self, name: str, part: str) -> list[Mapping[str, Any] | None]:
        """The values of a JSON part, parsed; `None` where a node does not have it."""
        if name not in self._fields:
            return [None] * len(self._nodes)
        found = list(plain_mappings(self.cells(name)))
        for at, mapping in enumerate(found):
            if name not in self._nodes[at]:
                found[at] = None
            elif mapping is None:
                found[at] = self._oddities(at).mapping(self._nodes[at][name], part)
        return found

    def _oddities(self, at: int) -> Oddities:
        return self._odd.setdefault(at, Oddities(self._nodes[at]["name"]))


def _tags(value: Any) -> tuple[str, ...]:
    return tuple([tag for tag in value if isinstance(tag, str)]) if value and isinstance(value, list) else ()


def _internal_summary(entries: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return {"_wandb": entries["_wandb"]} if "_wandb" in entries else None
