"""Which runs of a store a listing takes: what SQL says exactly is asked there, the rest is decided by the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, assert_never, overload

from runql.engine.selectors import reads_logged, run_test, selected
from runql.language.fields import Space
from runql.plan.selectors import Selector, TypedSelector, WandbSelector
from runql.plan.simplify import all_of
from runql.plan.to_sql.statement import RunStatement
from runql.semantic.needed import needed_of, walk
from runql.semantic.record import RunRecord
from runql.semantic.typed import TField
from runql.sources.paging import check_project, needed, trimmed
from runql.sources.protocol import PageRequest, Wanted
from runql.sources.store.snapshot import StoreSnapshot
from runql.syntax.mongo.nodes import fields_in

_PART: Final = 4
"""Up to a fourth of the runs are few: what is asked of them is read of them alone."""


@dataclass(slots=True)
class StoreChoice(Sequence[int]):
    """The runs of a listing in their order, by their numbers in `runs`; read page by page.

    `first`: the numbers of the first ones, or of all. `total`: how many there are. `rest`: gives the numbers of all.
    """

    snapshot: StoreSnapshot
    generation: int
    first: list[int]
    total: int
    rest: Callable[[], list[int]]

    @property
    def is_true(self) -> bool:
        """Whether the numbers still mean these runs: not, once a part was lost."""
        return self.generation == self.snapshot.views.generation

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        last = index.stop if isinstance(index, slice) else index + 1
        if min(last, self.total) > len(self.first):
            self.first = self.rest()
        return self.first[index]

    def page(self, start: int, end: int, request: PageRequest) -> list[RunRecord]:
        """Some of the runs, with what is wanted of them. From the second page on they are read for all pages at once,
        where these are many."""
        numbers = self[start:end]
        most = self.total if request.most is None else min(self.total, request.most)
        few = start == 0 or is_few(most, self.snapshot)
        if not few:
            self.snapshot.stored(self[0:most])
        stored = self.snapshot.stored(numbers)
        if request.wanted.is_light:
            return [one.record for one in stored]
        records = self.snapshot.records(stored, request.wanted, few=few)
        return [trimmed(record, request.wanted) for record in records]


def is_few(count: int, snapshot: StoreSnapshot) -> bool:
    """Whether so many runs are few of those that there are."""
    return count * _PART <= snapshot.run_count


def choose(snapshot: StoreSnapshot, request: PageRequest) -> StoreChoice:
    """The runs that a listing takes. Raises `NotFound` for a project that no run is of."""
    check_project(snapshot.paths, request.entity, request.project)
    while True:
        generation = snapshot.views.generation
        first, total = _first(snapshot, request)
        if generation == snapshot.views.generation:
            return StoreChoice(snapshot, generation, first, total, partial(_numbers, snapshot, request))


def _first(snapshot: StoreSnapshot, request: PageRequest) -> tuple[list[int], int]:
    """The numbers of the first runs, as many as will be asked for, and how many there are in all."""
    limit = 1 if request.per_page == 1 else request.most
    asked = statement(snapshot, request)
    if limit is None or asked is None or asked.here or not asked.ordered:
        numbers = _numbers(snapshot, request)
        return numbers, len(numbers)
    views = snapshot.views
    if not asked.where:
        # Of all runs it is known how many there are, and the first of an order need no sort of the others.
        return views.column(asked.sql("r.nr", limit=limit, rows_of=views.rows_of), asked.columns), snapshot.run_count
    rows = views.ask(asked.sql("r.nr, count(*) OVER ()", limit=limit, rows_of=views.rows_of), asked.columns)
    if not rows:
        return [], 0 if limit else count(snapshot, request)
    return [number for number, _ in rows], rows[0][1]


def count(snapshot: StoreSnapshot, request: PageRequest) -> int:
    """How many runs a listing takes."""
    asked = statement(snapshot, request)
    if asked is None or asked.here:
        return len(_numbers(snapshot, request))
    check_project(snapshot.paths, request.entity, request.project)
    ((found,),) = snapshot.views.ask(asked.sql("count(*)", order=False, rows_of=snapshot.views.rows_of), asked.columns)
    return int(found)


def statement(snapshot: StoreSnapshot, request: PageRequest) -> RunStatement | None:
    """What of a listing SQL answers; `None` where W&B's form is asked, which the engine decides."""
    match request.selector:
        case TypedSelector() as selector:
            return snapshot.views.statement(selector, request.entity, request.project)
        case WandbSelector():
            return None
        case _:
            assert_never(request.selector)


def _numbers(snapshot: StoreSnapshot, request: PageRequest) -> list[int]:
    views, selector = snapshot.views, request.selector
    asked = statement(snapshot, request)
    if asked is None or not isinstance(selector, TypedSelector):
        every = views.statement(TypedSelector(), request.entity, request.project)
        numbers = views.column(every.sql("r.nr", pulled=True), every.columns)
        return _by_engine(snapshot, numbers, read_by(selector), partial(selected, selector=selector))
    numbers = views.column(asked.sql("r.nr", pulled=not asked.ordered, rows_of=views.rows_of), asked.columns)
    if not asked.ordered:
        rest = TypedSelector(all_of(asked.here), selector.order)
        return _by_engine(snapshot, numbers, read_by(rest), partial(selected, selector=rest))
    if asked.here:
        rest = TypedSelector(all_of(asked.here))
        return _by_engine(snapshot, numbers, read_by(rest), partial(filter, run_test(rest)))
    return numbers


def _by_engine(
    snapshot: StoreSnapshot,
    numbers: Sequence[int],
    wanted: Wanted,
    decide: Callable[[Sequence[RunRecord]], Iterable[RunRecord]],
) -> list[int]:
    """The numbers of those runs that the engine takes, in its order."""
    records = snapshot.records(snapshot.stored(numbers), wanted, few=is_few(len(numbers), snapshot))
    by_record = {id(record): number for record, number in zip(records, numbers, strict=False)}
    return [by_record[id(record)] for record in decide(records)]


def read_by(selector: Selector) -> Wanted:
    """The heavy parts of a run that a selector reads."""
    match selector:
        case TypedSelector(condition=condition, order=keys):
            expressions = [*([] if condition is None else [condition]), *(key.value for key in keys)]
            read = needed_of(expressions)
            nodes = (node for expression in expressions for node in walk(expression))
            system = any(isinstance(node, TField) and node.key.space is Space.SYSTEM for node in nodes)
            return Wanted(read.config, read.summary, system, read.history_keys or reads_logged(selector))
        case WandbSelector(filters=filters, order=order):
            fields = [*fields_in(filters), *(key.field for key in order)]
            return replace(needed(filters, order), system_metrics=any(field.space is Space.SYSTEM for field in fields))
        case _:
            assert_never(selector)
