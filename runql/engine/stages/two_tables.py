"""`join` and `union`: rows beside, or above, those of another table, which is held whole while the rows pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from runql.engine.stages.context import OtherTable, StageContext, fault
from runql.engine.stages.dispatch import Matching, cells_at, cells_or_gaps, take
from runql.engine.stages.shape import two_of_one_name
from runql.engine.stages.shared.matches import Matches
from runql.engine.stages.shared.rows import cells_of
from runql.engine.stages.shared.say import number_of, some
from runql.engine.table import Table
from runql.engine.values.column import column_of, constant
from runql.errors import QueryError
from runql.language.kinds import Kind
from runql.semantic.spelling import code
from runql.semantic.typed import TJoin, TOther, TUnion
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import JoinKind
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest

_NOTHING = frozenset({Kind.NULL, Kind.MISSING})
_FEW = 10_000
"""Of so many rows of another table it is looked whether its key holds ids."""
_ONLY_LEFT = (JoinKind.SEMI, JoinKind.ANTI)


def other_of(other: TOther, context: StageContext) -> OtherTable:
    """The other table of a stage: it is asked for now, if it was not yet."""
    if context.ask is None:
        raise fault("nobody said where the other table comes from")
    return context.ask(other)


# ---------------------------------------------------------------- join


def join(stage: TJoin, tables: Iterator[Table], context: StageContext, said: list[Diagnostic]) -> Iterator[Table]:
    """The rows of this table in their order, each beside the rows of the other that it matches, in theirs."""
    found = other_of(stage.other, context).table
    other = Table({name: column_of(cells) for name, cells in found.columns.items()}, found.length)
    counted = _Counted(stage, bytearray(other.length), no_ids=_ids_meant(stage, other))
    adds = [] if stage.how in _ONLY_LEFT else _added(stage, other)
    matching = Matching([_key(other, right, stage) for _, right in stage.keys], other.length)
    names: dict[str, None] = {}
    try:
        for table in tables:
            if both := [name for name in adds if name in table.columns]:
                raise two_of_one_name(both[0], stage.span)
            names.update(dict.fromkeys(table.names))
            matches = matching.matches([_key(table, left, stage) for left, _ in stage.keys], table.length)
            given = _beside(stage, table, other, adds, matches)
            counted.add(table, matches, given.length)
            yield given
        counted.is_whole = True
        if stage.how is JoinKind.FULL:
            yield _rest(stage, other, adds, names, counted.flags)
    finally:
        said.extend(counted.notices())


def _ids_meant(stage: TJoin, other: Table) -> set[Value] | None:
    """The values of the other table's key, if it has one name on both sides and may name rows by their ids."""
    left, right = stage.keys[0]
    if other.length > _FEW or len(stage.keys) > 1 or left != right or left == "id" or right not in other.columns:
        return None
    held = {value for value in other.columns[right] if isinstance(value, str)}
    return held or None


def _added(stage: TJoin, other: Table) -> list[str]:
    """The columns that the other table brings: all but keys of one name."""
    equal = {right for left, right in stage.keys if left == right}
    return [name for name in other.names if name not in equal]


def _key(table: Table, name: str, stage: TJoin) -> Sequence[Value]:
    """A key. Raises RQL218 where only the rows tell that it is none; a table without rows may lack its columns."""
    if name not in table.columns and table.length:
        near = nearest(name, table.names, most=1)
        known = some([code(one) for one in table.names])
        hint = f"nearest: {code(near[0])}" if near else f"its columns are {known}"
        message = f"no column {code(name)} in a table that `join` is given"
        raise QueryError([Diagnostic("RQL218", message, stage.span, hints=(hint,))])
    return cells_of(table, name)


def _beside(stage: TJoin, table: Table, other: Table, adds: Sequence[str], found: Matches) -> Table:
    if stage.how in _ONLY_LEFT:
        return take(table, found.rows(matched=stage.how is JoinKind.SEMI))
    lefts, rights = found.pairs(outer=stage.how is not JoinKind.INNER)
    mine = table if isinstance(lefts, range) and len(lefts) == table.length else take(table, lefts)
    columns = {name: cells_or_gaps(other.columns[name], rights) for name in adds}
    return Table({**mine.columns, **columns}, len(lefts))


def _rest(stage: TJoin, other: Table, adds: Sequence[str], names: Iterable[str], matched: bytearray) -> Table:
    """The rows of the other table that no row matches: a key of one name on both sides has their value."""
    rows = [row for row, flag in enumerate(matched) if not flag]
    keys = [left for left, right in stage.keys if left == right]
    columns: dict[str, Sequence[Value]] = {}
    for name in names or keys:
        columns[name] = cells_at(other.columns[name], rows) if name in keys else constant(MISSING, len(rows))
    return Table({**columns, **{name: cells_at(other.columns[name], rows) for name in adds}}, len(rows))


@dataclass(slots=True)
class _Counted:
    """What is to be said of a join: rows that match nothing or several, keys that are none.

    `is_whole`: all rows were read, so that what no row matched is known. `no_ids`: what the other table's key holds
    beside the ids of the rows, as far as they were read; `None` where nobody could mean ids.
    """

    stage: TJoin
    flags: bytearray
    rows: int = 0
    lonely: int = 0
    several: int = 0
    keyless: int = 0
    given: int = 0
    is_whole: bool = False
    no_ids: set[Value] | None = None

    def add(self, table: Table, found: Matches, given: int) -> None:
        self.rows += table.length
        self.lonely += len(found.rows(matched=False))
        self.several += found.several
        self.keyless += found.keyless
        self.given += given
        found.mark(self.flags)
        if self.no_ids:
            self.no_ids.difference_update(value for value in table.columns.get("id", ()) if isinstance(value, str))

    def notices(self) -> Iterator[Diagnostic]:
        how, span, name = self.stage.how, self.stage.span, self.stage.other.name
        keyless = f" ({number_of(self.keyless, 'row')} without a key)" if self.keyless else ""
        if how in _ONLY_LEFT:
            if self.keyless:
                match = "it matches" if self.keyless == 1 else "they match"
                yield Diagnostic("RQL338", f"{number_of(self.keyless, 'row')} without a key: {match} nothing", span)
            return
        if self.lonely:
            end = "left out" if how is JoinKind.INNER else "without its columns"
            of = f"of {number_of(self.rows, 'row')}" if self.lonely < self.rows else "rows, which is all,"
            match = "matches" if self.lonely == 1 else "match"
            message = f"{self.lonely:,} {of} {match} nothing in {name}{keyless}: {end}"
            hints = ("they stay with `join left …`",) if how is JoinKind.INNER else ()
            if self.no_ids is not None and not self.no_ids:
                key = code(self.stage.keys[0][0])
                hints = (f"{key} holds ids of these rows: {code(f'on id = {self.stage.keys[0][0]}')}", *hints)
            yield Diagnostic("RQL338", message, span, hints=hints)
        unmatched = self.flags.count(0) if self.is_whole else 0
        if unmatched:
            match = "is matched by nothing" if unmatched == 1 else "are matched by nothing"
            end = "added at the end" if how is JoinKind.FULL else "left out"
            hints = () if how is JoinKind.FULL else ("they stay with `join full …`",)
            message = f"{unmatched:,} of {number_of(len(self.flags), 'row')} of {name} {match}: {end}"
            yield Diagnostic("RQL338", message, span, hints=hints)
        if self.several:
            match = "matches" if self.several == 1 else "match"
            message = (
                f"{number_of(self.several, 'row')} {match} several of {name}: {self.rows:,} rows became {self.given:,}"
            )
            yield Diagnostic("RQL339", message, span, hints=("one a key: `… | distinct by KEY`, or `group KEY : …`",))


# ---------------------------------------------------------------- union


def union(stage: TUnion, tables: Iterator[Table], context: StageContext, said: list[Diagnostic]) -> Iterator[Table]:
    """The rows of this table, then those of the other; a column that one of them lacks is missing in its rows."""
    other = other_of(stage.other, context)
    mine = _Seen(context.run_id)
    theirs = _Seen(other.run_id)
    theirs.add(other.table)
    length = other.table.length
    is_whole = False
    try:
        for table in tables:
            mine.add(table)
            lacking = {name: constant(MISSING, table.length) for name in other.table.names if name not in table.columns}
            yield Table({**table.columns, **lacking}, table.length)
        names = dict.fromkeys((*mine.names, *other.table.names))
        is_whole = True
        yield Table({name: other.table.columns.get(name, constant(MISSING, length)) for name in names}, length)
    finally:
        said.extend(_said_of_union(mine, theirs, stage))
        if not is_whole and length:
            none = f"none of the {number_of(length, 'row')} of {stage.other.name} stands here"
            message = f"the rows before filled the `limit`: {none}"
            said.append(Diagnostic("RQL592", message, stage.span))


class _Seen:
    """The columns of one side of a union, the kinds in them, and its runs."""

    def __init__(self, run_id: str | None) -> None:
        self.names: dict[str, set[Kind]] = {}
        self.ids: set[Value] = set()
        self.rows = 0
        self._run_id = run_id

    def add(self, table: Table) -> None:
        self.rows += table.length
        for name in table.names:
            self.names.setdefault(name, set()).update({*column_of(table.columns[name]).kinds()} - _NOTHING)
        if self._run_id is not None:
            self.ids.update(cell for cell in cells_of(table, self._run_id) if isinstance(cell, str))


def _said_of_union(mine: _Seen, theirs: _Seen, stage: TUnion) -> Iterator[Diagnostic]:
    name, span = stage.other.name, stage.span
    for one, another, where, whose in (
        (mine, theirs, "left of `union`", f"of {name}"),
        (theirs, mine, f"in {name}", "left of `union`"),
    ):
        only = [code(column) for column in one.names if column not in another.names]
        if only and another.rows:
            message = f"only {where}, and missing in the rows {whose}: {some(only)}"
            yield Diagnostic("RQL340", message, span)
    for column, kinds in mine.names.items():
        others = theirs.names.get(column, set())
        if kinds and others and not kinds & others:
            here, there = (" and ".join(sorted(kind.value for kind in side)) for side in (kinds, others))
            message = f"{code(column)} is {here} left of `union`, and {there} in {name}"
            yield Diagnostic("RQL509", message, span)
    if both := len(mine.ids & theirs.ids):
        stand = "stands" if both == 1 else "stand"
        hint = "each once: `| distinct by id`"
        yield Diagnostic("RQL343", f"{number_of(both, 'run')} {stand} on both sides of `union`", span, hints=(hint,))
