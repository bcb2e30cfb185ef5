"""Runs that end before a step at which a value is asked for: `at(logged.loss, 100)` is their last value (RQL327)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from runql.advice.intent import as_step, last_step
from runql.engine.evaluate import Aggregates, AggregatesOf
from runql.engine.values.column import Column
from runql.semantic.needed import aggregates_in
from runql.semantic.record import RunRecord
from runql.semantic.typed import TAggregate, TConst, TypedExpr
from runql.semantic.values import MISSING
from runql.sources.protocol import RunValue
from runql.text.diagnostic import Diagnostic
from runql.text.markdown import code

_STEPS: Final = "_step"


class ShortRuns:
    """How many runs end before each step that is asked for; the runs are added part by part, none is held."""

    def __init__(self, shown: Iterable[TypedExpr]) -> None:
        self._asked: dict[float, list[TAggregate]] = {}
        for node in aggregates_in(*shown):
            if isinstance(node, TAggregate) and (step := _step_of(node)) is not None:
                self._asked.setdefault(step, []).append(node)
        self._shorter = dict.fromkeys(self._asked, 0)
        self._runs = 0
        self.looks = bool(self._asked)
        """Whether a value at a step is asked for."""

    def add(self, records: Sequence[RunRecord], aggregates_of: AggregatesOf) -> None:
        """Count some more of the runs."""
        self._runs += len(records)
        ends = [(aggregates_of(record), end) for record in records if (end := last_step(record)) is not None]
        for asked, nodes in self._asked.items():
            self._shorter[asked] += sum(end < asked and _any_of(nodes, values) for values, end in ends)

    def add_columns(self, columns: Mapping[RunValue, Column], steps: Column, length: int) -> None:
        """Count some more of the runs, by the last steps of their summaries."""
        self._runs += length
        for asked, nodes in self._asked.items():
            values = zip(*(columns[node] for node in nodes), strict=True)
            self._shorter[asked] += sum(
                end is not None and end < asked and any(value is not MISSING for value in row)
                for end, row in zip(map(as_step, steps), values, strict=True)
            )

    def notices(self) -> Iterator[Diagnostic]:
        """What to say of each step that some of the runs do not reach."""
        for step, nodes in self._asked.items():
            if shorter := self._shorter[step]:
                verb = "ends" if shorter == 1 else "end"
                calls = ", ".join(code(node.written) for node in nodes)
                what = "is the last value" if len(nodes) == 1 else "are the last values"
                message = f"{shorter:,} of {self._runs:,} runs {verb} before that step: there {calls} {what}"
                hint = (
                    f"leave them out: `where summary._step >= {nodes[0].written.rpartition(', ')[2].removesuffix(')')}`"
                )
                yield Diagnostic("RQL327", message, nodes[0].span, hints=(hint,))


def asks_a_step(shown: Iterable[TypedExpr]) -> bool:
    """Whether a value at one step is among what is shown of runs: then their last steps are looked at."""
    return ShortRuns(shown).looks


def _any_of(nodes: Sequence[TAggregate], values: Aggregates) -> bool:
    return any(values.get(node, MISSING) is not MISSING for node in nodes)


def _step_of(node: TAggregate) -> float | None:
    """The step at which a value is asked for; `None` for another axis, and for a step of the run's own."""
    if node.name != "at" or node.x_axis != _STEPS or not isinstance(node.argument, TConst):
        return None
    step = node.argument.value
    return step if isinstance(step, int | float) and not isinstance(step, bool) else None
