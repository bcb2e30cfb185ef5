"""From a checked query to its plan. Behind it nothing reads the typed query: every field of it is in the tree.

A clause that is new becomes an operation here: above those that work before it, below those that work after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.columns import columns_of
from runql.plan.nodes import (
    Combine,
    Count,
    Filter,
    Histories,
    Limit,
    NamedRuns,
    Offset,
    Plan,
    Projection,
    Runs,
    RunScan,
    Sort,
    TableStage,
)
from runql.semantic.needed import Needed, joined, needed_fields, needed_of_taken
from runql.semantic.typed import (
    FieldKey,
    TAnd,
    TCompare,
    TConst,
    TField,
    TJoin,
    TOr,
    TOrderKey,
    TOther,
    TStage,
    TUnion,
    TypedExpr,
    TypedQuery,
)
from runql.syntax.tree import Comparison, Target

_STEPS: Final = Needed(summary=("_step",))


def lower(
    query: TypedQuery,
    stages: Sequence[TStage] = (),
    *,
    with_steps: bool = False,
    other: Callable[[TOther], Plan] | None = None,
) -> Plan:
    """The plan of a query and of the stages behind it. `with_steps`: the last step of each run is read beside what a
    table of runs names, to be compared. `other`: the plan of the other table of a stage; by default of all runs."""
    plan: Plan
    if query.target is Target.COUNT:
        read, taken = (replace(one, history_keys=False) for one in (needed_fields(query), needed_of_taken(query)))
        plan = Count(_runs(query, read, taken))
    elif query.histories is not None:
        runs = _runs(query, needed_fields(query), needed_of_taken(query), query.order)
        plan = Histories(runs, query.histories, query.columns or ())
    else:
        columns = columns_of(query)
        shown = replace(query, columns=columns)
        read, taken = needed_fields(shown), needed_of_taken(shown)
        if with_steps and columns is not None and not query.lazy:
            read, taken = joined(read, _STEPS), joined(taken, _STEPS)
        plan = Projection(_runs(query, read, taken, query.order), columns)
    for stage in stages:
        if isinstance(stage, TJoin | TUnion):
            plan = Combine(plan, stage, Projection(RunScan()) if other is None else other(stage.other))
        else:
            plan = TableStage(plan, stage)
    return plan


def _runs(query: TypedQuery, read: Needed, taken: Needed, order: tuple[TOrderKey, ...] | None = None) -> Runs:
    """The runs that a query takes; in an order, unless that is `None`."""
    runs: Runs = RunScan(
        sources=query.sources,
        named=None if query.ident is None else _named(query.target is Target.RUN, query.ident),
        read=read,
        taken=taken,
        lazy=query.lazy,
        page_size=query.page,
        with_sweeps=query.with_sweeps,
    )
    runs = runs if query.where is None else Filter(runs, query.where)
    runs = runs if order is None else Sort(runs, order)
    # What is left out is counted in by the limit below it: a source is asked for no more than both together.
    runs = runs if query.limit is None else Limit(runs, query.offset + query.limit)
    return Offset(runs, query.offset) if query.offset else runs


def _named(is_run: bool, ident: str) -> NamedRuns:
    """What `run ID` and `sweep ID` name, with a condition, so that it narrows like any other."""
    test = _equals("id" if is_run else "sweep", ident)
    *owners, last = ident.split("/")
    if is_run and 0 < len(owners) < 3 and last:
        # An id with its project before it, or its entity and project: as a listing shows it where two runs have one id.
        parts = (_equals("id", last), *map(_equals, ("project", "entity"), reversed(owners)))
        test = TOr((test, TAnd(parts, kind=Kind.BOOL)), kind=Kind.BOOL)
    return NamedRuns(ident, is_run, test)


def _equals(name: str, text: str) -> TypedExpr:
    key = FieldKey(Space.RUN, (name,), written=name)
    return TCompare(Comparison.EQ, TField(key, kind=Kind.TEXT), TConst(text, kind=Kind.TEXT), kind=Kind.BOOL)
