"""The stages that choose and make rows and columns: `where`, `order`, `limit`, `select`, `drop`, `rename`, …"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from runql.engine.compare import identity
from runql.engine.patterns import star_matcher
from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.dispatch import (
    edge_rows,
    first_rows,
    grouped,
    kept,
    rows_that_hold,
    sorted_rows,
    take,
    values_of,
)
from runql.engine.stages.shared.filtered import Filtered
from runql.engine.stages.shared.rows import cells_of
from runql.engine.table import Table
from runql.errors import QueryError
from runql.language.kinds import TableKind
from runql.semantic.typed import (
    ColumnPick,
    Named,
    TDerive,
    TDistinct,
    TDrop,
    TLimit,
    TRename,
    TSelect,
    TSort,
    TWhere,
)
from runql.semantic.values import MISSING, Value
from runql.text.diagnostic import Diagnostic
from runql.text.source import NOWHERE, Span


def picked(pick: ColumnPick, names: Iterable[str]) -> list[str]:
    """The columns that a pick means, in their order; a plain name means itself, there or not."""
    if not pick.is_glob:
        return [pick.pattern]
    matches = _name_test(pick.pattern)
    unwanted = [_name_test(pattern) for pattern in pick.except_]
    return [name for name in names if matches(name) and not any(test(name) for test in unwanted)]


def _name_test(pattern: str) -> Callable[[str], bool]:
    """By glob, or by name; what lies inside (`config.data` and its `config.data.path`) belongs to it."""
    inside = star_matcher(f"{pattern}.*")
    if "*" in pattern:
        matches = star_matcher(pattern)
        return lambda name: matches(name) or inside(name)
    return lambda name: name == pattern or inside(name)


def columns_of(wanted: Sequence[Named | ColumnPick], table: Table) -> dict[str, Sequence[Value]]:
    """The columns that names and picks mean, each with its cells. Raises RQL318 for two of one name."""
    columns: dict[str, Sequence[Value]] = {}
    made: set[str] = set()
    for one in wanted:
        if isinstance(one, Named):
            if one.name in columns:
                raise two_of_one_name(one.name, one.value.span)
            columns[one.name] = values_of(one.value, table)
            made.add(one.name)
            continue
        for name in picked(one, table.names):
            if name in made:
                raise two_of_one_name(name)
            columns[name] = cells_of(table, name)
    return columns


def two_of_one_name(name: str, span: Span = NOWHERE) -> QueryError:
    """Two columns of a table have the same name (RQL318)."""
    message = f"two columns would be called `{name}`"
    hint = "give one of them another name"
    return QueryError([Diagnostic("RQL318", message, span, hints=(hint,))])


# ---------------------------------------------------------------- rows


def where(stage: TWhere, table: Table) -> Table:
    """The rows for which the condition is true."""
    return kept(table, rows_that_hold(stage.condition, table))


def filtered(stage: TWhere, tables: Iterator[Table], context: StageContext, said: list[Diagnostic]) -> Iterator[Table]:
    """The same of a table in parts; says which rows without a value it keeps or leaves out, and why there are none."""
    noun = "run" if context.kind is TableKind.RUNS else "row"
    counted, is_whole = Filtered(stage.condition, rows_that_hold, noun), False
    try:
        for table in tables:
            rows = where(stage, table)
            counted.add(table, rows)
            yield rows
        is_whole = True
    finally:
        said.extend(counted.notices())
        unpassed = counted.unpassed() if is_whole else None
        if unpassed is not None and context.unpassed is not None:
            said.append(context.unpassed(unpassed))


def sort(stage: TSort, table: Table, context: StageContext) -> StageResult:
    """The rows in the order of the keys, ties as they stand."""
    keys = [(values_of(expr, table), descending) for expr, descending in stage.keys]
    return StageResult(take(table, sorted_rows(keys, table.length)), (), context)


_NO_VALUE = identity(MISSING)


def limited(tables: Iterator[Table], count: int, *, read_on: bool) -> Iterator[Table]:
    """The first rows. `read_on`: the rest is read too, since a stage before has to see it."""
    left = count
    for table in tables:
        if table.length <= left:
            left -= table.length
            yield table
        elif left > 0 or count == 0:
            yield Table({name: cells[:left] for name, cells in table.columns.items()}, left)
            left, count = 0, -1
        if left <= 0 and not read_on:
            return


def limited_by(stage: TLimit, table: Table, context: StageContext) -> StageResult:
    """The first or the last rows of each group, all in the order of the table."""
    groups = grouped(list(columns_of(stage.by, table).values()), table.length)
    return StageResult(take(table, edge_rows(groups, table.length, stage.count, last=stage.last)), (), context)


def without_first(tables: Iterator[Table], count: int) -> Iterator[Table]:
    """The rows behind the first ones."""
    left = count
    for table in tables:
        gone = min(left, table.length)
        left -= gone
        yield Table({name: cells[gone:] for name, cells in table.columns.items()}, table.length - gone)


def distinct(stage: TDistinct, tables: Iterator[Table]) -> Iterator[Table]:
    """The first row of each combination. In memory are the combinations seen, once a second part comes."""
    seen: set[Hashable] = set()
    of_first: Iterable[Hashable] = ()
    for place, table in enumerate(tables):
        names = [name for pick in stage.columns for name in picked(pick, table.names)] or table.names
        columns = [cells_of(table, name) for name in names]
        rows = first_rows(columns, table.length)
        # The rows stand as in the table: with each of them it is the table itself.
        firsts = table if len(rows) == table.length else take(table, rows)
        known = _combinations(names, [cells_of(firsts, name) for name in names], firsts.length)
        if place:
            seen.update(of_first)
            fresh = []
            for row, combination in enumerate(known):
                if combination not in seen:
                    seen.add(combination)
                    fresh.append(row)
            of_first, firsts = (), firsts if len(fresh) == firsts.length else take(firsts, fresh)
        else:
            of_first = known  # worked out once there is a second part
        yield firsts


def _combinations(names: Sequence[str], columns: Sequence[Sequence[Value]], length: int) -> Iterator[Hashable]:
    """What each row holds. A part of a history may lack a column that others have: its cells are missing, however
    that is written.
    """
    keys = zip(*(map(identity, cells) for cells in columns), strict=True) if names else iter([()] * length)
    for key in keys:
        yield frozenset((name, one) for name, one in zip(names, key, strict=True) if one != _NO_VALUE)


# ---------------------------------------------------------------- columns


def select(stage: TSelect, table: Table) -> Table:
    """These columns, in this order."""
    return Table(columns_of(stage.columns, table), table.length)


def drop(stage: TDrop, table: Table) -> Table:
    """All columns but these."""
    unwanted = {name for pick in stage.columns for name in picked(pick, table.names)}
    return Table({name: cells for name, cells in table.columns.items() if name not in unwanted}, table.length)


def rename(stage: TRename, table: Table) -> Table:
    """The same columns, some under other names. Raises RQL318 for two of one name."""
    new_name = dict(stage.names)
    columns: dict[str, Sequence[Value]] = {}
    for name, cells in table.columns.items():
        title = new_name.get(name, name)
        if title in columns:
            raise two_of_one_name(title, stage.span)
        columns[title] = cells
    return Table(columns, table.length)


def derive(stage: TDerive, table: Table) -> Table:
    """The table with new columns; one that has the name of an older one takes its place."""
    for column in stage.columns:
        cells = values_of(column.value, table)
        table = Table({**table.columns, column.name: cells}, table.length)
    return table
