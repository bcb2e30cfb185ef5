"""Aggregates as pandas and polars name them, with their arguments: `std(ddof=0)`, `agg(m=("acc", "mean"))`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.syntax.mistakes.frames.columns import MODULES, field_named
from runql.syntax.mistakes.frames.python_text import Given, UnknownError, texts_of, value_of
from runql.syntax.mistakes.frames.table import FrameFold

SIMPLE: Final = frozenset({"mean", "sum", "min", "max", "std", "var", "median", "count", "sem"})
"""Those that have the same name here."""
_FOLDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: f"{name}(X)" for name in SIMPLE},
        "average": "mean(X)",
        "avg": "mean(X)",
        "amin": "min(X)",
        "amax": "max(X)",
        "nunique": "n_unique(X)",
        "n_unique": "n_unique(X)",
    }
)
"""By the name of others; none of them counts what is missing or NaN, and a spread is that of a sample."""
_OF_ALL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "std": "sqrt(var(X) * (count(X) - 1) / count(X))",
        "var": "var(X) * (count(X) - 1) / count(X)",
        "sem": "sqrt(var(X) * (count(X) - 1)) / count(X)",
    }
)
"""With `ddof=0`: of all values, not of a sample."""
IS_FOLD: Final = frozenset(_FOLDS) | {"quantile", "size", "len", "agg", "aggregate"}
ORDER: Final = MappingProxyType(
    {
        "agg": "func",
        "aggregate": "func",
        "quantile": "q interpolation",
        **dict.fromkeys(("std", "var", "sem"), "ddof axis"),
    }
)
IDLE: Final[Mapping[str, object]] = MappingProxyType(
    {"axis": 0, "skipna": True, "numeric_only": ..., "ddof": 1, "interpolation": "linear", "dropna": True}
)
WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "skipna": "aggregates leave out what is missing or NaN",
        "min_count": "a sum of no values is missing",
        "ddof": "`std` and `var` are those of a sample, with `ddof=1`",
        "interpolation": "between two values a percentile lies on the line",
    }
)


def folds_of(name: str, columns: list[str], given: Given) -> list[FrameFold]:
    """The aggregates of a call on columns; the aggregates of `agg` say their columns themselves.

    Raises:
        UnknownError: one of them is not known.
    """
    if name in {"agg", "aggregate"}:
        return _aggregated(columns, given)
    if not columns:
        raise UnknownError
    if name == "quantile":
        return [FrameFold(_percentile(one, part), one) for one in columns for part in _parts(given)]
    pattern = _FOLDS.get(name)
    ddof = given.nodes.get("ddof")
    if name in _OF_ALL and ddof is not None and value_of(ddof) == 0:
        given.take("ddof")
        pattern = _OF_ALL[name]
    if pattern is None:
        raise UnknownError
    is_named = pattern is _OF_ALL.get(name) and len(columns) == 1
    return [FrameFold(pattern.replace("X", one), one, f"{name}_pop" if is_named else "") for one in columns]


def _parts(given: Given) -> list[float]:
    part = given.value("q", 0.5)
    parts = part if isinstance(part, list | tuple) else [part]
    found = [float(one) for one in parts if isinstance(one, int | float) and 0 <= one <= 1]
    if len(found) != len(parts) or not found:
        raise UnknownError
    return found


def _percentile(column: str, part: float) -> str:
    """RunQL counts in percent."""
    return f"percentile({column}, {part * 100:.10g})"


def _aggregated(columns: list[str], given: Given) -> list[FrameFold]:
    """`agg("mean")`, `agg(["mean", "std"])`, `agg({"acc": ["mean", "std"]})`, `agg(m=("acc", "mean"))`."""
    func = given.take("func")
    folds: list[FrameFold] = []
    if isinstance(func, ast.Dict):
        for key, value in zip(func.keys, func.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                raise UnknownError
            if columns:
                raise UnknownError
            folds += [_fold(one, field_named(key.value)) for one in _several(value)]
    elif func is not None:
        if not columns:
            raise UnknownError
        folds = [_fold(one, column) for column in columns for one in _several(func)]
    for name in list(given.nodes):
        node = given.take(name)
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(column)), one]) if not columns:
                folds.append(_fold(one, field_named(column), name))
            case ast.Constant() | ast.Attribute() if len(columns) == 1:
                folds.append(_fold(node, columns[0], name))
            case _:
                raise UnknownError
    if not folds:
        raise UnknownError
    return folds


def _several(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else [node]


def _fold(node: ast.expr, column: str, name: str = "") -> FrameFold:
    """`"mean"`, `np.mean`, `len`."""
    match node:
        case ast.Constant(value=str(word)):
            fold = word
        case ast.Attribute(value=ast.Name(id=module), attr=word) if module in MODULES:
            fold = word
            if word in _OF_ALL:
                raise UnknownError  # NumPy counts all values, and pandas makes its own of it: not sure enough
        case ast.Name(id="len"):
            fold = "size"
        case ast.Name(id="min" | "max" | "sum" as word):
            fold = word
        case _:
            raise UnknownError
    if fold in {"size", "len"}:
        return FrameFold("count()", column, name)
    if fold not in _FOLDS:
        raise UnknownError
    return FrameFold(_FOLDS[fold].replace("X", column), column, name)


def polars_fold(node: ast.expr) -> FrameFold:
    """`pl.col("acc").mean().alias("m")`, `pl.mean("acc")`, `pl.len()`.

    Raises:
        UnknownError: it is none.
    """
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr="alias"), args=[ast.Constant(value=str(name))], keywords=[]):
            fold = polars_fold(inner)
            return FrameFold(fold.text, fold.column, name)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="pl"), attr="len" | "count"), args=[], keywords=[]):
            return FrameFold("count()")
        case ast.Call(func=ast.Attribute(value=ast.Name(id="pl"), attr=word), args=[column], keywords=[]):
            return folds_of(word, [field_named(one) for one in texts_of(column)], _no_arguments())[0]
        case ast.Call(
            func=ast.Attribute(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id="pl"), attr="col"), args=[column]), attr=word
            )
        ):
            given = Given(node, ORDER.get(word, ""))
            folds = folds_of(word, [field_named(one) for one in texts_of(column)], given)
            if len(folds) != 1 or given.lost(IDLE, WHY):
                raise UnknownError
            return folds[0]
        case _:
            raise UnknownError


def _no_arguments() -> Given:
    return Given(ast.Call(ast.Name("f", ast.Load()), [], []), "")
