"""`corr` and `pareto`: what matters, and what to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runql.engine.columns import identity
from runql.engine.compare import is_nan, is_null, is_number
from runql.engine.functions import to_float
from runql.engine.stages import statistics
from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.rows import is_long, take, values_of
from runql.engine.stages.say import number_of, some
from runql.engine.table import Table
from runql.semantic.typed import TCorr, TPareto
from runql.semantic.values import Value
from runql.syntax.tree import Goal
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

SPEARMAN, ETA = "spearman", "eta"
_FEWEST = 3


@frozen
class Measured:
    """How strongly a field goes with a value: the measure, its strength if there is one, of how many rows; why not."""

    measure: str
    strength: float | None
    count: int
    why: str = ""


def corr(stage: TCorr, table: Table, context: StageContext) -> StageResult:
    """A row a field: `field, measure, strength, n`, strongest first, then those with more rows, then by name.

    A field that holds numbers only gets Spearman's rank correlation with the target; any other one the correlation
    ratio eta, its values taken as categories. Both of the rows in which both have a value. Left out, and said: fields
    that don't vary, that have fewer than three such rows, or a category for each row.
    """
    targets = values_of(stage.target.value, table)
    found: list[tuple[str, str, float, int]] = []
    left_out: dict[str, list[str]] = {}
    for name in context.config_in(table.names, stage.target.name):
        measured = _measured(table, name, targets)
        if measured.strength is None:
            left_out.setdefault(measured.why or "without any variation", []).append(name)
        else:
            found.append((name, measured.measure, measured.strength, measured.count))
    found.sort(key=lambda line: (-abs(line[2]), -line[3], line[0]))
    columns = dict(zip(("field", "measure", "strength", "n"), map(list, zip(*found, strict=True)), strict=False))
    result = Table(columns or {"field": [], "measure": [], "strength": [], "n": []}, len(found))
    notices = [
        Diagnostic("RQL313", f"{number_of(len(names), 'field')} left out, {why}: {some(names)}", stage.span)
        for why, names in left_out.items()
    ]
    if without := sum(not is_number(value) or is_nan(value) for value in targets):
        message = f"{number_of(without, 'row')} left out: no number in `{stage.target.name}`"
        notices.insert(0, Diagnostic("RQL313", message, stage.span))
    return StageResult(result, tuple(notices), context.other())


def _measured(table: Table, name: str, targets: Sequence[Value]) -> Measured:
    if not is_long(table):
        return measured_by_reference(table.columns[name], targets)
    from runql.engine.stages.arrays.matters import measured

    return measured(table.columns[name], targets)


def measured_by_reference(cells: Sequence[Value], targets: Sequence[Value]) -> Measured:
    """How strongly two columns go together, of the rows in which both have a value."""
    pairs = [
        (cell, target)
        for cell, target in zip(cells, targets, strict=True)
        if is_number(target) and not is_nan(target) and not is_null(cell) and not is_nan(cell)
    ]
    values, numbers = [cell for cell, _ in pairs], [to_float(target) for _, target in pairs]
    if pairs and all(map(is_number, values)):
        why = refusal(len(pairs), None)
        strength = None if why else statistics.spearman(list(map(to_float, values)), numbers)
        return Measured(SPEARMAN, strength, len(pairs), why)
    categories = list(map(identity, values))
    why = refusal(len(pairs), len(set(categories)))
    strength = None if why else statistics.correlation_ratio(categories, numbers)
    return Measured(ETA, strength, len(pairs), why)


def refusal(count: int, different: int | None) -> str:
    """Why so many pairs, of which the one has so many different categories, tell nothing; empty if they do."""
    if count < _FEWEST:
        return "with fewer than three rows"
    if different == count:
        return "with another value in each row"
    return "without any variation" if different == 1 else ""


def pareto(stage: TPareto, table: Table, context: StageContext) -> StageResult:
    """The rows that no other row beats: at least as good in every respect and better in one. Equal rows stay all.

    Rows that lack one of the numbers are left out, and that is said.
    """
    columns = [values_of(named.value, table) for _, named in stage.goals]
    signs = [1 if goal is Goal.MIN else -1 for goal, _ in stage.goals]
    held, without = _with_numbers(table, columns, signs)
    costs = {row: tuple(sign * cells[row] for sign, cells in zip(signs, columns, strict=True)) for row in held}
    kept = _undominated(costs)
    notices = []
    if without:
        names = ", ".join(f"`{named.name}`" for _, named in stage.goals)
        lacking = names if len(stage.goals) == 1 else f"one of {names}"
        notices.append(
            Diagnostic("RQL313", f"{number_of(without, 'row')} left out: no number in {lacking}", stage.span)
        )
    return StageResult(take(table, kept), tuple(notices), context)


def _with_numbers(table: Table, columns: Sequence[Sequence[Value]], signs: Sequence[int]) -> tuple[Sequence[int], int]:
    """The rows that have all the numbers, of many only those that may be unbeaten; and how many rows lack one."""
    if is_long(table):
        from runql.engine.stages.arrays.matters import candidates

        if (found := candidates(columns, signs)) is not None:
            return found
    held = [
        row for row in range(table.length) if all(is_number(cells[row]) and not is_nan(cells[row]) for cells in columns)
    ]
    return held, table.length - len(held)


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
