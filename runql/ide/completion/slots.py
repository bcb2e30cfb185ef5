"""What a name or a value at the cursor would be: a condition, the other side of a comparison, a metric."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from itertools import pairwise
from typing import Final, assert_never

from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.language.aggregates import WITH_ARGUMENT
from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.language.functions import FUNCTIONS
from runql.language.kinds import ADDABLE, BOOL, NUMBER, Kind
from runql.language.stages import STAGES
from runql.language.windows import WINDOWS
from runql.language.words import WORDS
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.check_context import Report
from runql.semantic.folds import fold_named, history_fold_named
from runql.semantic.names.meanings import LoggedName
from runql.semantic.names.resolver import Names
from runql.semantic.operands import Operand
from runql.semantic.spelling import PREFIXES
from runql.semantic.typed import FieldKey
from runql.semantic.values import kind_of
from runql.syntax import tree as t
from runql.syntax.literals import read_path
from runql.text.frozen import frozen


class Role(Enum):
    """What stands at the cursor."""

    NOTHING = auto()
    CONDITION = auto()
    VALUE = auto()
    PATTERN = auto()
    MEMBER = auto()
    OPERAND = auto()
    ARGUMENT = auto()
    ORDER_KEY = auto()
    COLUMN = auto()
    DESCRIBED = auto()
    EXCEPTED = auto()
    NEW_NAME = auto()
    METRIC = auto()
    AXIS = auto()


@frozen
class KnownField:
    """What is known of a field that a text names: its kinds (empty if unknown), and its facts if it has any."""

    key: FieldKey
    kinds: frozenset[Kind]
    info: FieldInfo | None = None


@frozen
class Slot:
    """`subject` is what the value is compared with, `op` how; `function` and `index` say which argument it is. Of an
    operand, `subject` is what it is added to or taken from.

    `kinds`: those of value that are asked for, where the place itself says so: then fields are listed at once.
    `taken` are the values, or the names of metrics, that the list at the cursor has already.
    """

    role: Role
    subject: t.Expr | None = None
    op: t.Comparison | t.TextOp | None = None
    function: str = ""
    index: int = 0
    kinds: frozenset[Kind] = frozenset()
    taken: frozenset[object] = frozenset()


def takes_value(slot: Slot) -> bool:
    """Whether any value may stand there as an argument: that of a function, the x of `at`, the number of `spikes`."""
    return slot.function in FUNCTIONS or (slot.index == 1 and slot.function in WITH_ARGUMENT)


_NAMING = frozenset(terminal for terminal, entry in WORDS.items() if entry.wants == "a name")
"""The words behind which a name is made up."""


_KINDS_OF_STAGES = {entry.terminal: entry.of for entry in STAGES.values() if entry.of}
"""What the words of some stages are followed by."""


def slot_at(cursor: Cursor) -> Slot:
    """What would stand at the cursor, as the tree around it says."""
    if not cursor.chain:
        return Slot(Role.NOTHING)
    upward = tuple(reversed(cursor.chain))
    if cursor.previous in _NAMING:
        return Slot(Role.NEW_NAME)
    if (kinds := _KINDS_OF_STAGES.get(cursor.previous)) and cursor.is_piped:
        return Slot(Role.COLUMN, kinds=kinds)
    for child, parent in pairwise(upward):
        slot = _slot(parent, child)
        if slot is not None:
            return _folded(slot) if cursor.is_folding or slot.function in WINDOWS else slot
    return Slot(Role.CONDITION)


def _folded(slot: Slot) -> Slot:
    """An argument of an aggregate over rows, or of a window: what is read of each row."""
    fold = WINDOWS.get(slot.function) or fold_named(slot.function)
    if slot.role is not Role.ARGUMENT or fold is None or not fold.parameters:
        return slot
    kinds = fold.parameter(slot.index).kinds
    role = Role.OPERAND if kinds in (NUMBER, ADDABLE) else Role.CONDITION if kinds == BOOL else Role.COLUMN
    return Slot(role, function=slot.function, index=slot.index)


def _slot(parent: t.Node, child: t.Node) -> Slot | None:
    if isinstance(parent, t.Expr):
        return _in_expression(parent, child)
    if isinstance(parent, t.Clause):
        return _in_clause(parent)
    if isinstance(parent, t.Stage):
        return _in_stage(parent)
    if isinstance(parent, t.Statement):
        return _in_statement(parent)
    if isinstance(parent, t.Column):
        return Slot(Role.COLUMN if parent.value is child else Role.EXCEPTED, parent.value)
    return Slot(_PARTS[type(parent)]) if type(parent) in _PARTS else None


_PARTS: Final[Mapping[type[t.Node], Role]] = {t.OrderKey: Role.ORDER_KEY, t.Definition: Role.COLUMN}


def _in_expression(parent: t.Expr, child: t.Node) -> Slot | None:  # noqa: PLR0911, PLR0912 - one a node
    match parent:
        case t.Compare(op=op, left=left):
            return Slot(Role.VALUE, left, op)
        case t.Between(value=value):
            return Slot(Role.VALUE, value, t.Comparison.GE)
        case t.In(value=value, items=items):
            return Slot(Role.VALUE, value, t.Comparison.EQ, taken=_literals(items))
        case t.TextTest(op=op, value=value):
            return Slot(Role.PATTERN, value, op)
        case t.Has(value=value, items=items):
            return Slot(Role.MEMBER, value, taken=_literals(items))
        case t.Arithmetic(op=op, left=left, right=right):
            is_shift = child is right and op in {t.ArithmeticOp.ADD, t.ArithmeticOp.SUB}
            return Slot(Role.OPERAND, left if is_shift else None)
        case t.Call(x=x) if child is x:
            return Slot(Role.AXIS)
        case t.Call(name=name, arguments=arguments):
            place = next((index for index, argument in enumerate(arguments) if argument is child), None)
            return Slot(Role.NOTHING) if place is None else Slot(Role.ARGUMENT, function=name, index=place)
        case t.Window():
            return Slot(Role.COLUMN)
        case t.Is():
            return Slot(Role.ARGUMENT, function="exists")
        case t.Literal() | t.Time() | t.RelativeTime() | t.Duration() | t.Param() | t.Field() | t.Untagged() | t.Not():
            return None
        case t.ListValue() | t.And() | t.Or() | t.Negate() | t.ValueQuery() | t.Regex() | t.Broken() | t.AnyField():
            return None
        case _:
            assert_never(parent)


def _in_clause(parent: t.Clause) -> Slot | None:
    match parent:
        case t.KeysClause(keys=keys):
            return Slot(Role.METRIC, taken=frozenset(".".join(map(str, key.segments)) for key in keys))
        case t.XClause():
            return Slot(Role.AXIS)
        case t.FromClause() | t.WhereClause() | t.OrderClause() | t.CountClause() | t.LazyClause():
            return None
        case t.AsOfClause() | t.FreshClause() | t.CachedClause():
            return None
        case t.SweepsClause() | t.ScanClause() | t.StepsClause() | t.AlignClause():
            return None
        case t.StreamClause() | t.SelectClause() | t.SearchClause() | t.BrokenClause():
            return None
        case _:
            assert_never(parent)


def _in_stage(parent: t.Stage) -> Slot | None:
    match parent:
        case t.WhereStage() | t.AssertStage() | t.BrokenStage():
            return None
        case t.PlainStage() | t.PartsStage() | t.OrderStage() | t.SelectStage() | t.DropStage() | t.RenameStage():
            return Slot(Role.COLUMN)
        case t.EdgeStage() | t.DeriveStage() | t.GroupStage() | t.UnnestStage() | t.PivotStage() | t.HistogramStage():
            return Slot(Role.COLUMN)
        case t.JoinStage() | t.UnionStage() | t.SqlStage() | t.PlotStage() | t.ToStage():
            return Slot(Role.COLUMN)
        case _:
            assert_never(parent)


def _in_statement(parent: t.Statement) -> Slot | None:
    match parent:
        case t.DescribeStatement():
            return Slot(Role.DESCRIBED)
        case t.ParamStatement() | t.SetStatement():
            return Slot(Role.NEW_NAME)
        case t.QueryStatement() | t.ExplainStatement() | t.BrokenStatement() | t.UseStatement() | t.LetStatement():
            return None
        case t.ShowStatement() | t.PullStatement():
            return None
        case _:
            assert_never(parent)


def _literals(items: t.Listed) -> frozenset[object]:
    listed = items if isinstance(items, tuple) else ()
    return frozenset(item.value for item in listed if isinstance(item, t.Literal))


def other_terms(cursor: Cursor) -> tuple[t.Expr, ...]:
    """The conditions that hold beside the one at the cursor: the other terms of a condition joined by `and`."""
    for parent, child in pairwise(cursor.chain):
        if isinstance(parent, t.WhereClause) and isinstance(child, t.And):
            return tuple(term for term in child.terms if term not in cursor.chain)
    return ()


def known(expr: t.Expr | t.Path | None, context: Context) -> KnownField | None:
    """What is known of a field; none for anything else, and for a name that means none or several."""
    if isinstance(expr, t.Negate):
        return known(expr.value, context)
    path = expr.path if isinstance(expr, t.Field) else expr
    if not isinstance(path, t.Path) or not path.segments or not _is_there(path, context.catalog):
        return None
    found = Names(context.catalog, context.for_check(), Report()).resolve(path, path.span)
    if isinstance(found, LoggedName):
        return _metric(found, context.catalog)
    if not isinstance(found, Operand):
        return None
    info = found.info
    if info is None and context.catalog is not None:
        keys = tuple(map(str, found.key.segments))
        info = context.catalog.index.by_path.get((found.key.space, keys))
    return KnownField(found.key, found.kinds, info)


def kinds_of_expr(expr: t.Expr | None, context: Context) -> frozenset[Kind]:  # noqa: PLR0911, PLR0912 - one line a shape
    """The kinds of value that an expression may have; empty if they are not known."""
    match expr:
        case t.Time() | t.RelativeTime():
            return frozenset({Kind.TIME})
        case t.Duration() | t.Negate():
            return NUMBER
        case t.Literal(value=value) if value is not None:
            return frozenset({kind_of(value)})
        case t.ListValue():
            return frozenset({Kind.LIST})
        case t.Arithmetic(left=left, right=right):
            times = [Kind.TIME in kinds_of_expr(side, context) for side in (left, right)]
            return frozenset({Kind.TIME}) if any(times) and not all(times) else NUMBER
        case t.Call(name=name, arguments=arguments):
            form = FUNCTIONS.get(name) or history_fold_named(name) or WINDOWS.get(name) or fold_named(name)
            if form is None or form.result is not Kind.UNKNOWN:
                return frozenset({form.result} if form is not None else ())
            shared = [kinds_of_expr(each, context) for each in arguments[1 if name == "if" else 0 :]]
            return frozenset().union(*shared) - {Kind.NULL} if all(shared) else frozenset()
        case t.Window(call=call):
            return kinds_of_expr(call, context)
        case None:
            return frozenset()
        case t.Field():
            found = known(expr, context)
            return found.kinds if found is not None else frozenset()
        case t.Literal() | t.Param() | t.Compare() | t.Between() | t.In() | t.TextTest() | t.Has() | t.Untagged():
            return frozenset()
        case t.Is() | t.Not() | t.And() | t.Or() | t.ValueQuery() | t.Regex() | t.Broken() | t.AnyField():
            return frozenset()
        case _:
            assert_never(expr)


def known_name(text: str, context: Context) -> KnownField | None:
    """The same for a name as it is written."""
    return known(read_path(text), context)


def _is_there(path: t.Path, catalog: Catalog | None) -> bool:
    """Whether a name is in the catalog, or needs none: looking for what is near takes too long for a key press."""
    dotted = ".".join(map(str, path.segments))
    space = PREFIXES.get(str(path.segments[0]))
    if space is Space.LOGGED or dotted in RUN_FIELD_SPELLINGS:
        return True
    if catalog is None:
        return space is not None
    if space is not None:
        return (space, ".".join(map(str, path.segments[1:]))) in catalog.index.prefixes
    return any((each, dotted) in catalog.index.prefixes for each in (Space.CONFIG, Space.SUMMARY))


def _metric(found: LoggedName, catalog: Catalog | None) -> KnownField:
    infos = catalog.index.by_dotted.get((Space.LOGGED, found.metric), ()) if catalog is not None else ()
    key = FieldKey(Space.LOGGED, (found.metric,), written=f"logged.{found.metric}")
    return KnownField(key, frozenset(infos[0].kinds) if infos else frozenset(), infos[0] if infos else None)
