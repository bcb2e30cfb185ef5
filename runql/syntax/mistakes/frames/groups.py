"""Groups and pivots of a table: `groupby(["k", "l"])`, `pivot_table(index=…)`, `crosstab(df.k, df.l)`."""

from __future__ import annotations

import ast
from types import MappingProxyType
from typing import Final

from runql.syntax.mistakes.frames.columns import FrameColumns, field_named
from runql.syntax.mistakes.frames.expressions import written
from runql.syntax.mistakes.frames.folds import folds_of, polars_fold
from runql.syntax.mistakes.frames.python_text import Given, UnknownError, texts_of, value_of
from runql.syntax.mistakes.frames.table import EMPTY_CELLS, KEPT_GROUP, FrameTable

_UNITS: Final = MappingProxyType(
    {"D": "date", "d": "date", "W": "week", "M": "month", "ME": "month", "MS": "month", "Y": "year", "YE": "year"}
)
_SECONDS: Final = MappingProxyType({"h": 3600, "H": 3600, "min": 60, "s": 1})
PIVOT: Final = MappingProxyType({"margins": False, "dropna": ...})
CELLS: Final = MappingProxyType({"fill_value": EMPTY_CELLS, "normalize": "the cells are counts"})


def grouped(table: FrameTable, call: ast.Call) -> None:
    """`groupby("k")`, `groupby(["k", df.created.dt.date])`, `groupby(pd.Grouper(key="created", freq="D"))`.

    Raises:
        UnknownError: a key is not known.
    """
    if table.is_waiting:
        raise UnknownError
    is_polars = isinstance(call.func, ast.Attribute) and call.func.attr == "group_by"
    if is_polars:
        nodes, given = list(call.args), Given(ast.Call(call.func, [], call.keywords), "")
    else:
        given = Given(call, "by axis level as_index sort group_keys observed dropna")
        by = given.take("by")
        nodes = [by] if by is not None else []
        table.notes += [KEPT_GROUP] * (given.value("dropna", True) is not False)
    parts = [one for node in nodes for one in (node.elts if isinstance(node, ast.List | ast.Tuple) else [node])]
    table.flush()
    table.keys, table.is_folded = [_key(one, table.names) for one in parts], False
    if not table.keys:
        raise UnknownError
    table.lost += given.lost({"axis": 0, "level": None}, {})


def _key(node: ast.expr, columns: FrameColumns) -> str:
    match node:
        case ast.Constant(value=str(name)):
            return field_named(name)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="pd"), attr="Grouper")):
            given = Given(node, "key level freq")
            key, freq = given.value("key", None), given.value("freq", None)
            if not isinstance(key, str) or not isinstance(freq, str) or given.nodes:
                raise UnknownError
            return _of_time(field_named(key), freq)
        case _:
            return written(node, columns).text


def _of_time(key: str, freq: str) -> str:
    if freq in _UNITS:
        return f"{_UNITS[freq]}({key})"
    count = freq.rstrip("hHmins")
    seconds = _SECONDS.get(freq[len(count) :], 0) * int(count if count.isdigit() and len(count) < 5 else count == "")
    if seconds <= 0 or 86400 % seconds:
        raise UnknownError
    return f"time(floor(number({key}) / {seconds}) * {seconds})"


def is_of_polars(table: FrameTable, call: ast.Call) -> bool:
    """Whether a call is `agg(pl.col("acc").mean(), pl.len())`."""
    match call:
        case ast.Call(func=ast.Attribute(attr="agg"), args=[first, *_]) if table.is_waiting:
            return "pl." in ast.unparse(first)
        case _:
            return False


def aggregated(table: FrameTable, call: ast.Call) -> None:
    """`agg(pl.col("acc").mean().alias("m"), n=pl.len())`."""
    nodes = [one for node in call.args for one in (node.elts if isinstance(node, ast.List) else [node])]
    folds = [polars_fold(one) for one in nodes]
    for keyword in call.keywords:
        fold = polars_fold(keyword.value)
        fold.name = keyword.arg or ""
        folds.append(fold)
    table.fold(folds)


def pivoted(table: FrameTable, given: Given) -> None:
    """`pivot_table(index="k", columns="l", values="acc", aggfunc="mean")`."""
    rows = [field_named(one) for one in texts_of(given.take("index"))]
    across = [field_named(one) for one in texts_of(given.take("columns"))]
    values = [field_named(one) for one in texts_of(given.take("values"))]
    how = given.take("aggfunc")
    if not rows or len(across) > 1 or table.is_waiting:
        raise UnknownError
    folds = _folds(values, how)
    if across:
        table.add(f"pivot {', '.join(folds)} by {', '.join(rows)} across {across[0]}")
    else:
        table.add(f"group {', '.join(rows)} : {', '.join(folds)}")
    if across and any(one.startswith("count(") for one in folds) and "fill_value" not in given.nodes:
        table.notes.append(EMPTY_CELLS)


def _folds(values: list[str], how: ast.expr | None) -> list[str]:
    if not values:
        if how is not None and value_of(how) not in {"count", "size"}:
            raise UnknownError
        return ["count()"]
    func = how if how is not None else ast.Constant("mean")
    call = ast.Call(ast.Name("f", ast.Load()), [func], [])
    return [one.text for one in folds_of("agg", values, Given(call, "func"))]


def crossed(table: FrameTable, call: ast.Call) -> None:
    """`pd.crosstab(df.k, df.l)`.

    Raises:
        UnknownError: its rows or its columns are not known.
    """
    given = Given(call, "index columns values rownames colnames aggfunc margins margins_name dropna normalize")
    sides = []
    for name in ("index", "columns"):
        node = given.take(name)
        if node is None:
            raise UnknownError
        sides.append([written(one, table.names).text for one in (node.elts if isinstance(node, ast.List) else [node])])
    values, how = given.take("values"), given.take("aggfunc")
    if len(sides[1]) != 1:
        raise UnknownError
    folds = _folds([written(values, table.names).text] if values is not None else [], how)
    table.add(f"pivot {', '.join(folds)} by {', '.join(sides[0])} across {sides[1][0]}")
    table.notes += [EMPTY_CELLS] * (values is None)
    table.lost += given.lost({**PIVOT, "normalize": False}, CELLS)
