"""From the nodes of runs to records, field by field: a page has few fields and many runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, Final, TypeVar

from runql.semantic.json_text import read_together, reader_of
from runql.semantic.record import RunBlock, RunRecord, RunRows
from runql.sources.wandb.answer_shapes import columns_of_records, is_empty
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
from runql.sources.wandb.odd_values import Oddities

_Part = TypeVar("_Part")

_MOST_TOGETHER: Final = 200_000
"""Texts of so many characters in all are read in one go: what is not kept of them is small."""
_RECORD: Final = frozenset({dict})
_TEXTS: Final[frozenset[type]] = frozenset({str, type(None)})
_INTEGERS: Final[frozenset[type]] = frozenset({int, type(None)})
_FLOATS: Final[frozenset[type]] = frozenset({float, type(None)})
_BOOLS: Final[frozenset[type]] = frozenset({bool})
_TEXTS_OF_RUNS: Final[Mapping[str, str]] = {
    "name": "displayName",
    "state": "state",
    "storage_id": "id",
    "group": "group",
    "job_type": "jobType",
    "notes": "notes",
    "sweep": "sweepName",
    "host": "host",
    "commit": "commit",
    "description": "description",
}
"""The fields of a run that are texts, and what the server calls them."""


def read_run(node: Mapping[str, Any], place: ProjectPlace) -> RunRecord | None:
    """One run; `None` for a node without an id."""
    return next(iter(read_runs([node], place)), None)


def read_runs(
    nodes: Iterable[Mapping[str, Any]], place: ProjectPlace, columns: dict[str, list[Any]] | None = None
) -> Sequence[RunRecord]:
    """The runs of some nodes, without those that have no id. Of one answer all nodes have the same fields.

    `columns`: the same field by field, if that is known; then `name` is a text in each. It is taken apart. What of a
    run may be odd is read at once, what is said of it is known then; the rest is read, and records are made, when
    somebody asks for it.
    """
    page = _Page([node for node in nodes if isinstance(node.get("name"), str)] if columns is None else (), columns)
    ids = page.cells("name")
    count = len(ids)
    known = {"id": ids, **_read_at_once(page)}
    fields: dict[str, Callable[[], Sequence[Any]]] = {
        **{ours: partial(page.values, theirs, _TEXTS, text_of) for ours, theirs in _TEXTS_OF_RUNS.items()},
        "entity": lambda: [place.entity] * count,
        "project": lambda: [place.project] * count,
        "tags": lambda: list(map(_tags, page.cells("tags"))),
        "user": lambda: page.users()[0],
        "user_name": lambda: page.users()[1],
        "runtime": lambda: page.values("computeSeconds", _FLOATS, number_of),
        "url": lambda: place.run_urls(ids),
        "read_only": lambda: page.values("readOnly", _BOOLS, bool),
        "history_line_count": lambda: page.values("historyLineCount", _INTEGERS, whole_of),
        "project_id": lambda: page.values("projectId", _TEXTS, _text_or_number),
    }
    block = RunBlock(count, fields, known)
    if not page.is_even:
        _ = block.records  # the nodes are not held for the sake of a few fields
    return RunRows((block, 0, count))


def _read_at_once(page: _Page) -> dict[str, Sequence[Any]]:
    """The fields that may be odd, and what is to be said of the runs then. What they came as is let go."""
    config, internal_configs = page.parts("config", "someConfig", "config", unwrap_config, internal_config)
    summary, internal_summaries = page.parts("summaryMetrics", "someSummary", "summary", read_summary, internal_summary)
    found: dict[str, Sequence[Any]] = {
        "config": config,
        "internal_config": internal_configs,
        "summary": summary,
        "internal_summary": internal_summaries,
        "created": page.times("createdAt"),
        "heartbeat": page.times("heartbeatAt"),
        "updated": page.times("updatedAt"),
        "system_metrics": page.part("systemMetrics", "system", read_summary),
        "logged": page.each("historyKeys", read_logged),
    }
    found["said"] = page.notices() if page.odd else [()] * page.count
    return found


def plain_mappings(values: Sequence[Any]) -> Iterable[Mapping[str, Any] | None]:
    """The record that each value is, or that its JSON text is; null is an empty one. `None` if there is something to
    say of it (`Oddities.mapping`). Where they are read in one go they come as a list."""
    texts = [value for value in values if type(value) is str]
    if 1 < len(texts) == len(values) and sum(map(len, texts)) <= _MOST_TOGETHER:
        together = read_together(texts)
        if together is not None:
            are_records = _RECORD.issuperset(map(type, together))
            return together if are_records else [value if type(value) is dict else None for value in together]
    return _one_by_one(values, texts)


def _one_by_one(values: Sequence[Any], texts: Sequence[str]) -> Iterator[Mapping[str, Any] | None]:
    """What is not kept of a text is gone before the next one is read."""
    read = reader_of(texts)
    for value in values:
        if type(value) is str:
            try:
                found = read(value)
            except ValueError:
                found = None
            yield found if type(found) is dict else None
        else:
            yield {} if value is None else value if type(value) is dict else None


class _Page:
    """The nodes of one answer, by fields. `columns`: the same, field by field, if each node has each of these.

    `odd`: what is to be said of its runs, by their places. `is_even`: whether each node has each of the fields.
    """

    def __init__(self, nodes: Sequence[Mapping[str, Any]], columns: dict[str, list[Any]] | None = None) -> None:
        self._nodes = nodes
        if columns is None and nodes:
            columns = columns_of_records(list(nodes[0]), nodes)
            columns = columns if columns is not None and {len(columns)}.issuperset(map(len, nodes)) else None
            nodes = nodes if columns is None else ()
        self._even = columns
        self.is_even = columns is not None
        self._fields = frozenset(chain.from_iterable(nodes) if columns is None else columns)
        self.count = len(nodes) if columns is None else len(next(iter(columns.values()), ()))
        self.odd: dict[int, Oddities] = {}

    def cells(self, name: str) -> list[Any]:
        if name not in self._fields:
            return [None] * self.count
        return [node.get(name) for node in self._nodes] if self._even is None else self._even[name]

    def values(self, name: str, plain: frozenset[type], read: Callable[[Any], _Part]) -> list[_Part]:
        """The values of a field as they came, if all are of plain types; else each as it is read."""
        cells = self.cells(name)
        if is_empty(cells) or plain.issuperset(map(type, cells)):
            return cells
        return [read(cell) for cell in cells]

    def times(self, name: str) -> list[datetime | None]:
        cells = self.cells(name)
        found = read_times(cells)
        if found.count(None) != cells.count(None):
            for at, (moment, cell) in enumerate(zip(found, cells, strict=True)):
                if moment is None and cell is not None:
                    self._oddities(at).time(moment, cell, name)
        return found

    def each(self, name: str, read: Callable[[Any], _Part]) -> list[_Part | None]:
        """What is read of a field, `None` where a node does not have it. What it came as is not held."""
        if name not in self._fields:
            return [None] * self.count
        if self._even is not None:
            return list(map(read, self._even.pop(name)))
        return [read(node[name]) if name in node else None for node in self._nodes]

    def part(self, name: str, called: str, read: Callable[[Mapping[str, Any]], _Part]) -> list[_Part | None]:
        """What is read of a JSON part, `None` where a node does not have it. One after the other: what is not kept of a
        text is gone before the next one is read, and what the part came as is not held."""
        if name not in self._fields:
            return [None] * self.count
        if self._even is not None:
            found = plain_mappings(cells := self._even.pop(name))
            if isinstance(found, list) and None not in found:
                return list(map(read, found))
            return [
                read(self._oddities(at).mapping(cells[at], called) if mapping is None else mapping)
                for at, mapping in enumerate(found)
            ]
        return [None if mapping is None else read(mapping) for mapping in self._mappings(name, called)]

    def parts(
        self,
        whole: str,
        some: str,
        called: str,
        read: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        read_own: Callable[[Mapping[str, Any]], Mapping[str, Any] | None],
    ) -> tuple[list[Mapping[str, Any] | None], list[Mapping[str, Any] | None]]:
        """A JSON part that came whole, or some of its keys; and what W&B keeps for itself in one that is whole."""
        few = self.part(some, called, read)
        if whole not in self._fields:
            return few, [None] * len(few)
        both = self.part(whole, called, lambda mapping: (read(mapping), read_own(mapping)))
        found = [some_of if pair is None else pair[0] for pair, some_of in zip(both, few, strict=True)]
        return found, [None if pair is None else pair[1] for pair in both]

    def users(self) -> tuple[list[str | None], list[str | None]]:
        """Who started each run: the user names, and what people call them."""
        cells = self.cells("user")
        if is_empty(cells):
            return cells, cells
        users = [as_mapping(user) for user in cells]
        names = [text_of(user.get("name")) for user in users]
        return [text_of(user.get("username")) or name for user, name in zip(users, names, strict=True)], names

    def notices(self) -> list[tuple[Any, ...]]:
        return [self.odd[at].notices() if at in self.odd else () for at in range(self.count)]

    def _mappings(self, name: str, called: str) -> Iterator[Mapping[str, Any] | None]:
        """The values of a JSON part, parsed; `None` where a node does not have it."""
        cells = self.cells(name)
        for at, mapping in enumerate(plain_mappings(cells)):
            if name not in self._nodes[at]:
                yield None
            else:
                yield self._oddities(at).mapping(cells[at], called) if mapping is None else mapping

    def _oddities(self, at: int) -> Oddities:
        return self.odd.setdefault(at, Oddities(self.cells("name")[at]))


def _text_or_number(value: Any) -> str | None:
    return None if value is None else str(value)


def _tags(value: Any) -> tuple[str, ...]:
    return tuple([tag for tag in value if isinstance(tag, str)]) if value and isinstance(value, list) else ()


def internal_summary(entries: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return {"_wandb": entries["_wandb"]} if "_wandb" in entries else None
