"""A question of a table in pandas or polars, as a query: the whole chain is read, or it is left to others."""

from __future__ import annotations

import ast
import re
from typing import Final

from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing, shown
from runql.syntax.mistakes.frames import groups, methods
from runql.syntax.mistakes.frames.columns import FRAMES, FrameColumns, field_named
from runql.syntax.mistakes.frames.expressions import written
from runql.syntax.mistakes.frames.python_text import (
    LONGEST,
    Step,
    UnknownError,
    read_python,
    steps_of,
    texts_of,
    value_of,
)
from runql.syntax.mistakes.frames.table import FrameTable
from runql.text.source import Span

_BEGUN: Final = re.compile(r"(?:df|runs)(?=\s*[.\[])|pd\s*\.\s*crosstab(?=\()")
_STEP: Final = re.compile(r"\s*(?:\.\s*[^\W\d]\w*(?P<call>\()?|(?P<index>\[))")
_END: Final = re.compile(r"[ \t]*(?=[;|\n#]|\Z)")
_ASSIGNED: Final = re.compile(
    r"""df\s*\[\s*(?P<quote>["'])(?P<name>[^"'\n]+)(?P=quote)\s*\]\s*=(?!=)\s*(?P<value>[^;\n]+)"""
)
_DENIED: Final = re.compile(r"\bnot \([^()]*(?:[<>]| between )")
_UNKNOWN: Final = "`not (x > 1)` does not hold where `x` is missing; in pandas it does"
_NO_COLUMN: Final = frozenset(
    {"T", "values", "index", "size", "plot", "str", "dt", "columns", "shape", "dtypes", "style"}
)


def whole_frame(place: Place) -> Mistake | None:
    """`df[df.acc > 0.9].head(3)`, `df.groupby("k").acc.mean()`, `pd.crosstab(df.k, df.l)`, `df["gap"] = df.a`."""
    found = _found(place)
    if found is None:
        return None
    old, assigned = found
    table = FrameTable()
    try:
        if assigned is not None:
            value = written(read_python(assigned["value"]), table.names).text
            table.add(f"derive {field_named(assigned['name'])} = {value}")
        else:
            _read(read_python(old), old, table)
        if table.all_fold and table.keys:
            return _of_all(table, old, place)
        table.flush()
    except UnknownError:
        return None
    return _said(table, old, place)


def frame_begun(place: Place) -> Mistake | None:
    """A chain of which only the first steps have counterparts: they are said, and the one that has none."""
    found = _found(place)
    if found is None:
        return None
    old, assigned = found
    span = Span(place.found.start, place.found.start + len(old))
    if assigned is not None:
        message = f"`{shown(old)}` is pandas; in RunQL a column is made by `derive`"
        hint = "for example: `runs | derive gap = summary.loss - summary.val/loss`"
        return Mistake("RQL108", message, span, (hint,), certain=True, resume=span.end)
    try:
        steps = steps_of(read_python(old))[1]
    except UnknownError:
        return None
    known, stages = _known(steps, old)
    what = f"`.{steps[known].name}`" if known < len(steps) and steps[known].name else "this chain"
    before = [f"the steps before it: `{' | '.join(['runs', *stages])}`"] if stages else []
    hints = (*before, 'in Python an answer is a data frame: `runql.query("runs").pandas()`')
    message = f"`{shown(old)}` is pandas; {what} has no counterpart that is sure"
    return Mistake("RQL108", message, span, hints, certain=True, resume=span.end)


def _known(steps: list[Step], text: str) -> tuple[int, list[str]]:
    """How many steps have counterparts, and the stages of the most that make a query."""
    known = 0
    for count in range(len(steps), 0, -1):
        table = FrameTable()
        try:
            _steps(steps[:count], text, table)
            known = known or count
            table.flush()
        except UnknownError:
            continue
        return known, table.stages
    return known, []


def _found(place: Place) -> tuple[str, re.Match[str] | None] | None:
    """The text of a chain, or of a column that is assigned, where a query must begin."""
    if "RUNS" not in place.accepted or _BEGUN.match(place.text, place.found.start) is None:
        return None
    near = place.text[place.found.start : place.found.start + LONGEST]
    assigned = _ASSIGNED.match(near)
    end = assigned.end() if assigned is not None else _end_of_chain(near)
    return None if end is None else (near[:end].rstrip(), assigned)


def _said(table: FrameTable, old: str, place: Place) -> Mistake | None:
    if not table.stages:
        return None
    span, new = Span(place.found.start, place.found.start + len(old)), " | ".join(["runs", *table.stages])
    table.notes += [_UNKNOWN] * (_DENIED.search(new) is not None)
    whose = "polars" if re.search(r"\bpl\.|\bgroup_by\(|\bdescending\s*=", old) else "pandas"
    if table.lost:
        argument = table.lost[0]
        message = f"`{shown(old)}` is {whose}; `{argument.written}` is not taken over: {argument.why}"
        hints = (f"without it: `{shown(new, 200)}`", *dict.fromkeys(table.notes))
        return Mistake("RQL108", message, span, hints, certain=True, resume=span.end)
    return idiom(whose, old, new, span, replacing(span.start, span.end, new), *dict.fromkeys(table.notes))


def _of_all(table: FrameTable, old: str, place: Place) -> Mistake:
    """`df.groupby("k").mean()`: of which columns must be said."""
    span = Span(place.found.start, place.found.start + len(old))
    message = f"`{shown(old)}` is pandas; in RunQL an aggregate says of what it is"
    hint = f"for example: `runs | group {', '.join(table.keys or [])} : {table.all_fold}(summary.acc)`"
    return Mistake("RQL108", message, span, (hint,), certain=True, resume=span.end)


def _end_of_chain(text: str) -> int | None:
    """Where the chain at the beginning ends; none where something else follows it."""
    begun = _BEGUN.match(text)
    at = begun.end() if begun is not None else 0
    if text.startswith("pd"):
        bracket = closing(text, at)
        at = bracket.end if bracket is not None else -1
    while at >= 0 and (step := _STEP.match(text, at)) is not None:
        bracket = closing(text, step.end() - 1) if step["call"] or step["index"] else None
        if bracket is None and (step["call"] or step["index"]):
            return None
        at = bracket.end if bracket is not None else step.end()
    return at if at > 0 and _END.match(text, at) is not None else None


def _read(node: ast.expr, text: str, table: FrameTable) -> None:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="pd"), attr="crosstab")):
            groups.crossed(table, node)
            return
    begun, steps = steps_of(node)
    if begun not in FRAMES:
        raise UnknownError
    table.names = FrameColumns(is_bare=begun == "runs")
    _steps(steps, text, table)


def _steps(steps: list[Step], text: str, table: FrameTable) -> None:
    accessor = ""
    for step in steps:
        match step.node:
            case ast.Attribute(attr="loc" | "iloc" as name):
                accessor = name
                continue
            case ast.Attribute(attr=name):
                if name in _NO_COLUMN:
                    raise UnknownError
                table.choose([field_named(name)])
            case ast.Subscript(slice=index):
                _indexed(table, accessor, index)
            case ast.Call() as called:
                inner = [ast.get_source_segment(text, one) or "" for one in called.args]
                inner += [f"{one.arg}={ast.get_source_segment(text, one.value)}" for one in called.keywords]
                methods.call(table, step, ", ".join(inner))
        accessor = ""


def _indexed(table: FrameTable, accessor: str, index: ast.expr) -> None:
    """What stands in brackets: names of columns, a condition, or places of rows."""
    if accessor == "loc" and isinstance(index, ast.Tuple) and len(index.elts) == len(("rows", "columns")):
        rows, names = index.elts
        if not (isinstance(rows, ast.Slice) and rows.lower is rows.upper is None):
            _indexed(table, accessor, rows)
        table.choose([field_named(one) for one in texts_of(names)])
    elif accessor == "iloc" or isinstance(index, ast.Slice):
        table.add(*_rows(index))
    elif accessor == "loc" and (best := _best(index, table.names)) is not None:
        table.add(*best)
    elif isinstance(index, ast.Constant | ast.List | ast.Tuple):
        if accessor:
            raise UnknownError
        table.choose([field_named(one) for one in texts_of(index)])
    elif table.is_waiting or table.folds:
        raise UnknownError
    else:
        table.keep(written(index, table.names).text)


def _best(index: ast.expr, names: FrameColumns) -> list[str] | None:
    """`df.loc[df.acc.idxmax()]`."""
    match index:
        case ast.Call(func=ast.Attribute(value=column, attr="idxmax" | "idxmin" as name), args=[], keywords=[]):
            return [f"order {'-' * (name == 'idxmax')}{written(column, names).text}", "limit 1"]
        case _:
            return None


def _rows(index: ast.expr) -> list[str]:
    """`iloc[0]`, `iloc[-1]`, `[:5]`, `[5:10]`, `[-3:]`."""
    match index:
        case ast.Slice(lower=lower, upper=upper, step=None):
            first = None if lower is None else value_of(lower)
            last = None if upper is None else value_of(upper)
        case _:
            first = value_of(index)
            last = first + 1 if isinstance(first, int) and first != -1 else None
    match first, last:
        case (None | 0, int()) if last is not None and last > 0:
            return [f"limit {last}"]
        case (int(), None) if first is not None and first < 0:
            return [f"last {-first}"]
        case (int(), None):
            return [f"offset {first}"]
        case (int(), int()) if 0 < first < last:
            return [f"offset {first}", f"limit {last - first}"]
        case _:
            raise UnknownError
