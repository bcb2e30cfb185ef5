"""`pareto`: the rows that no other row beats."""

from __future__ import annotations

from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.dispatch import take, undominated, values_of
from runql.engine.stages.shared.say import number_of
from runql.engine.table import Table
from runql.semantic.typed import TPareto
from runql.syntax.tree import Goal
from runql.text.diagnostic import Diagnostic


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
    return StageResult(take(table, kept), tuple(notices), context)
