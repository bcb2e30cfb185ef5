"""Expressions over columns, from Python's tree to RunQL's text: `df.lr > 0.01`, `df["x"].isin([1, 2])`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.syntax.literals import write_string
from runql.syntax.mistakes.frames.columns import (
    ADDED,
    AND,
    ATOM,
    COMPARED,
    MODULES,
    NOT,
    OR,
    SIGNED,
    TIMES,
    FrameColumns,
    RunqlText,
    constant,
    denied,
    missing,
    pattern_test,
)
from runql.syntax.mistakes.frames.python_text import Given, UnknownError, value_of
from runql.syntax.mistakes.functions.methods import rewritten
from runql.syntax.mistakes.functions.window_calls import WindowRows, window_of

_COMPARED: Final[Mapping[type[ast.cmpop], str]] = MappingProxyType(
    {ast.Eq: "=", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
)
_COUNTED: Final[Mapping[type[ast.operator], tuple[str, int]]] = MappingProxyType(
    {
        ast.Add: ("+", ADDED),
        ast.Sub: ("-", ADDED),
        ast.Mult: ("*", TIMES),
        ast.Div: ("/", TIMES),
        ast.Mod: ("%", TIMES),
    }
)
_LIMITS: Final = {"both": (">=", "<="), "neither": (">", "<"), "left": (">=", "<"), "right": (">", "<=")}


def written(node: ast.expr, columns: FrameColumns) -> RunqlText:  # noqa: PLR0911, PLR0912 - one a kind of expression
    """The text of an expression.

    Raises:
        UnknownError: something in it is not known.
    """
    if (path := columns.path(node)) is not None:
        return RunqlText(path)
    match node:
        case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return constant(node)
        case ast.Name(id=name) if name in columns.values:
            return RunqlText(columns.values[name])
        case ast.Name(id=name) if name not in columns.frames | MODULES:
            return RunqlText(f"${name}")  # a value of the script: a parameter
        case ast.Attribute(value=ast.Name(id=module), attr="nan" | "NaN" | "inf" as name) if module in MODULES:
            return RunqlText(name.lower())
        case ast.UnaryOp(op=op, operand=operand):
            return _signed(op, written(operand, columns))
        case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
            return _joined(AND, [left, right], columns)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _joined(OR, [left, right], columns)
        case ast.BoolOp(op=op, values=values):
            return _joined(AND if isinstance(op, ast.And) else OR, values, columns)
        case ast.BinOp(left=left, op=op, right=right):
            return _counted(written(left, columns), op, written(right, columns))
        case ast.Compare(left=left, ops=ops, comparators=rights):
            return _compared([left, *rights], ops, columns)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)) if module in MODULES:
            return _of_module(name, node, columns)
        case ast.Attribute(value=ast.Attribute(value=owner, attr="dt"), attr=name):
            return _part_of_time(owner, name, columns)
        case ast.Call(func=ast.Attribute(value=owner, attr=name)):
            return _method(owner, name, node, columns)
        case ast.Call(func=ast.Name(id="abs" | "len" | "round" as name)):
            return _called(name, node, columns)
        case _:
            raise UnknownError


def _signed(op: ast.unaryop, of: RunqlText) -> RunqlText:
    if isinstance(op, ast.USub):
        return RunqlText(f"-{of.within(ATOM)}", SIGNED)
    if isinstance(op, ast.UAdd):
        return of
    return RunqlText(f"not {of.within(ATOM)}", NOT)


def _joined(level: int, nodes: list[ast.expr], columns: FrameColumns) -> RunqlText:
    word = " and " if level == AND else " or "
    return RunqlText(word.join(written(one, columns).within(level) for one in nodes), level)


def _counted(left: RunqlText, op: ast.operator, right: RunqlText) -> RunqlText:
    if isinstance(op, ast.FloorDiv):
        return RunqlText(f"floor({left.within(TIMES)} / {right.within(ATOM)})")
    if isinstance(op, ast.Pow):
        return RunqlText(f"{left.within(ATOM)} ** {right.within(ATOM)}", SIGNED)
    if type(op) not in _COUNTED:
        raise UnknownError
    sign, level = _COUNTED[type(op)]
    return RunqlText(f"{left.within(level)} {sign} {right.within(level + 1)}", level)


def _compared(values: list[ast.expr], ops: list[ast.cmpop], columns: FrameColumns) -> RunqlText:
    tests = [_test(left, op, right, columns) for left, op, right in zip(values, ops, values[1:], strict=False)]
    return tests[0] if len(tests) == 1 else RunqlText(" and ".join(one.within(AND) for one in tests), AND)


def _test(left: ast.expr, op: ast.cmpop, right: ast.expr, columns: FrameColumns) -> RunqlText:
    if isinstance(op, ast.In | ast.NotIn):
        denied = "not " if isinstance(op, ast.NotIn) else ""
        if isinstance(right, ast.List | ast.Tuple | ast.Set):
            return RunqlText(f"{written(left, columns).within(ADDED)} {denied}in {items(right, columns)}", COMPARED)
        whole = written(right, columns).within(ADDED)
        return RunqlText(
            f"{denied}{whole} {'has' if whole == 'tags' else 'contains'} {written(left, columns).within(ADDED)}",
            NOT if denied else COMPARED,
        )
    if type(op) not in _COMPARED:
        raise UnknownError
    sides = written(left, columns).within(ADDED), written(right, columns).within(ADDED)
    return RunqlText(f"{sides[0]} {_COMPARED[type(op)]} {sides[1]}", COMPARED)


def items(node: ast.expr | None, columns: FrameColumns) -> str:
    """A list in parentheses."""
    if not isinstance(node, ast.List | ast.Tuple | ast.Set) or not node.elts:
        raise UnknownError
    return f"({', '.join(written(one, columns).text for one in node.elts)})"


_MODULE_TESTS: Final = {"isnan": "is nan", "isinf": "is infinite", "isfinite": "is finite"}
_SAME: Final = frozenset({"abs", "log", "log2", "log10", "log1p", "exp", "sqrt", "floor", "ceil", "sign"})


def _of_module(name: str, call: ast.Call, columns: FrameColumns) -> RunqlText:  # noqa: PLR0911 - one a function
    """`np.log10(df.lr)`, `pd.isna(df.loss)`, `np.where(test, a, b)`, `pl.lit(1)`."""
    if call.keywords:
        raise UnknownError
    match name, call.args:
        case ("Timestamp" | "to_datetime", [ast.Constant(value=str(moment))]):
            return RunqlText(f"time({write_string(moment)})")
        case ("isna" | "isnull", [one]):
            return missing(written(one, columns).within(ADDED))
        case ("notna" | "notnull", [one]):
            return denied(missing(written(one, columns).within(ADDED)))
        case ("lit", [one]):
            return written(one, columns)
        case (_, [one]) if name in _MODULE_TESTS:
            return RunqlText(f"{written(one, columns).within(ADDED)} {_MODULE_TESTS[name]}", COMPARED)
        case (_, [one]) if name in _SAME:
            return RunqlText(f"{name}({written(one, columns).text})")
        case ("where", [test, then, other]):
            return RunqlText(f"if({', '.join(written(one, columns).text for one in (test, then, other))})")
        case _:
            raise UnknownError


def _called(name: str, call: ast.Call, columns: FrameColumns) -> RunqlText:
    if call.keywords or not call.args:
        raise UnknownError
    return RunqlText(f"{name}({', '.join(written(one, columns).text for one in call.args)})")


def between(of: str, given: Given, columns: FrameColumns) -> RunqlText:
    """`x.between(a, b, inclusive="neither")`."""
    low, high = given.take("left", "lower_bound"), given.take("right", "upper_bound")
    inclusive = given.value("inclusive", given.value("closed", "both"))
    if low is None or high is None or not isinstance(inclusive, str) or inclusive not in _LIMITS:
        raise UnknownError
    first, last = written(low, columns).within(ADDED), written(high, columns).within(ADDED)
    if inclusive == "both":
        return RunqlText(f"{of} between {first} and {last}", COMPARED)
    signs = _LIMITS[inclusive]
    return RunqlText(f"{of} {signs[0]} {first} and {of} {signs[1]} {last}", AND)


# ---------------------------------------------------------------- methods


_OVER_ALL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mean": "mean",
        "max": "max",
        "min": "min",
        "sum": "sum",
        "median": "median",
        "std": "std",
        "var": "var",
        "count": "count",
        "nunique": "n_unique",
        "n_unique": "n_unique",
    }
)
_OF_OTHERS: Final = frozenset({"shift", "diff", "cumsum", "cummax", "cummin", "pct_change"})
_PART: Final = MappingProxyType({"day": 'number(format(X, "%d"))', "month": 'number(format(X, "%m"))'})
_ACCESSORS: Final = frozenset({"str", "dt", "list"})


def _method(owner: ast.expr, name: str, call: ast.Call, columns: FrameColumns) -> RunqlText:
    """The text of a method of a column.

    Raises:
        UnknownError: it is not known, or an argument of it.
    """
    accessor = ""
    if isinstance(owner, ast.Attribute) and owner.attr in _ACCESSORS:
        accessor, owner = owner.attr, owner.value
    of = written(owner, columns)
    given = Given(call, _ORDER.get(name, "other n"))
    new = _tested(of, (accessor, name), given, columns) or _changed(of, name, call, columns, given)
    if given.lost({"na": False, "flags": 0, "ddof": 1, "dtype": ...}, {}):
        raise UnknownError
    return new


_ORDER: Final = {
    "isin": "values",
    "is_in": "values",
    "between": "left right inclusive",
    "is_between": "lower_bound upper_bound closed",
    "contains": "pat case flags na regex",
    "match": "pat case flags na",
    "fullmatch": "pat case flags na",
    "startswith": "pat na",
    "endswith": "pat na",
    "starts_with": "pat",
    "ends_with": "pat",
    "apply": "func",
    "map": "func",
    "rank": "axis method",
}


def _tested(of: RunqlText, called: tuple[str, str], given: Given, columns: FrameColumns) -> RunqlText | None:  # noqa: PLR0911
    """A test; none for another method."""
    left = of.within(ADDED)
    match called:
        case (_, "isna" | "isnull"):
            return missing(left)
        case (_, "notna" | "notnull"):
            return denied(missing(left))
        case (_, "is_null"):
            return RunqlText(f"{left} is null", COMPARED)
        case (_, "is_not_null"):
            return RunqlText(f"{left} is not null", COMPARED)
        case (_, "isin" | "is_in"):
            return RunqlText(f"{left} in {items(given.take('values'), columns)}", COMPARED)
        case (_, "between" | "is_between"):
            return between(left, given, columns)
        case ("str", "contains"):
            return _of_tags(left, given) or pattern_test(left, given)
        case ("str", "match" | "fullmatch" as word):
            pattern = value_of(given.take("pat") or ast.Constant(None))
            minds_case = given.value("case", True)
            if not isinstance(pattern, str):
                raise UnknownError
            end = "$" if word == "fullmatch" else ""
            return RunqlText(f"{left} {'~' if minds_case else '~*'} {write_string(f'^(?:{pattern}){end}')}", COMPARED)
        case ("str", "startswith" | "endswith" | "starts_with" | "ends_with" as word):
            return _ended(left, word.replace("_", ""), given.take("pat"), columns)
        case _:
            return None


def _of_tags(left: str, given: Given) -> RunqlText | None:
    """`df.tags.str.contains("lr")`: tags are a list here."""
    if left != "tags":
        return None
    text = value_of(given.take("pat") or ast.Constant(None))
    if not isinstance(text, str) or not text or any(sign in text for sign in "|^$.*+?[("):
        raise UnknownError
    return RunqlText(f"tags has {write_string(text)}", COMPARED)


def _ended(left: str, word: str, node: ast.expr | None, columns: FrameColumns) -> RunqlText:
    if node is None:
        raise UnknownError
    texts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    tests = [f"{left} {word} {written(one, columns).within(ADDED)}" for one in texts]
    if not tests:
        raise UnknownError
    return RunqlText(" or ".join(tests), OR if len(tests) > 1 else COMPARED)


def _changed(of: RunqlText, name: str, call: ast.Call, columns: FrameColumns, given: Given) -> RunqlText:
    """A function of each value, or of the others."""
    if name in _OVER_ALL and not call.args:
        return RunqlText(f"{_OVER_ALL[name]}({of.text}) over all")
    texts = [written(one, columns).text for one in call.args if not isinstance(one, ast.Lambda)]
    if name in {"apply", "map"}:
        return _applied(of, given.take("func"), columns)
    if name == "alias" or call.keywords:
        raise UnknownError
    given.nodes.clear()
    if name in _OF_OTHERS:
        new = window_of(name, [of.text, *texts], WindowRows("all"))
    else:
        new = rewritten(of.text, name, ", ".join(texts))
    if new is None:
        raise UnknownError
    return RunqlText(new, COMPARED if " is " in new else ADDED if " " in new and not new.endswith(")") else ATOM)


def _applied(of: RunqlText, func: ast.expr | None, columns: FrameColumns) -> RunqlText:
    """`x.apply(lambda v: v * 2)`."""
    match func:
        case ast.Lambda(args=ast.arguments(args=[argument], defaults=[], vararg=None, kwarg=None), body=body):
            return written(body, columns.with_value(argument.arg, of.within(ATOM)))
        case _:
            raise UnknownError


def _part_of_time(owner: ast.expr, name: str, columns: FrameColumns) -> RunqlText:
    """`df.created.dt.hour`: a part of a time, that is no call.

    Raises:
        UnknownError: there is no such part.
    """
    of = written(owner, columns).text
    if name in {"weekday", "dayofweek"}:
        return RunqlText(f"weekday({of}) - 1", ADDED)
    if name in _PART or name in {"year", "hour", "date"}:
        return RunqlText(_PART.get(name, f"{name}(X)").replace("X", of))
    raise UnknownError
