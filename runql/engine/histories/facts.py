"""What must be said under an answer of histories: what was sampled, what is sparse, what was left out, what no run
logged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final

from runql.engine.histories.aggregates import is_reading
from runql.engine.values.column import Column, Flags, intersection
from runql.semantic.record import RunHistory
from runql.semantic.typed import FieldKey, HistoryNode, TAggregate
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import AlignMode
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable

_COUNT: Final = "count"


@changeable
class HistoryFacts:
    """Counts over the histories of an answer, filled while its tables are made.

    `rows`: of the answer. `rows_of`: how many rows each metric has in all, before sampling; `shown_of`: how many of
    them the answer holds. `nan_values`: NaN cells of the answer. `without_x`: rows left out because they had no x,
    besides those that the backend's own notices tell of. `runs_of`: how many runs have a row of each metric, machine
    metrics that were joined to the rows among them. `runs`, `sampled_runs`, `empty_runs`: how many were read to their
    end, how many of them were sampled, how many gave no row. `runs_begun`: `runs`, and the one that is being
    read. `carried_samples`: whether `ffill` had only what a source had sampled to carry forward.
    """

    _align: AlignMode
    rows: int = 0
    rows_of: Counter[str] = field(default_factory=Counter)
    shown_of: Counter[str] = field(default_factory=Counter)
    runs_of: Counter[str] = field(default_factory=Counter)
    nan_values: int = 0
    without_x: int = 0
    runs: int = 0
    sampled_runs: int = 0
    empty_runs: int = 0
    notices_of_backend: dict[Diagnostic, None] = field(default_factory=dict)
    carried_samples: bool = False
    _apart: bool = False
    _run_rows: int = 0
    _run_sampled: bool = False
    _run_has: set[str] = field(default_factory=set)

    @property
    def runs_begun(self) -> int:
        return self.runs + bool(self._run_rows)

    def count(
        self,
        history: RunHistory,
        held: Mapping[str, Flags],
        keep: Flags,
        columns: Iterable[Column],
        joined: Mapping[str, Column],
    ) -> None:
        """Count in a part of a run: which rows hold each metric, which rows stay, the columns of these, and the machine
        metrics that were joined to all the rows."""
        self._run_has.update(name for name, column in joined.items() if 1 in column.held)
        self.notices_of_backend.update(dict.fromkeys(history.notices))
        self._run_sampled = self._run_sampled or history.sampled
        kept = keep.count(1)
        self._run_rows += kept
        self.rows += kept
        self._apart = self._apart or len(set(held.values())) > 1
        for name, flags in held.items():
            total = history.rows_of.get(name, 0) if history.sampled else 0
            rows = max(total, flags.count(1))
            self.rows_of[name] += rows
            if rows:
                self._run_has.add(name)
            self.shown_of[name] += intersection([flags, keep], history.length).count(1)
        self.nan_values += sum(column.nan_count() for column in columns)

    def count_runs(self, metric: str, rows: Sequence[int], nan: Sequence[int]) -> None:
        """Count runs in of which one metric is asked: how many rows each has of it, and how many of them NaN."""
        with_rows = sum(1 for each in rows if each)
        total = sum(rows)
        self.runs += len(rows)
        self.empty_runs += len(rows) - with_rows
        self.rows += total
        self.nan_values += sum(nan)
        if total:
            self.rows_of[metric] += total
            self.shown_of[metric] += total
            self.runs_of[metric] += with_rows

    def close_run(self) -> None:
        """The parts of one run are all counted."""
        self.runs += 1
        self.sampled_runs += self._run_sampled
        self.empty_runs += not self._run_rows
        self.runs_of.update(self._run_has)
        self._run_rows, self._run_sampled, self._run_has = 0, False, set()

    def notices(self) -> list[Diagnostic]:
        """What to say, those of the backend first."""
        said = [*self.notices_of_backend]
        if self.sampled_runs:
            densest = max(self.rows_of, key=self.rows_of.__getitem__, default=None)
            if densest is None or self.rows_of[densest] <= self.shown_of[densest]:
                message = f"histories sampled: {_rows(self.rows)} of {self.sampled_runs:,} runs"
            else:
                message = f"sampled {self.shown_of[densest]:,} of {self.rows_of[densest]:,} rows with `{densest}`"
            said.append(Diagnostic("RQL302", message, hints=("every row: `scan`",)))
        if self.carried_samples:
            message = "filled with the last sampled value, not the last logged one"
            said.append(Diagnostic("RQL302", message, hints=("exact: `scan`",)))
        if self._apart and self._align is not AlignMode.FFILL:
            said.append(self._cadence())
        if self.without_x:
            said.append(Diagnostic("RQL508", f"{_rows(self.without_x)} left out: no value on the x axis"))
        return said

    def _cadence(self) -> Diagnostic:
        most = max(self.rows_of.values())
        sparse = [
            f"`{name}` has 1 value in {most / count:.3g}" for name, count in self.rows_of.items() if 0 < count < most
        ]
        message = (
            f"metrics logged at different steps: {', '.join(sparse)}" if sparse else "metrics logged at different steps"
        )
        if self._align is AlignMode.INNER:
            return Diagnostic("RQL507", f"{message}; only rows that hold all of them are shown")
        return Diagnostic("RQL507", message, hints=("`align inner`: rows that hold all; `align ffill`: fill the gaps",))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


class LoggedIn:
    """Which metrics of values of histories hold anything, in runs that are added part by part; none is held.

    `runs`: how many were added.
    """

    def __init__(self, nodes: Iterable[HistoryNode]) -> None:
        self._nodes = [node for node in nodes if isinstance(node, TAggregate) and not is_reading(node)]
        self._names: set[str] = set()
        self.runs = 0

    def add(self, metrics: Iterable[str]) -> None:
        """Count one more run in, with the metrics of which it has values."""
        self.runs += 1
        self._names.update(metrics)

    def add_columns(self, columns: Mapping[FieldKey | TAggregate, Column], length: int) -> None:
        """Count so many more runs in, by what the values come to."""
        self.runs += length
        for node in self._nodes:
            if not self._names.issuperset(node.metrics) and any(_tells(node, cell) for cell in columns.get(node, ())):
                self._names.update(node.metrics)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The metrics of which none of the runs has a value."""
        named = dict.fromkeys(metric for node in self._nodes for metric in node.metrics)
        return tuple(metric for metric in named if metric not in self._names)


def metrics_told(values: Mapping[HistoryNode, Value], met: Iterable[str] = ()) -> frozenset[str]:
    """The metrics of which a run has values, by what they come to, and by those that it has rows of (`met`).

    A count is of values that are not NaN: rows of nothing else are none for it, however it was worked out.
    """
    rows = frozenset(met)
    found: set[str] = set()
    for node, value in values.items():
        if isinstance(node, TAggregate) and not is_reading(node):
            found.update(node.metrics if _tells(node, value) else () if node.name == _COUNT else rows & {*node.metrics})
    return frozenset(found)


def _tells(node: TAggregate, value: Value) -> bool:
    return value is not MISSING and not (node.name == _COUNT and not value) and not node.beside
