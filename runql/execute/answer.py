"""From the runs of a query to its table: of runs, of histories, or a count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import assert_never

from runql.advice.not_logged import not_logged
from runql.advice.notice_totals import summed
from runql.advice.why_empty import why_empty
from runql.engine.columns import Selected, Selection, expand, has_fixed_columns, run_selection, run_table
from runql.engine.facts import MixedColumns
from runql.engine.histories.tables import (
    HistoryTables,
    expand_keys,
    fills_first,
    is_joined,
    is_system,
    keys_to_ask,
    keys_wanted,
    x_axis_of,
)
from runql.engine.stages.layout import PivotLayout
from runql.errors import BackendError
from runql.execute.cost import Spent
from runql.execute.executor import Executor
from runql.execute.found_run import Found
from runql.execute.histories import histories_of
from runql.plan.default_columns import run_field
from runql.plan.nodes import Count, Filter, Histories, Plan, Projection, limit_of, table_of, those
from runql.results.frame import Frame
from runql.semantic.catalog import Catalog, Space
from runql.semantic.record import RunRecord
from runql.semantic.typed import HistoryPart, TColumn
from runql.sources.protocol import HistoryRequest
from runql.sources.question import asking, question
from runql.syntax.tree import AlignMode
from runql.text.diagnostic import Diagnostic, Severity, folded

COUNT = "count"
STOPPED = "stopped after"
_RUNS_A_ROUND = 1000
"""Of how many runs histories are asked for in one go."""


class Answer:
    """The table of a query, made when it is asked for, and what is to be said about it."""

    def __init__(self, executor: Executor, catalog: Catalog, text: str = "", spent: Spent | None = None) -> None:
        self.plan = executor.plan
        self.table = table_of(executor.plan)
        self.executor = executor
        self.catalog = catalog
        self.spent = Spent() if spent is None else spent
        self.was_read = False
        self._text = text
        self._question = question()
        self._is_whole = False
        self._said: dict[Diagnostic, None] = {}
        self._mixed = MixedColumns()
        self._tables: HistoryTables | None = None

    @property
    def is_count(self) -> bool:
        return isinstance(self.plan, Count)

    @cached_property
    def count(self) -> int:
        """How many runs match."""
        with self._measured():
            count = self.executor.count()
        self._is_whole = True
        return count

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns, if they are known before anything is read."""
        match self.table:
            case Count():
                return (COUNT,)
            case Projection(columns=columns):
                selection = self._fixed_selection(columns)
                return None if selection is None else tuple(column.name for column in selection.columns)
            case Histories(part=part, columns=columns):
                if has_patterns(columns) or not HistoryTables(part).has_fixed_names:
                    return None
                return HistoryTables(part, self._selection(columns, ())).names
            case _:
                assert_never(self.table)

    @property
    def final_names(self) -> tuple[str, ...]:
        """The columns, once everything was read: of histories in their order, though a part may lack some."""
        return self._tables.names if self._tables is not None else self.names or ()

    @property
    def layout(self) -> PivotLayout | None:
        """How the table reads, if it is a pivot that was read."""
        return None

    def frames(self) -> Iterator[Frame]:
        """The table in parts, as they are read."""
        parts = iter(self._parts())
        while True:
            with self._measured():
                part = next(parts, None)
            if part is None:
                self._is_whole = True
                return
            yield part

    def _parts(self) -> Iterator[Frame]:
        match self.table:
            case Count():
                yield Frame({COUNT: [self.count]})
            case Projection(columns=columns):
                yield from self._run_frames(columns)
            case Histories():
                yield from self._history_frames(self.table)
            case _:
                assert_never(self.table)

    @property
    def rows_read(self) -> int:
        """How many rows of histories there are so far."""
        return 0 if self._tables is None else self._tables.facts.rows

    @property
    def runs_done(self) -> int | None:
        """Of how many runs the histories were read so far; `None` before the first and where none is read."""
        return None if self._tables is None else self._tables.facts.runs

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said, as far as the table was read."""
        return folded(summed({**self._noticed(), **dict.fromkeys(self._why_empty)}))

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What must be said even to somebody who wants to hear nothing."""
        return folded(notice for notice in self._noticed() if notice.severity is not Severity.NOTICE)

    def _noticed(self) -> dict[Diagnostic, None]:
        said = dict.fromkeys(self.executor.notices)
        said.update(self._said)
        said.update(dict.fromkeys(self._mixed.notices()))
        if self._tables is not None:
            said.update(dict.fromkeys(self._tables.facts.notices()))
        return said

    @property
    def _why_empty(self) -> tuple[Diagnostic, ...]:
        """Why there is no run, or no value of a metric. Nothing is said of an answer that was not read to its end."""
        return self._explained_emptiness if self._is_whole else ()

    @cached_property
    def _explained_emptiness(self) -> tuple[Diagnostic, ...]:
        if isinstance(self.table, Count):
            # A count is one request, so its explanation may not cost more where requests are what costs.
            is_free = all(place.service.capabilities.cheap_pages for place in self.executor.places)
            is_empty = self.count == 0 and is_free
        else:
            is_empty = not self.executor.facts.passed
        if is_empty:
            with self._measured():
                catalog = self.executor.known(self.catalog)
                return (why_empty(self.plan, self.executor.places, catalog, self._text, self._runs_of),)
        if self._tables is None:
            return ()
        part, facts = self._tables.part, self._tables.facts
        if not any(not_logged(part, facts, self.catalog)):
            return ()
        with self._measured():
            return tuple(not_logged(part, facts, self.executor.known(self.catalog)))

    def _runs_of(self, plan: Plan) -> list[RunRecord]:
        """The runs that another plan takes of the same sources."""
        return [found.record for found in Executor(plan, self.executor.places, self.catalog).found()]

    @contextmanager
    def _measured(self) -> Iterator[None]:
        self.was_read = True
        services = [place.service for place in self.executor.places]
        with asking(self._question), self.spent.measured(lambda: services):
            yield

    # ---------------------------------------------------------------- runs

    def _fixed_selection(self, columns: Sequence[TColumn] | None) -> Selection | None:
        """The columns of a table of runs, if they do not depend on what the runs hold."""
        if has_patterns(columns) or not has_fixed_columns(columns):
            return None
        return Selection(self._with_project(run_selection(columns, ()).columns))

    def _run_frames(self, columns: Sequence[TColumn] | None) -> Iterator[Frame]:
        """A frame for each part of the runs; a single one where all of them must be known for the columns."""
        self._mixed, self._said = MixedColumns(), {}
        selection = self._fixed_selection(columns)
        if selection is not None and self.executor.streams:
            is_empty = True
            for found in self.executor.parts():
                is_empty = False
                yield self._runs_frame(selection, found)
                self.executor.forget(found)
            if is_empty:
                yield self._runs_frame(selection, ())
            return
        try:
            yield self._runs_of_all(columns, self.executor.found())
        except (BackendError, KeyboardInterrupt):
            # What came before it is shown all the same; whoever shows it says that it is not all.
            if came := self.executor.came():
                yield self._runs_of_all(columns, came)
            raise

    def _runs_of_all(self, columns: Sequence[TColumn] | None, found: Sequence[Found]) -> Frame:
        selection = run_selection(columns, [one.record for one in found])
        self._said.update(dict.fromkeys(selection.notices))
        return self._runs_frame(Selection(self._with_project(selection.columns)), found)

    def _runs_frame(self, selection: Selection, found: Sequence[Found]) -> Frame:
        table = run_table(selection, [one.record for one in found], self.executor.aggregates.of)
        self._mixed.add(table)
        return Frame(table.columns, table.length)

    def _with_project(self, columns: Sequence[Selected]) -> tuple[Selected, ...]:
        """With several sources, the column that tells them apart stands after the id, or first."""
        if len(self.executor.places) < 2 or any(column.name == "project" for column in columns):
            return tuple(columns)
        at = 1 if columns and columns[0].name == "id" else 0
        return (*columns[:at], Selected("project", run_field("project")), *columns[at:])

    # ---------------------------------------------------------------- histories

    def _selection(self, columns: Sequence[TColumn], found: Sequence[Found]) -> Selection | None:
        """The columns of the run that stand on each row: those selected."""
        selected = tuple(dict.fromkeys(expand(columns, [one.record for one in found])))
        selected = self._with_project(selected)
        return Selection(selected) if selected else None

    def _history_frames(self, node: Histories) -> Iterator[Frame]:
        part = node.part
        if has_patterns(node.columns):
            parts: Iterator[Sequence[Found]] = iter([self.executor.found()])
        else:
            parts = _gathered(self.executor.parts())
        tables: HistoryTables | None = None
        request, system = self._requests(part)
        for found in parts:
            tables = tables or HistoryTables(part, self._selection(node.columns, found))
            self._tables = tables
            # A run id is only unique within a project: one call of `tables` for each stretch of one.
            for _, group in groupby(found, key=lambda one: (one.place.service, one.entity, one.project)):
                stretch = tuple(group)
                records = [one.record for one in stretch]
                machines = histories_of(stretch, system) if system is not None else ()
                # To fill a row, the rows before it are needed that a sample would leave out.
                whole = fills_first(part) and stretch[0].place.service.capabilities.cheap_pages
                rows = histories_of(stretch, replace(request, samples=None) if whole else request)
                for table in tables.tables(records, rows, machines, self.executor.aggregates.of):
                    yield Frame(table.columns, table.length)
            self.executor.forget(found)

    def _requests(self, part: HistoryPart) -> tuple[HistoryRequest, HistoryRequest | None]:
        """What to ask of the stream that makes the rows, and of the machine metrics that are joined to it."""
        own = Space.SYSTEM if is_system(part) else Space.LOGGED
        keys = self._expanded(keys_to_ask(part), own)
        request = HistoryRequest(
            "",
            "",
            (),
            keys,
            part.samples,
            "all"
            if part.align is AlignMode.INNER and keys_wanted(part) is not None and keys == keys_wanted(part)
            else "any",
            x_axis_of(part),
            part.min_step,
            part.max_step,
            "system" if own is Space.SYSTEM else "default",
        )
        if not is_joined(part):
            return request, None
        machine_keys = self._expanded(part.system_keys, Space.SYSTEM)
        return request, HistoryRequest("", "", (), machine_keys, None, "any", "_timestamp", stream="system")

    def _expanded(self, keys: tuple[str, ...] | None, space: Space) -> tuple[str, ...] | None:
        """The keys without globs, if the catalog knows what was logged; else every key is asked for."""
        if keys is None or not any("*" in key for key in keys):
            return keys
        prefix = "system." if space is Space.SYSTEM else ""
        logged = [prefix + info.dotted.removeprefix(prefix) for info in self.catalog.fields if info.space is space]
        return expand_keys(keys, logged) if logged else None

    # ---------------------------------------------------------------- what there is to say

    def footer(self) -> tuple[str, ...]:
        """What was counted, in a few words each: how many of how many."""
        if isinstance(self.table, Count):
            return ()
        parts = [*self._rows_said(), self._runs_said()]
        if self.executor.facts.doubles:
            parts.append(f"{self.executor.facts.doubles:,} runs that two sources hold counted once")
        if self._tables is not None and self._tables.facts.nan_values:
            parts.append(f"{self._tables.facts.nan_values:,} NaN")
        return tuple(parts)

    def _rows_said(self) -> list[str]:
        if self._tables is None:
            return []
        rows = self._tables.facts.rows
        return [f"{rows:,} row{'s' * (rows != 1)}"]

    def _runs_said(self) -> str:
        shown = self.executor.facts.passed
        if self._tables is not None and not self._is_whole:
            shown = min(shown, self._tables.facts.runs_begun)
        selected, limit = self.executor.selected, limit_of(self.plan)
        if not self._is_whole and shown != selected:
            is_filtered = limit is None and bool(those(self.plan, Filter))
            return _stopped(shown, selected, "matching " * is_filtered)
        total = self.executor.total(self.catalog) - self.executor.facts.doubles
        matching = self.executor.facts.matching
        noun = "run" if total == 1 else "runs"
        if limit is None or shown < limit or matching == shown:
            return f"{shown:,} of {total:,} {noun}" if shown != total else f"{total:,} {noun}"
        if matching is None:
            return f"the first {shown:,} that match of {total:,} {noun}"
        return f"{shown:,} of {matching:,} matching {'run' if matching == 1 else 'runs'}"


def has_patterns(columns: Sequence[TColumn] | None) -> bool:
    """Whether a column stands for fields that only the runs tell."""
    return any(column.glob is not None for column in columns or ())


def _stopped(shown: int, selected: int | None, what: str) -> str:
    """After how many of its runs the reading stopped: a stage needed no more of them, or an error ended it."""
    of_all = "" if selected is None else f" of {selected:,}"
    return f"{STOPPED} {shown:,}{of_all} {what}{'run' if (selected or shown) == 1 else 'runs'}"


def _gathered(parts: Iterable[Sequence[Found]]) -> Iterator[Sequence[Found]]:
    """The runs in parts that are worth a round of requests for their histories; one at least, if an empty one."""
    waiting: list[Found] = []
    is_first = True
    for part in parts:
        waiting += part
        if len(waiting) >= _RUNS_A_ROUND:
            yield waiting
            waiting, is_first = [], False
    if waiting or is_first:
        yield waiting
