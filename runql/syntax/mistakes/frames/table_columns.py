"""Methods of a table as conditions and columns: `query("lr > 1")`, `assign(x=…)`, `dropna(subset=["loss"])`."""

from __future__ import annotations

import ast

from runql.syntax.literals import write_string
from runql.syntax.mistakes.frames import groups
from runql.syntax.mistakes.frames.columns import FrameColumns, field_named, missing
from runql.syntax.mistakes.frames.expressions import written
from runql.syntax.mistakes.frames.python_text import Given, UnknownError, read_python, texts_of, value_of, whole_of
from runql.syntax.mistakes.frames.table import FrameTable


def queried(table: FrameTable, given: Given) -> None:
    node = given.take("expr")
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or table.is_waiting:
        raise UnknownError
    text = node.value
    try:
        if "`" in text or "@" in text:
            raise UnknownError
        table.add(f"where {written(read_python(text), FrameColumns(frozenset(), is_bare=True)).text}")
    except UnknownError:
        table.add(f"where {text}")  # what is Python in it is said where it stands


def filtered(table: FrameTable, given: Given) -> None:
    """`filter(pl.col("acc") > 0.9)`."""
    node = given.take("test")
    if node is None or not _is_condition(node):
        raise UnknownError
    table.add(f"where {written(node, table.names).text}")


def _is_condition(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare | ast.BinOp | ast.UnaryOp | ast.Call)


def assigned(table: FrameTable, given: Given) -> None:
    parts = []
    for name in list(given.nodes):
        node = given.take(name)
        match node:
            case ast.Lambda(args=ast.arguments(args=[row], defaults=[]), body=body):
                text = written(body, table.names.with_frame(row.arg)).text
            case ast.expr():
                text = written(node, table.names).text
            case _:
                raise UnknownError
        parts.append(f"{field_named(name)} = {text}")
    if not parts:
        raise UnknownError
    table.add(f"derive {', '.join(parts)}")


def dropped(table: FrameTable, given: Given) -> None:
    node = given.take("columns")
    if node is None and (labels := given.take("labels")) is not None and given.value("axis", 0) in {1, "columns"}:
        node = labels
    if node is None:
        raise UnknownError
    table.add(f"drop {', '.join(field_named(one) for one in texts_of(node))}")


def renamed(table: FrameTable, given: Given) -> None:
    node = given.take("columns")
    pairs = value_of(node) if node is not None else None
    if not isinstance(pairs, dict) or not pairs or not all(isinstance(one, str) for one in [*pairs, *pairs.values()]):
        raise UnknownError
    table.add(f"rename {', '.join(f'{field_named(old)} as {field_named(new)}' for old, new in pairs.items())}")


def without_missing(table: FrameTable, given: Given) -> None:
    names = [field_named(one) for one in texts_of(given.take("subset"))] or table.columns
    how = given.value("how", "any")
    if not names or table.is_waiting or how not in {"any", "all"}:
        raise UnknownError
    tests = [missing(one).text for one in names]
    test = " or ".join(tests) if how == "any" else " and ".join(f"({one})" for one in tests)
    table.add(f"where not ({test})")


def exploded(table: FrameTable, given: Given) -> None:
    names = [field_named(one) for one in texts_of(given.take("column"))]
    if len(names) != 1:
        raise UnknownError
    table.add(f"unnest {names[0]}")


def histogram(table: FrameTable, given: Given) -> None:
    bins = given.take("bins")
    if len(table.columns) != 1 or table.is_waiting:
        raise UnknownError
    column, table.columns = table.columns[0], []
    table.add(f"histogram {column}{f' bins {whole_of(bins, 10)}' if bins is not None else ''}")


def uniqued(table: FrameTable, given: Given) -> None:
    keys = [field_named(one) for one in texts_of(given.take("subset"))]
    keep = given.value("keep", "any")
    if keys and keep in {"any", "first"}:
        table.add(f"distinct by {', '.join(keys)}")
    elif keys or not table.columns or table.is_waiting:
        raise UnknownError
    else:
        table.add("distinct")


def described(table: FrameTable, _: Given) -> None:
    table.add("describe")


def written_to(table: FrameTable, given: Given) -> None:
    path = value_of(given.take("path") or ast.Constant(None))
    if not isinstance(path, str) or table.is_waiting:
        raise UnknownError
    table.add(f"to {write_string(path)}")


def pivoted(table: FrameTable, given: Given) -> None:
    groups.pivoted(table, given)


def unchanged(table: FrameTable, _: Given) -> None:
    if table.is_waiting:
        raise UnknownError


def rounded(table: FrameTable, given: Given) -> None:
    """`round(3)` behind aggregates."""
    places = whole_of(given.take("decimals"), 0)
    if not table.folds:
        raise UnknownError
    for fold in table.folds:
        fold.text = f"round({fold.text}, {places})"
