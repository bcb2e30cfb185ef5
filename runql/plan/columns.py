"""The columns of a query that selects none, and what is known of those of a plan before any row is read: which are
lengths of time, and which are numbers.

Views show lengths of time as `3 h 12 min`, data as seconds. Where no row has a value, a column of numbers keeps its
type in other libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias, assert_never

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.plan.nodes import Count, Histories, Plan, stages_of, table_of
from runql.semantic import typed as t
from runql.semantic.naming import aggregate_text, key_text
from runql.semantic.needed import query_expressions, walk
from runql.semantic.typed import FieldKey, TAggregate, TColumn, TField, TLogged, TypedExpr, TypedQuery
from runql.syntax.tree import ArithmeticOp, Target
from runql.text.frozen import frozen

_RUNTIME: Final = "runtime"
_KEEPING: Final = frozenset({"min", "max", "abs", "round", "floor", "ceil", "coalesce", "clip"})
"""The functions of lengths of time that give one; the last arguments of `round` and `clip` are no matter."""
_FOLDS: Final = frozenset(
    {"sum", "mean", "min", "max", "median", "first", "last", "mode", "iqm", "wmean", "std", "sem"}
)

FIRST_COLUMNS = ("id", "name", "state", "created")
_ALL_OF_A_RUN = (*FIRST_COLUMNS, "tags", "group", "runtime")

_Holds: TypeAlias = Callable[[t.TypedExpr, frozenset[str]], bool]
"""Whether an expression is of the kind in question, by the columns that are."""


# ---------------------------------------------------------------- the columns of a query that selects none


def columns_of(query: TypedQuery) -> tuple[TColumn, ...] | None:
    """The columns of the table of runs of a query; `None`: those in which its runs differ.

    Those that it selects, else `id, name, state, created` and every field and aggregate that it names. `lazy` without
    a named field leaves it at these four: the usual columns would need what it leaves out. `run ID` shows all of that
    run: nothing differs between the runs where there is but one.
    """
    if query.columns is not None:
        return query.columns
    named = mentions(query_expressions(query))
    if query.lazy and not any(isinstance(node, TField) for node in named):
        return run_columns(FIRST_COLUMNS)
    if query.target is Target.RUN and not query.lazy:
        globs = (TColumn(f"{space}.*", glob=FieldKey(space, ("*",))) for space in (Space.CONFIG, Space.SUMMARY))
        return (*run_columns(_ALL_OF_A_RUN), *globs)
    return (*run_columns(FIRST_COLUMNS), *map(_mention_column, named)) if named else None


def mentions(expressions: Iterator[TypedExpr]) -> list[TField | TAggregate | TLogged]:
    """Fields and aggregates, each once. The clauses stand in the order of the text, which only the spans tell."""
    found = [node for expr in expressions for node in walk(expr) if isinstance(node, TField | TAggregate | TLogged)]
    return list(dict.fromkeys(sorted(found, key=lambda node: node.span.start)))


def run_columns(names: Sequence[str]) -> tuple[TColumn, ...]:
    """The columns of fields that every run has."""
    return tuple(TColumn(name, value=run_field(name)) for name in names)


def run_field(name: str) -> TField:
    """The value of a field that every run has."""
    return TField(FieldKey(Space.RUN, (name,), written=name), kind=RUN_FIELDS[name].kind)


def _mention_column(node: TField | TAggregate | TLogged) -> TColumn:
    return TColumn(key_text(node.key) if isinstance(node, TField) else aggregate_text(node), value=node)


# ---------------------------------------------------------------- what is known of columns


@frozen
class KnownColumns:
    """The columns of a plan that are lengths of time, and those that are numbers: what the checker knows to be one, and
    metrics that are named, which hold nothing else as a rule."""

    durations: frozenset[str]
    numbers: frozenset[str]


def known_columns(plan: Plan) -> KnownColumns:
    """What is known of the columns of a plan."""
    table, none = table_of(plan), frozenset[str]()
    columns = () if isinstance(table, Count) else table.columns or ()
    values = [(one.name, one.value) for one in columns if one.value is not None]
    durations = frozenset(name for name, value in values if is_duration(value, none))
    numbers = frozenset(name for name, value in values if _is_number(value, none))
    numbers |= frozenset(table.part.keys or ()) if isinstance(table, Histories) else none
    for stage in stages_of(plan):
        durations, numbers = _after(stage, durations, is_duration), _after(stage, numbers, _is_number)
    return KnownColumns(durations, numbers)


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
