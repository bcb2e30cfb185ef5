"""The statement that gives the runs of a selector, in its order, over the views of a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from runql.language.kinds import Kind
from runql.plan.selectors import TypedSelector
from runql.plan.to_sql.conditions import NEVER, Conditions
from runql.plan.to_sql.fields import AttrField, Odd, OddOf, RunColumn
from runql.plan.to_sql.texts import text_sql
from runql.semantic.typed import TAnd, TField, TOrderKey, TypedExpr
from runql.text.frozen import frozen

TIES: Final = ("r.created NULLS LAST", "r.id", "r.pull", "r.place")
"""Equal ones: by `created`, then by id, then as they were pulled."""

_RANKS: Final = (
    "CASE {0}.t WHEN 'n' THEN 0 WHEN 'b' THEN 1 WHEN 's' THEN 2 WHEN 'a' THEN 4 WHEN 'o' THEN 5 WHEN 'q' THEN 6 "
    "WHEN 'z' THEN 7 ELSE 8 END"
)
"""Numbers, bools, texts, (times,) lists, records, NaN, null, missing."""


@frozen
class RunStatement:
    """What of a selector SQL answers. `here`: the terms that it does not, which the engine decides of the runs that
    come; `ordered`: they come in the order asked for. `fields` by their names, `where` and `order` as SQL; `columns` of
    `runs` that they read."""

    fields: tuple[tuple[str, AttrField], ...]
    where: tuple[str, ...]
    order: tuple[str, ...]
    here: tuple[TypedExpr, ...]
    ordered: bool
    columns: frozenset[str]

    def sql(
        self,
        columns: str,
        *,
        order: bool = True,
        pulled: bool = False,
        limit: int | None = None,
        rows_of: RowsOf | None = None,
    ) -> str:
        """The statement. `pulled`: in the order in which the runs were pulled. `rows_of`: what stands in the place of
        the rows of a field, and the column that it has of `runs`; it is the subquery without it."""
        lines = [f"SELECT {columns}", "FROM runs AS r"]
        for name, field in self.fields:
            rows, key = (f"({field.sql})", "run") if rows_of is None else rows_of(field)
            lines.append(f"LEFT JOIN {rows} AS {name} ON {name}.{key} = r.{key}")
        if self.where:
            lines.append("WHERE " + "\n  AND ".join(self.where))
        if pulled:
            lines.append("ORDER BY r.pull, r.place")
        elif order and self.ordered:
            lines.append("ORDER BY " + ", ".join(self.order))
        if limit is not None:
            lines.append(f"LIMIT {limit}")
        return "\n".join(lines)


RowsOf = Callable[[AttrField], tuple[str, str]]


def statement_of(selector: TypedSelector, odd_of: OddOf, entity: str = "", project: str = "") -> RunStatement:
    """What of a selector SQL answers exactly, of the runs of a project."""
    writer = Conditions(odd_of)
    where, here = [], []
    for name, value in (("entity", entity), ("project", project)):
        if value:
            where.append(f"r.{name} = {text_sql(value) or NEVER}")
    for term in _terms(selector.condition):
        before = dict(writer.fields)
        truth = writer.truth(term)
        if truth is None:
            writer.fields = before
            here.append(term)
        else:
            where.append(truth.true)
    before = dict(writer.fields)
    keys = [_key(key, writer) for key in selector.order]
    known = [key for key in keys if key is not None]
    ordered = len(known) == len(keys)
    if not ordered:
        writer.fields = before
    order = (*(part for key in known for part in key), *TIES) if ordered else ()
    fields = tuple((name, field) for field, name in writer.fields.items())
    return RunStatement(fields, tuple(where), order, tuple(here), ordered, frozenset(writer.columns))


def _terms(condition: TypedExpr | None) -> Sequence[TypedExpr]:
    if condition is None:
        return ()
    return condition.terms if isinstance(condition, TAnd) else (condition,)


def _key(key: TOrderKey, writer: Conditions) -> tuple[str, ...] | None:
    """The parts of one key of an order: the rank of the kind, which keeps its direction, then the values."""
    if not isinstance(key.value, TField):
        return None
    place = writer.place(key.value.key)
    way = " DESC" if key.descending else ""
    if isinstance(place, RunColumn):
        return _column_key(place, way)
    if place is None or writer.is_odd(place, Odd.TEXT, Odd.LARGE, Odd.TIME):
        return None
    of = writer.alias(place)
    number = f"CASE WHEN {of}.t = 'n' THEN CASE WHEN {of}.num = 0 THEN 0e0 ELSE {of}.num END END"
    text = f"CASE WHEN {of}.t IN ('s', 'b') THEN {of}.str END"
    return _RANKS.format(of), f"{number}{way}", f"{text}{way}"


def _column_key(column: RunColumn, way: str) -> tuple[str, ...] | None:
    if column.name == "tags":
        return ()
    if column.kind is Kind.NUMBER:
        plain = f"CASE WHEN NOT isnan({column.sql}) THEN CASE WHEN {column.sql} = 0 THEN 0e0 ELSE {column.sql} END END"
        return f"CASE WHEN {column.sql} IS NULL THEN 2 WHEN isnan({column.sql}) THEN 1 ELSE 0 END", f"{plain}{way}"
    return (f"{column.sql}{way} NULLS LAST",)
