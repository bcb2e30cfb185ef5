"""What is known of the columns of a plan before any row is read: which are lengths of time, and which are numbers.

Views show lengths of time as `3 h 12 min`, data as seconds. Where no row has a value, a column of numbers keeps its
type in other libraries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.nodes import Count, Histories, Plan, stages_of, table_of
from runql.semantic import typed as t
from runql.syntax.tree import ArithmeticOp

_RUNTIME: Final = "runtime"
_KEEPING: Final = frozenset({"min", "max", "abs", "round", "floor", "ceil", "coalesce", "clip"})
"""The functions of lengths of time that give one; the last arguments of `round` and `clip` are no matter."""
_FOLDS: Final = frozenset(
    {"sum", "mean", "min", "max", "median", "first", "last", "mode", "iqm", "wmean", "std", "sem"}
)

_Holds: TypeAlias = Callable[[t.TypedExpr, frozenset[str]], bool]
"""Whether an expression is of the kind in question, by the columns that are."""


def durations_of(plan: Plan) -> frozenset[str]:
    """The lengths of time."""
    return _columns(plan, is_duration, frozenset())


def numbers_of(plan: Plan) -> frozenset[str]:
    """The numbers: what the checker knows to be one, and metrics that are named, which hold nothing else as a rule."""
    table = table_of(plan)
    metrics = table.part.keys or () if isinstance(table, Histories) else ()
    return _columns(plan, _is_number, frozenset(metrics))


def _columns(plan: Plan, holds: _Holds, known: frozenset[str]) -> frozenset[str]:
    table = table_of(plan)
    columns = () if isinstance(table, Count) else table.columns or ()
    known |= {one.name for one in columns if one.value is not None and holds(one.value, frozenset())}
    for stage in stages_of(plan):
        known = _after(stage, known, holds)
    return known


def _after(stage: t.TStage, known: frozenset[str], holds: _Holds) -> frozenset[str]:  # noqa: PLR0911 - one line a stage
    """The same behind a stage; one that makes no column of its own leaves them."""
    match stage:
        case t.TSelect(columns=made):
            return known | _made([one for one in made if isinstance(one, t.Named)], known, holds)
        case t.TGroup(keys=keys, folds=folds):
            return known | _made([*(one for one in keys if isinstance(one, t.Named)), *folds], known, holds)
        case t.TDerive(columns=made):
            for column in made:
                known = (known - {column.name}) | _made([column], known, holds)
            return known
        case t.TRename(names=names):
            new = dict(names)
            return frozenset(new.get(name, name) for name in known)
        case t.TRowSelection() | t.TAlongRun() | t.TOwnRows() | t.TDrop() | t.TBest() | t.TEdge():
            return known
        case t.TUnnest() | t.TPivot() | t.THistogram() | t.TJoin() | t.TUnion():
            return known
        case t.TSql() | t.TPlot() | t.TTo() | t.TAssert():
            return known
        case _:
            assert_never(stage)


def _made(columns: list[t.Named], known: frozenset[str], holds: _Holds) -> frozenset[str]:
    return frozenset(column.name for column in columns if holds(column.value, known))


def _is_number(expr: t.TypedExpr, known: frozenset[str]) -> bool:
    return expr.kind is Kind.NUMBER or (isinstance(expr, t.TCell) and expr.name in known)


def is_duration(expr: t.TypedExpr, known: frozenset[str]) -> bool:  # noqa: PLR0911, PLR0912 - one line a shape
    """Whether an expression is a length of time. A product or a quotient is none: `runtime / 3600` counts hours."""
    match expr:
        case t.TField(key=key):
            return key.space is Space.RUN and key.segments == (_RUNTIME,)
        case t.TCell(name=name):
            return name in known or name == _RUNTIME
        case t.TArithmetic(op=ArithmeticOp.SUB, left=left, right=right) if left.kind is right.kind is Kind.TIME:
            return True
        case t.TArithmetic(op=ArithmeticOp.ADD | ArithmeticOp.SUB, left=left, right=right):
            return is_duration(left, known) or is_duration(right, known)
        case t.TCall(name="duration"):
            return True
        case t.TCall(name="if", arguments=(_, then, otherwise)):
            return is_duration(then, known) and is_duration(otherwise, known)
        case t.TCall(name=name, arguments=arguments) if name in _KEEPING:
            return is_duration(arguments[0], known)
        case t.TFold(name="argmin" | "argmax", of=of):
            return of is not None and is_duration(of, known)
        case t.TFold(name=name, argument=argument) if name in _FOLDS or name[1:].isdigit():
            return argument is not None and is_duration(argument, known)
        case (
            t.TWindow()
            | t.TArithmetic()
            | t.TCall()
            | t.TFold()
            | t.TNegate()
            | t.TAggregate()
            | t.TQuestion()
            | t.TAnyField()
        ):
            return False
        case t.TConst() | t.TCompare() | t.TBetween() | t.TIn() | t.TTextTest() | t.THas() | t.TUntagged():
            return False
        case t.TIs() | t.TLogged() | t.TNot() | t.TAnd() | t.TOr():
            return False
        case _:
            assert_never(expr)
