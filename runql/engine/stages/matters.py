"""`corr` and `pareto`: what matters, and what to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runql.engine.columns import identity
from runql.engine.compare import is_nan, is_null, is_number
from runql.engine.functions import to_float
from runql.engine.stages import statistics
from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.rows import take, values_of
from runql.engine.stages.say import number_of, some
from runql.engine.table import Table
from runql.semantic.typed_stages import Goal, TCorr, TPareto
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic

SPEARMAN, ETA = "spearman", "eta"
_FEWEST = 3


def corr(stage: TCorr, table: Table, context: StageContext) -> StageResult:
    """A row a field: `field, measure, strength, n`, strongest first, then those with more rows, then by name.

    A field that holds numbers only gets Spearman's rank correlation with the target; any other one the correlation
    ratio eta, its values taken as categories. Both of the rows in which both have a value. Left out, and said: fields
    that don't vary, that have fewer than three such rows, or a category for each row.
    """
    targets = values_of(stage.target.value, table)
    held = [row for row, value in enumerate(targets) if is_number(value) and not is_nan(value)]
    found: list[tuple[str, str, float, int]] = []
    left_out: dict[str, list[str]] = {}
    for name in context.config_in(table.names, stage.target.name):
        cells = table.columns[name]
        rows = [row for row in held if not is_null(cells[row]) and not is_nan(cells[row])]
        measured = _strength([cells[row] for row in rows], [targets[row] for row in rows])
        if isinstance(measured, str):
            left_out.setdefault(measured, []).append(name)
        else:
            found.append((name, *measured, len(rows)))
    found.sort(key=lambda line: (-abs(line[2]), -line[3], line[0]))
    columns = dict(zip(("field", "measure", "strength", "n"), map(list, zip(*found, strict=True)), strict=False))
    result = Table(columns or {"field": [], "measure": [], "strength": [], "n": []}, len(found))
    notices = [
        Diagnostic("RQL313", f"{number_of(len(names), 'field')} left out, {why}: {some(names)}", stage.span)
        for why, names in left_out.items()
    ]
    if without := table.length - len(held):
        message = f"{number_of(without, 'row')} left out: no number in `{stage.target.name}`"
        notices.insert(0, Diagnostic("RQL313", message, stage.span))
    return StageResult(result, tuple(notices), context.other())


def _strength(cells: Sequence[Value], targets: Sequence[Value]) -> tuple[str, float] | str:
    """The measure and its value, or why there is none."""
    if len(cells) < _FEWEST:
        return "with fewer than three rows"
    if all(map(is_number, cells)):
        measure, strength = SPEARMAN, statistics.spearman(list(map(to_float, cells)), list(map(to_float, targets)))
    else:
        categories = list(map(identity, cells))
        different = len(set(categories))
        if different == len(cells):
            return "with another value in each row"
        if different == 1:
            return "without any variation"
        measure, strength = ETA, statistics.correlation_ratio(categories, targets)
    return "without any variation" if strength is None else (measure, strength)


def pareto(stage: TPareto, table: Table, context: StageContext) -> StageResult:
    """The rows that no other row beats: at least as good in every respect and better in one. Equal rows stay all.

    Rows that lack one of the numbers are left out, and that is said.
    """
    columns = [values_of(named.value, table) for _, named in stage.goals]
    signs = [1 if goal is Goal.MIN else -1 for goal, _ in stage.goals]
    held = [
        row for row in range(table.length) if all(is_number(cells[row]) and not is_nan(cells[row]) for cells in columns)
    ]
    costs = {row: tuple(sign * cells[row] for sign, cells in zip(signs, columns, strict=True)) for row in held}
    kept = _undominated(costs)
    notices = []
    if without := table.length - len(held):
        names = ", ".join(f"`{named.name}`" for _, named in stage.goals)
        lacking = names if len(stage.goals) == 1 else f"one of {names}"
        notices.append(
            Diagnostic("RQL313", f"{number_of(without, 'row')} left out: no number in {lacking}", stage.span)
        )
    return StageResult(take(table, kept), tuple(notices), context)


def _undominated(costs: dict[int, tuple[Value, ...]]) -> list[int]:
    """The rows whose costs no other row's undercut, in their order.

    In the order of the costs a row can only be beaten by one before it, and then by one that is itself unbeaten.
    """
    front: list[tuple[Value, ...]] = []
    for cost in sorted(Counter(costs.values())):
        if not any(all(a <= b for a, b in zip(better, cost, strict=True)) for better in reversed(front)):
            front.append(cost)
    unbeaten = set(front)
    return [row for row, cost in costs.items() if cost in unbeaten]
