"""`runs keys loss where _step < 3`: a condition on rows, where `where` chooses runs, and what chooses rows instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.semantic.check.expressions import Expressions
from runql.semantic.check_context import rewrite
from runql.semantic.names.meanings import OfRows
from runql.semantic.spelling import code, field_text, path_text
from runql.syntax import to_text, tree
from runql.syntax.literals import write_number
from runql.text.diagnostic import Edit, Fix
from runql.text.source import NOWHERE, Span

_ROW_NAMES: Final = ("_step", "_runtime", "_timestamp")
"""Columns that each row of a history has, and W&B also writes into the summary."""

_STEP: Final = "step"
"""What `_step` is called by who has not seen it."""

_VALUED: Final = (Space.CONFIG, Space.SUMMARY)


def rows_instead(query: tree.Query, clause: tree.WhereClause, expressions: Expressions) -> Mapping[str, OfRows]:
    """The names that mean columns of the rows and no fields of the runs, each with the ways out, which are looked for
    when one is asked for: nearly no text names one."""
    found, x_axis = dict.fromkeys(_ROW_NAMES), expressions.x_axis
    ways = partial(_ways, query=query, clause=clause, x_axis=x_axis)
    keys = query.clause(tree.KeysClause)
    catalog = expressions.names.catalog
    if catalog is None:
        return _RowNames(tuple(found), ways)
    for path in (*(keys.keys if keys is not None else ()), tree.Path((x_axis,))):
        name = ".".join(map(str, path.segments[1:] if path.segments[:1] == ("logged",) else path.segments))
        is_field = name in RUN_FIELD_SPELLINGS or any((space, name) in catalog.index.prefixes for space in _VALUED)
        if not path.is_glob and not is_field:
            found.setdefault(name)
    if x_axis == "_step" and not any((space, _STEP) in catalog.index.prefixes for space in _VALUED):
        found.setdefault(_STEP)
    return _RowNames(tuple(found), ways)


class _RowNames(Mapping[str, OfRows]):
    """Names with the ways out of each."""

    def __init__(self, names: tuple[str, ...], ways: Callable[[str], OfRows]) -> None:
        self._names = names
        self._ways = ways

    def __getitem__(self, name: str) -> OfRows:
        if name not in self._names:
            raise KeyError(name)
        return self._ways(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _ways(name: str, query: tree.Query, clause: tree.WhereClause, x_axis: str) -> OfRows:
    condition = clause.condition
    terms = condition.terms if isinstance(condition, tree.And) else (condition,)
    asked = next((one for one in terms if _names(one, name)), None)
    term, name = (asked, name) if name != _STEP else (_of_steps(asked), "_step")
    is_axis = name in _ROW_NAMES
    written = path_text(name.split("."))
    metric = field_text(Space.LOGGED, tuple(name.split(".")))
    values = (
        (field_text(Space.SUMMARY, (name,)),) if is_axis else tuple(f"{f}({metric})" for f in ("last", "min", "max"))
    )
    of_runs = (
        f"runs by the last one of each: {code(values[0])}"
        if is_axis
        else ("runs by one value of each: " + ", ".join(map(code, values)))
    )
    all_rows = any(isinstance(one, tree.ScanClause | tree.SampleClause) for one in query.clauses)
    scan = "" if all_rows else "scan "
    lacking = "" if _is_column(name, query, x_axis) else f"add {code(written)} to `keys`, then "
    if term is None:
        return OfRows((f"rows: {lacking}`{scan}| where {written} …`", of_runs), (), values)
    rest = tuple(one for one in terms if one is not asked)
    steps = _steps(term, name, x_axis) if query.clause(tree.StepsClause) is None else None
    behind = f"{scan}| where {to_text(term)}"
    rows = f"rows: {f'`steps {steps}`, or ' if steps is not None else ''}{lacking}{code(behind)}"
    fixes = (*_cut(clause, rest, steps), *_moved(query, clause, rest, behind, written if lacking else ""))
    return OfRows((rows, of_runs), fixes, values)


def _of_steps(term: tree.Expr | None) -> tree.Expr | None:
    """`step = 50` as `_step = 50`."""
    step = tree.Field(tree.Path(("_step",)))
    if isinstance(term, tree.Compare):
        return replace(term, left=step)
    return replace(term, value=step) if isinstance(term, tree.Between | tree.In | tree.Is | tree.TextTest) else term


def _is_column(name: str, query: tree.Query, x_axis: str) -> bool:
    """Whether the rows have a column of that name: the x axis, a key, or any metric where no key is named."""
    keys = query.clause(tree.KeysClause)
    if name == x_axis:
        return True
    if keys is None:
        return name not in _ROW_NAMES
    return any(".".join(map(str, path.segments)) in (name, f"logged.{name}") for path in keys.keys)


def _names(term: tree.Expr, name: str) -> bool:
    """Whether a term compares a column of the rows by itself."""
    value = term.left if isinstance(term, tree.Compare) else None
    if isinstance(term, tree.Between | tree.In | tree.Is | tree.TextTest):
        value = term.value
    return isinstance(value, tree.Field) and ".".join(map(str, value.path.segments)) == name


def _steps(term: tree.Expr, name: str, x_axis: str) -> str | None:
    """The clause `steps` that says the same; of steps, which are whole, the ends may be left out of the condition."""
    if name != x_axis or not isinstance(term, tree.Compare) or not isinstance(term.right, tree.Literal):
        return None
    bound = term.right.value
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return None
    text = write_number(bound)
    ranges: dict[tree.Comparison, str] = {
        tree.Comparison.LE: f"..{text}",
        tree.Comparison.GE: f"{text}..",
        tree.Comparison.EQ: f"{text}..{text}",
    }
    if isinstance(bound, int) and x_axis == "_step":
        ranges[tree.Comparison.GT] = f"{bound + 1}.."
        if bound > 0:
            ranges[tree.Comparison.LT] = f"..{bound - 1}"
    return ranges.get(term.op)


def _kept(rest: tuple[tree.Expr, ...]) -> str:
    """The clause `where` with the terms that are about runs."""
    if not rest:
        return ""
    return f"where {to_text(rest[0] if len(rest) == 1 else tree.And(rest))}"


def _cut(clause: tree.WhereClause, rest: tuple[tree.Expr, ...], steps: str | None) -> tuple[Fix, ...]:
    if steps is None:
        return ()
    return rewrite(clause.span, f"{_kept(rest)} steps {steps}".strip(), f"write `steps {steps}`")


def _moved(
    query: tree.Query, clause: tree.WhereClause, rest: tuple[tree.Expr, ...], behind: str, key: str
) -> tuple[Fix, ...]:
    """The condition behind the clauses, where it chooses rows; `key` is to be asked for then."""
    keys = query.clause(tree.KeysClause)
    if clause.span == NOWHERE or (key and keys is None):
        return ()
    title = f"write {code(behind)}"
    asked = (Edit(Span(keys.span.end, keys.span.end), f", {key}"),) if key and keys is not None else ()
    end = max(one.span.end for one in query.clauses)
    if end == clause.span.end:
        return (Fix(title, (*asked, Edit(clause.span, f"{_kept(rest)} {behind}".strip()))),)
    last = Edit(Span(end, end), f" {behind}")
    if asked and asked[0].span.start == end:
        return (Fix(title, (Edit(clause.span, _kept(rest)), Edit(last.span, f", {key}{last.text}"))),)
    return (Fix(title, (*asked, Edit(clause.span, _kept(rest)), last)),)
