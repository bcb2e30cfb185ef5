"""`holes`, `duplicates`, `pareto`: the combinations that never ran, those that ran twice, and those that none beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from operator import itemgetter

from runql.engine.compare import identity, is_null
from runql.engine.stages.context import StageContext, StageResult, free_name
from runql.engine.stages.dispatch import cells_at, grouped, take, undominated, values_of
from runql.engine.stages.shape import columns_of
from runql.engine.stages.shared.rows import cells_of
from runql.engine.stages.shared.say import number_of
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.typed import TDuplicates, THoles, TPareto
from runql.semantic.values import Value
from runql.syntax.tree import Goal
from runql.text.diagnostic import Diagnostic

MOST_COMBINATIONS = 1_000_000
IDS, COUNT = "ids", "n"


def holes(stage: THoles, table: Table, context: StageContext) -> StageResult:
    """The combinations of the values that occur which no row has, in order. Rows that lack a value don't count.

    Raises RQL209 if there are more than `MOST_COMBINATIONS` to look at.
    """
    columns = [values_of(named.value, table) for named in stage.over]
    # Of each combination one row is looked at.
    groups = grouped(columns, table.length)
    sizes = dict(zip(groups.firsts(), groups.sizes(), strict=True))
    held = [row for row in sizes if not any(is_null(cells[row]) for cells in columns)]
    values = [_different([cells[row] for row in held]) for cells in columns]
    count = prod(map(len, values))
    if count > MOST_COMBINATIONS:
        message = f"{len(values)} fields make {count:,} combinations, more than {MOST_COMBINATIONS:,}"
        raise QueryError([Diagnostic("RQL209", message, stage.span, hints=("name fewer fields",))])
    there = {tuple(identity(cells[row]) for cells in columns) for row in held}
    missing = [one for one in product(*values) if tuple(map(identity, one)) not in there] if held else []
    names = [named.name for named in stage.over]
    result = Table({name: [one[place] for one in missing] for place, name in enumerate(names)}, len(missing))
    notices = []
    if without := table.length - sum(map(sizes.__getitem__, held)):
        message = f"{number_of(without, 'row')} left out: a value is missing"
        notices.append(Diagnostic("RQL313", message, stage.span))
    return StageResult(result, tuple(notices), context.other(keys=names))


def _different(cells: Sequence[Value]) -> Sequence[Value]:
    """Each value once, in order."""
    return cells_at(cells, grouped([cells], len(cells)).firsts())


def duplicates(stage: TDuplicates, table: Table, context: StageContext) -> StageResult:
    """The combinations that several rows have: the keys, `n`, and the ids of the runs. Missing is a value here."""
    keys = columns_of(stage.by, table)
    groups = grouped(list(keys.values()), table.length)
    several = [places for places in groups.rows() if len(places) > 1]
    firsts = [places[0] for places in several]
    columns: dict[str, Sequence[Value]] = {name: cells_at(cells, firsts) for name, cells in keys.items()}
    columns[free_name(COUNT, columns)] = [len(places) for places in several]
    if context.run_id is not None and context.run_id in table.columns:
        ids = list(cells_of(table, context.run_id))
        columns[free_name(IDS, columns)] = [[*itemgetter(*places)(ids)] for places in several]
    return StageResult(Table(columns, len(several)), (), context.other(keys=keys))


def pareto(stage: TPareto, table: Table, context: StageContext) -> StageResult:
    """The rows that no other row beats: at least as good in every respect and better in one. Equal rows stay all.

    Rows that lack one of the numbers are left out, and that is said.
    """
    columns = [values_of(named.value, table) for _, named in stage.goals]
    signs = [1 if goal is Goal.MIN else -1 for goal, _ in stage.goals]
    kept, without = undominated(columns, signs)
    notices = []
    if without:
        names = ", ".join(f"`{named.name}`" for _, named in stage.goals)
        lacking = names if len(stage.goals) == 1 else f"one of {names}"
        notices.append(
            Diagnostic("RQL313", f"{number_of(without, 'row')} left out: no number in {lacking}", stage.span)
        )
    compared = {named.name: cells for (_, named), cells in zip(stage.goals, columns, strict=True)}
    return StageResult(
        take(table, kept), tuple(notices), replace(context, beaten=_beaten(compared, kept, table, context))
    )


def _beaten(
    compared: Mapping[str, Sequence[Value]], kept: Sequence[int], table: Table, context: StageContext
) -> Mapping[str, Sequence[Value]]:
    """Of the rows that are not kept what was compared, and which runs they are."""
    front = set(kept)
    rest = [row for row in range(table.length) if row not in front]
    runs = {
        name: cells_of(table, name) for name in (context.run_id, context.run_name) if name in table.columns and name
    }
    return {name: cells_at(cells, rest) for name, cells in {**runs, **compared}.items()}
