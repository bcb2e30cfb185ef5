"""Methods of a table as stages: `sort_values("loss").head(3)`, `nlargest(3, "acc")`, `value_counts()`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.syntax.mistakes.frames import groups, table_columns, table_rows
from runql.syntax.mistakes.frames.folds import IDLE, IS_FOLD, ORDER, SIMPLE, WHY, folds_of
from runql.syntax.mistakes.frames.python_text import Given, Step, UnknownError
from runql.syntax.mistakes.frames.table import FrameTable
from runql.syntax.mistakes.frames.table_rows import Method
from runql.syntax.mistakes.phrases.tables_of_others import join_of_frame

_FIRST_OF_EQUAL: Final = "of equal values the first rows are taken"


def call(table: FrameTable, step: Step, source: str) -> None:
    """Add what a call is here.

    Raises:
        UnknownError: it is not known, or something in it.
    """
    node = step.node
    if not isinstance(node, ast.Call):
        raise UnknownError
    name = step.name
    if name in {"merge", "join"} and not table.is_waiting:
        stage = join_of_frame(name, source)
        if stage is None:
            raise UnknownError
        table.add(stage)
        return
    if name in {"group_by", "groupby"}:
        groups.grouped(table, node)
        return
    entry = _METHODS.get(name)
    order, method, defaults, why = entry if entry is not None else (ORDER.get(name, ""), _fold(name), IDLE, WHY)
    if entry is None and name not in IS_FOLD:
        raise UnknownError
    if groups.is_of_polars(table, node):
        groups.aggregated(table, node)
        return
    given = Given(node, order)
    if name == "sort" and "nulls_last" not in given.nodes:
        table.notes.append("what is missing stands last here, in polars first")
    method(table, given)
    table.lost += given.lost({"axis": 0, **defaults}, why)


def _fold(name: str) -> Method:
    """An aggregate of groups, or of the whole table."""

    def method(table: FrameTable, given: Given) -> None:
        if name in {"size", "len"} and table.is_waiting:
            table.is_folded, table.columns = True, []
            return
        if table.is_waiting and not table.columns and (fold := _of_all(name, given)) is not None:
            table.all_fold = fold
            return
        if name not in {"agg", "aggregate"} and not table.columns:
            raise UnknownError
        table.fold(folds_of(name, table.columns, given))
        if any(" - 1) / count(" in one.text for one in table.folds):
            table.notes.append("of one value it is missing here, in pandas 0")

    return method


def _of_all(name: str, given: Given) -> str | None:
    """`mean()`, `agg("mean")`: an aggregate of all columns."""
    match list(given.nodes.items()):
        case []:
            return name if name in SIMPLE else None
        case [("func", ast.Constant(value=str(word)))] if word in SIMPLE:
            given.nodes.clear()
            return word
        case _:
            return None


Entry = tuple[str, Method, Mapping[str, object], Mapping[str, str]]
_NO_KEEP: Final = MappingProxyType({"keep": _FIRST_OF_EQUAL})
_LAST: Final = MappingProxyType({"na_position": "last", "nulls_last": True, "level": None})
_NULLS: Final = MappingProxyType({"na_position": "NaN and missing come last", "nulls_last": "missing come last"})
_METHODS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "head": ("n", table_rows.head, {}, {}),
        "limit": ("n", table_rows.head, {}, {}),
        "tail": ("n", table_rows.tail, {}, {}),
        "sort_values": (
            "by axis ascending inplace kind na_position ignore_index key",
            table_rows.sorted_by,
            _LAST,
            _NULLS,
        ),
        "order_by": ("by", table_rows.sorted_by, _LAST, _NULLS),
        "sort": ("by", table_rows.sorted_by, _LAST, _NULLS),
        "nlargest": ("n columns keep", table_rows.most("-"), {"keep": "first"}, _NO_KEEP),
        "nsmallest": ("n columns keep", table_rows.most(""), {"keep": "first"}, _NO_KEEP),
        "top_k": ("k", table_rows.most("-"), {}, {}),
        "bottom_k": ("k", table_rows.most(""), {}, {}),
        "value_counts": ("subset normalize sort ascending", table_rows.counted, {}, {}),
        "drop_duplicates": ("subset keep", table_rows.without_copies, {}, {}),
        "unique": ("subset", table_columns.uniqued, {}, {}),
        "query": ("expr", table_columns.queried, {}, {}),
        "where": ("test", table_columns.filtered, {}, {}),
        "filter": ("test", table_columns.filtered, {}, {}),
        "assign": ("", table_columns.assigned, {}, {}),
        "drop": ("labels axis index columns", table_columns.dropped, {}, {}),
        "rename": ("", table_columns.renamed, {}, {}),
        "dropna": ("", table_columns.without_missing, {}, {}),
        "explode": ("column", table_columns.exploded, {}, {}),
        "hist": ("bins", table_columns.histogram, {}, {}),
        "round": ("decimals", table_columns.rounded, {}, {}),
        "describe": ("", table_columns.described, {}, {}),
        "to_csv": ("path", table_columns.written_to, {"index": ...}, {}),
        "to_parquet": ("path", table_columns.written_to, {"index": ...}, {}),
        "reset_index": ("", table_columns.unchanged, {"drop": ...}, {}),
        "copy": ("deep", table_columns.unchanged, {"deep": ...}, {}),
        "to_frame": ("name", table_columns.unchanged, {}, {}),
        "collect": ("", table_columns.unchanged, {}, {}),
        "pivot_table": (
            "values index columns aggfunc fill_value margins dropna",
            table_columns.pivoted,
            groups.PIVOT,
            groups.CELLS,
        ),
    }
)
