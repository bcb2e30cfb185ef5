"""Methods of a table that choose, order and count its rows: `sort_values("loss").head(3)`, `value_counts()`."""

from __future__ import annotations

import ast
from collections.abc import Callable

from runql.syntax.mistakes.frames.columns import ATOM, FrameColumns, field_named
from runql.syntax.mistakes.frames.expressions import written
from runql.syntax.mistakes.frames.python_text import Given, UnknownError, texts_of, value_of, whole_of
from runql.syntax.mistakes.frames.table import KEPT_GROUP, FrameTable
from runql.syntax.mistakes.functions.window_calls import together, turned

Method = Callable[[FrameTable, Given], None]


def head(table: FrameTable, given: Given) -> None:
    count = whole_of(given.take("n"), 5)
    table.add(f"limit {count}{_each(table)}")


def tail(table: FrameTable, given: Given) -> None:
    count = whole_of(given.take("n"), 5)
    table.add(f"last {count}{_each(table)}")


def _each(table: FrameTable) -> str:
    """`by` the keys of groups that wait: the rows of each group."""
    if not table.is_waiting or table.keys is None:
        return ""
    if table.columns:
        raise UnknownError
    keys, table.keys = table.keys, None
    return f" by {', '.join(keys)}"


def sorted_by(table: FrameTable, given: Given) -> None:
    by = given.take("by", "columns")
    names = [table.key_of(field_named(one)) for one in texts_of(by)] if by is not None else [table.only()]
    rising = given.value("ascending", True)
    falling = [not one for one in rising] if isinstance(rising, list | tuple) else [not rising] * len(names)
    if (descending := given.take("descending", "reverse")) is not None:
        value = value_of(descending)
        falling = list(value) if isinstance(value, list) else [bool(value)] * len(names)
    if len(falling) != len(names) or not names or table.is_waiting:
        raise UnknownError
    if (key := given.take("key")) is not None:
        names = [_by_key(key, name, table.names) for name in names]
    keys = [turned(name) if down else name for name, down in zip(names, falling, strict=True)]
    table.add(f"order {', '.join(keys)}")


def _by_key(key: ast.expr, name: str, columns: FrameColumns) -> str:
    """`key=abs`, `key=lambda s: s.str.lower()`: what the order goes by."""
    match key:
        case ast.Name(id="abs" | "len" as function):
            return f"{function}({name})"
        case ast.Attribute(value=ast.Name(id="np"), attr="abs" | "log10" | "log" | "sqrt" as function):
            return f"{function}({name})"
        case ast.Lambda(args=ast.arguments(args=[argument], defaults=[]), body=body):
            return written(body, columns.with_value(argument.arg, name)).within(ATOM)
        case _:
            raise UnknownError


def most(sign: str) -> Method:
    def method(table: FrameTable, given: Given) -> None:
        count = whole_of(given.take("n", "k"), 5)
        by = given.take("columns", "by")
        names = [table.key_of(field_named(one)) for one in texts_of(by)] if by is not None else [table.only()]
        order = f"order {', '.join(f'{sign}{name}' for name in names)}"
        if table.is_waiting and table.keys is not None:
            keys, table.keys, table.columns = table.keys, None, []
            table.add(order, f"limit {count} by {', '.join(keys)}")
        elif by is None and table.columns:
            table.columns = []
            table.add(order, f"limit {count}")
        else:
            table.add(order, f"limit {count}")

    return method


def counted(table: FrameTable, given: Given) -> None:
    subset = given.take("subset")
    keys = [field_named(one) for one in texts_of(subset)] if subset is not None else table.columns
    bins, is_share = given.take("bins"), given.value("normalize", False) is True
    is_sorted, is_rising = given.value("sort", True), given.value("ascending", False)
    if not keys or table.is_waiting or table.is_folded:
        raise UnknownError
    table.columns = []
    if bins is not None:
        if len(keys) != 1 or is_share:
            raise UnknownError
        table.add(f"histogram {keys[0]} bins {whole_of(bins, 10)}")
        return
    _keep_note(table, given)
    table.add(f"group {', '.join(keys)}")
    if is_share:
        table.add("derive share = n / sum(n) over all")
    if is_sorted:
        table.add("order n" if is_rising else "order -n")


def _keep_note(table: FrameTable, given: Given) -> None:
    if given.value("dropna", True) is not False:
        table.notes.append(KEPT_GROUP)


def without_copies(table: FrameTable, given: Given) -> None:
    keys = [field_named(one) for one in texts_of(given.take("subset"))]
    keep = given.value("keep", "first")
    table.flush()
    match keep:
        case "first" | "any":
            table.add(f"distinct by {', '.join(keys)}" if keys else "distinct")
        case "last" if keys:
            table.add(f"last 1 by {', '.join(keys)}")
        case "last":
            table.add("distinct")
        case False | "none" if keys:
            table.add(f"derive copies = count() over {together(keys)}", "where copies = 1", "drop copies")
        case _:
            raise UnknownError
