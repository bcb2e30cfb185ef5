"""What is known of the runs of an answer so far: how many, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Final

from runql.advice.intent import Compared
from runql.advice.missing_capabilities import lacking
from runql.advice.short_runs import ShortRuns
from runql.engine.cast_losses import CastLosses
from runql.engine.facts import CountedIn, Misplaced
from runql.engine.values.column import column_of
from runql.execute.deferred_names import Doubt
from runql.execute.histories import AggregateReader
from runql.execute.pages import FoundRun, Paging, records_in
from runql.language.fields import Space
from runql.plan.nodes import Count, Fetch, Plan, Projection, keys_of, stages_of, table_of, those
from runql.plan.simplify import condition_of
from runql.semantic.record import cells_of
from runql.semantic.typed import FieldKey, TAggregate, TField, TPlot, TypedExpr
from runql.sources.open import SourcePlace
from runql.sources.protocol import RunColumns, RunValue
from runql.text.diagnostic import Diagnostic

ID: Final = FieldKey(Space.RUN, ("id",))
STATE: Final = FieldKey(Space.RUN, ("state",))
LAST_STEP: Final = FieldKey(Space.SUMMARY, ("_step",), exact=True)


class RunFacts:
    """Counts and notices of one reading; nothing is held of a run but, for a chart, its id.

    `fetched`: how many runs were looked at. `passed`: how many the answer has so far. `doubles`: how many of all runs
    were left out because another source holds them too, `left_out`: by an offset. `displaced`: how often a run came out
    of its order. `matching`: how many runs match in all, where a limit cut them and that is known. `is_whole`: all was
    read that the answer takes.
    """

    def __init__(
        self, plan: Plan, pushed: Plan, places: Sequence[SourcePlace], aggregates: AggregateReader, doubt: Doubt | None
    ) -> None:
        self.fetched = 0
        self.passed = 0
        self.doubles = 0
        self.left_out = 0
        self.displaced = 0
        self.matching: int | None = None
        self.is_whole = False
        self.pagings: list[Paging] = []
        self._plan, self._aggregates, self._doubt = plan, aggregates, doubt
        self.drawn: list[str] = []
        """The ids of the runs of which a chart is drawn; held where one is (`draws`)."""
        stages, table, keys = stages_of(plan), table_of(plan), keys_of(plan)
        self.draws = any(isinstance(stage, TPlot) for stage in stages)
        self._has_stages = bool(stages)
        self._sources = [(places[fetch.at], fetch) for fetch in those(pushed, Fetch)]
        self._counted_in = CountedIn(condition_of(table.input))
        self._misplaced = Misplaced(keys)
        columns = () if isinstance(table, Count) else table.columns or ()
        shown = [*(key.value for key in keys), *(column.value for column in columns if column.value is not None)]
        self._casts_shown = CastLosses(shown)
        self._short_runs = ShortRuns(shown) if aggregates.nodes and isinstance(table, Projection) else None
        """Of histories each row has its step."""
        self._casts_asked: dict[TypedExpr, CastLosses] = {}
        self._asked = [(place, fetch) for place, fetch in self._sources if not place.service.capabilities.cheap_pages]
        """Those that answer by requests: what they leave undone or lack is worth saying."""
        self._said: dict[Diagnostic, None] = {}

    def add(self, part: Sequence[FoundRun]) -> None:
        """Count some more runs of the answer in."""
        aggregates_of = self._aggregates.of if self._aggregates.nodes else None
        self.passed += len(part)
        records = records_in(part)
        self.drawn += cells_of(records, "id") if self.draws else ()
        if not isinstance(table_of(self._plan), Count):
            self._said.update(dict.fromkeys(chain.from_iterable(cells_of(records, "said"))))
        if self._has_stages:
            self.compared.add(records)
        if self._short_runs is not None and self._short_runs.looks and aggregates_of is not None:
            self._short_runs.add(records, aggregates_of)
        if self._counted_in.looks:
            self._counted_in.add(records)
        if self._misplaced.looks:
            self._misplaced.add(records, aggregates_of)
        if self._casts_shown.looks:
            self._casts_shown.add_records(records, aggregates_of)

    @cached_property
    def compared(self) -> Compared:
        """How far the runs are from each other, for stages that compare them."""
        return Compared()

    @property
    def looks_at_steps(self) -> bool:
        """Whether the last steps of the runs are looked at, where they were read."""
        return self._has_stages or (self._short_runs is not None and self._short_runs.looks)

    @property
    def counts_casts(self) -> bool:
        """Whether casts of the runs' values are counted."""
        return self._casts_shown.looks or bool(self._casts_asked)

    @property
    def values_read(self) -> tuple[RunValue, ...] | None:
        """What it looks at in the runs; `None` where that is more than fields and values of histories."""
        orders = [value_of_run(value) for value in self._misplaced.values]
        if None in orders:
            return None
        of_stages = (STATE,) if self._has_stages else ()
        known = [value for value in orders if value is not None]
        return (*self._counted_in.keys, *known, *of_stages, *((ID,) if self.draws else ()))

    def add_columns(self, found: RunColumns, offset: int, last_step: FieldKey | None) -> RunColumns:
        """Count all runs of the answer in, by their fields, and leave out those of an offset."""
        self.left_out = min(offset, found.length)
        if self.matching is None and found.length < found.total:
            self.matching = self.total_of_source()
        length = found.length - self.left_out
        columns = found.columns
        if self.left_out:
            columns = {key: column_of(column[self.left_out :]) for key, column in columns.items()}
        self.passed += length
        if self.draws:
            self.drawn += map(str, columns[ID])
        if self._has_stages:
            self.compared.add_columns(columns[STATE], None if last_step is None else columns[last_step])
        if last_step is not None and self._short_runs is not None:
            self._short_runs.add_columns(columns, columns[last_step], length)
        self._counted_in.add_columns(columns)
        self._misplaced.add_columns(
            {value: columns[key] for value in self._misplaced.values if (key := value_of_run(value)) is not None}
        )
        self.is_whole = True
        return replace(found, length=length, columns=columns)

    def casts_of(self, condition: TypedExpr) -> CastLosses:
        """The casts of a filter, to be counted of the runs for which its other terms hold."""
        return self._casts_asked.setdefault(condition, CastLosses((condition,)))

    def say(self, notice: Diagnostic) -> None:
        """Something to be said of this reading."""
        self._said[notice] = None

    def notices(self) -> Iterator[Diagnostic]:
        """What is to be said of the reading so far, what was noticed in histories among it."""
        for _, fetch in self._asked:
            yield from fetch.notes
        for paging in self.pagings:
            yield from paging.notices
        yield from lacking(self._plan, self._asked) if self._asked else ()
        yield from self._aggregates.notices if self._aggregates.nodes else ()
        casts = (*self._casts_asked.values(), self._casts_shown)
        counters: tuple[CountedIn | Misplaced | CastLosses, ...] = (self._counted_in, self._misplaced, *casts)
        for counted in counters:
            yield from counted.notices() if counted.looks else ()
        yield from self._short_runs.notices() if self._short_runs is not None else ()
        yield from self._said
        if self.displaced:
            yield _displaced_notice(self.displaced)
        yield from self._doubt.said if self._doubt is not None else ()

    @property
    def tells_of_runs(self) -> bool:
        """Whether the runs themselves have to be looked at for what is to be said of them."""
        return self._counted_in.looks

    def total_of_source(self) -> int | None:
        """How many runs match, where the only source knows."""
        return self.pagings[0].total() if len(self.pagings) == 1 and self.pagings[0].exact else None

    @property
    def announced(self) -> int | None:
        """How many runs will be looked at, as far as the sources have said so."""
        totals = [paging.announced for paging in self.pagings]
        if len(totals) < len(self._sources) or None in totals:
            return None
        return sum(total or 0 for total in totals)


def value_of_run(expr: TypedExpr | None) -> RunValue | None:
    """The field, or the value of a history, that an expression is; `None` for one that is worked out."""
    if isinstance(expr, TField):
        return expr.key
    return expr if isinstance(expr, TAggregate) else None


def _displaced_notice(times: int) -> Diagnostic:
    how_often = "once" if times == 1 else f"{times:,} times"
    message = f"runs changed while they were read: the order is broken {how_often}"
    return Diagnostic("RQL407", message, hints=("ask again for a still picture",))
