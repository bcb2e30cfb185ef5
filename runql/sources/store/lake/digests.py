"""What a first stage needs of a listing, from another engine: for `limit 2 by config.optimizer` the first runs of each
group, for `group` what its sums, means and percentiles come to (`folds`), and for its other aggregates a row for each
group and kind of value, or value. The stage then works on that as it would on all runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, compress, islice, repeat
from typing import Any, Final, TypeAlias

from runql.engine.compare import ORDERED_KINDS, is_nan
from runql.engine.stages.shared.aggregates import FoldColumn
from runql.engine.values.column import Column, column_of
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.to_sql.fields import AttrField, RunColumn
from runql.plan.to_sql.statement import RunStatement
from runql.semantic.typed import FieldKey
from runql.semantic.values import MISSING, Value, kind_of
from runql.sources.protocol import Digest, GroupFold, RunColumns, RunDigest, RunValue
from runql.sources.store.lake.cells import Place, below_zero, cell_columns, cells_sql, named_fields, value_in_run
from runql.sources.store.lake.folds import GroupRows, NotTold, fold_groups, is_folded
from runql.sources.store.lake.views import LakeViews
from runql.sources.store.values import value_of
from runql.text.frozen import frozen

_Cells: TypeAlias = tuple[Any, ...]
"""What tells a group, as the engine gives it."""
_Kinds: TypeAlias = Callable[[Mapping[AttrField, str]], list[str]]
"""The columns of a statement that tell the kinds of a field."""
_Places: TypeAlias = Mapping[FieldKey, Place]
_OF_ENDS: Final = frozenset({"count", "min", "max", "any", "all", "share", "count_if"})
"""The aggregates to which all numbers but the least and the most are the same."""
_STATE: Final = FieldKey(Space.RUN, ("state",))


@frozen
class _Some:
    """Some values of a group: so many of a kind, or of one value; of numbers the least and the most, else the least."""

    cells: tuple[Any, ...]
    count: int
    text: Any
    least: float | None
    most: float | None


@dataclass(slots=True)
class _Group:
    """How many runs a group has, and what they have in fields."""

    count: int
    values: dict[FieldKey, list[_Some]]


def digest_of(
    views: LakeViews,
    asked: RunStatement,
    digest: Digest,
    places: _Places,
    *,
    order: Sequence[str] = (),
    keys: Iterable[FieldKey],
    of_all: Iterable[FieldKey],
) -> RunDigest | None:
    """What a stage needs of the runs that a statement takes; `None` where the engine does not say it exactly."""
    wanted = {key: places[key] for key in dict.fromkeys((*digest.by, *keys))}
    asks = {key: _kinds_of_all(key, places[key]) for key in of_all}
    folded: dict[GroupFold, FoldColumn] = {}
    if digest.first is not None:
        runs = _first_runs(views, asked, digest, order, wanted)
        groups = _groups_of(views, asked, [], places, asks)
    else:
        by = [places[key] for key in digest.by]
        groups = _groups_of(views, asked, by, places, asks)
        folded = _folded(GroupRows(views, asked, by, [*groups]), digest.folds, places)
        valued = {
            key: _groups_of(views, asked, by, places, {key: kinds(places[key])})
            for key, kinds in _valued(digest.folds, folded).items()
        }
        runs = _runs_of_groups(groups, valued, digest.by, places)
    if runs is None:
        return None
    total = sum(group.count for group in groups.values())
    everywhere: dict[RunValue, Column] = {}
    for key in of_all:
        told = [some for group in groups.values() for some in group.values[key]]
        everywhere[key] = column_of(_cells_of(told, places[key], of_all=True) or [])
    if digest.ranked != "row_number":
        runs = _with_unranked(runs, digest.order[0][0], everywhere)
    if runs is None:
        return None
    sizes = [group.count for group in groups.values()]
    return RunDigest(replace(runs, total=total), RunColumns(total, total, everywhere), folded, sizes)


def _folded(rows: GroupRows, folds: Iterable[GroupFold], places: _Places) -> dict[GroupFold, FoldColumn]:
    """What folds come to in each group, of the fields of which the engine says it exactly."""
    of: dict[FieldKey, dict[GroupFold, Place]] = {}
    for fold in folds:
        if is_folded(fold.name):
            of.setdefault(fold.of, {})[fold] = places[fold.of]
    found: dict[GroupFold, FoldColumn] = {}
    for some in of.values():
        try:
            found |= fold_groups(rows, some)
        except NotTold:
            continue
    return found


def _with_unranked(runs: RunColumns, key: FieldKey, everywhere: Mapping[RunValue, Column]) -> RunColumns | None:
    """The runs that have a rank, and a row for each one that has none, which is counted and left out by the stage.
    `None` where no run has one: of a condition that no run passes more is said."""
    ranked = [_has_rank(cell) for cell in runs.columns[key]]
    if not any(ranked):
        return None
    cells = [cell for cell in everywhere[key] if not _has_rank(cell)]
    columns: dict[RunValue, Column] = {
        name: column_of([*compress(column, ranked), *(cells if name == key else repeat(MISSING, len(cells)))])
        for name, column in runs.columns.items()
    }
    return replace(runs, length=sum(ranked) + len(cells), columns=columns)


def _has_rank(cell: Value) -> bool:
    return kind_of(cell) in ORDERED_KINDS and not is_nan(cell)


def _first_runs(
    views: LakeViews, asked: RunStatement, digest: Digest, own: Sequence[str], places: _Places
) -> RunColumns | None:
    """The first runs of each group in the order of the listing. Equal cells are one group of the engine, unlike ones
    may be one for the stage: so no fewer come than it keeps."""
    by, first = digest.by, digest.first
    fields = named_fields(asked, places.values())
    wide = replace(asked, fields=tuple((name, field) for field, name in fields.items()))
    cells = {f"v{at}": cell for at, cell in enumerate(_all_cells(places.values(), fields))}
    told = ", ".join(_all_cells([places[key] for key in by], fields))
    order, part = ", ".join(asked.order), f"PARTITION BY {told} " if told else ""
    inside = ", ".join((*own, *(asked.order if digest.ranked == "row_number" else ())))
    numbered = [
        "r.nr AS nr",
        *(f"{cell} AS {name}" for name, cell in cells.items()),
        f"{digest.ranked}() OVER ({part}ORDER BY {inside}) AS of_group",
        f"row_number() OVER (ORDER BY {order}) AS place_of",
    ]
    inner = wide.sql(", ".join(numbered), order=False)
    names = ", ".join(("nr", *cells))
    rows = views.listed(f"SELECT {names} FROM ({inner}) AS s WHERE of_group <= {first} ORDER BY place_of")
    columns = cell_columns([row[1:] for row in rows], places)
    return None if columns is None else RunColumns(len(rows), len(rows), columns)


def _valued(
    folds: Iterable[GroupFold], folded: Mapping[GroupFold, FoldColumn]
) -> dict[FieldKey, Callable[[Place], _Kinds]]:
    """The fields of which the stage looks at values: at all of them, or at the least and the most of each kind."""
    found: dict[FieldKey, Callable[[Place], _Kinds]] = {}
    for fold in folds:
        if fold not in folded:
            is_of_ends = fold.name in _OF_ENDS and found.get(fold.of) is not _every_value
            found[fold.of] = _kinds if is_of_ends else _every_value
    return found


def _runs_of_groups(
    groups: Mapping[_Cells, _Group],
    valued: Mapping[FieldKey, Mapping[_Cells, _Group]],
    by: Sequence[FieldKey],
    places: _Places,
) -> RunColumns | None:
    """A row for each run, such that each group has its keys and, of each field by itself, as many values of each kind
    as its runs have, the least and the most among them."""
    keys = cell_columns([*groups], {key: places[key] for key in by})
    if keys is None or not _are_different([*keys.values()]):
        return None
    counts = [group.count for group in groups.values()]
    columns = {key: column_of([*chain.from_iterable(map(repeat, cells, counts))]) for key, cells in keys.items()}
    for key, of_groups in valued.items():
        if key not in columns:
            cells: list[Value] = []
            for group in groups:
                told = of_groups[group].values[key] if group in of_groups else []
                some = _cells_of(told, places[key])
                if not some or not _is_plain(told, places[key]):
                    return None
                cells += some
            columns[key] = column_of(cells)
    return RunColumns(sum(counts), sum(counts), columns)


def _are_different(columns: Sequence[Column]) -> bool:
    """Whether groups of the engine are groups of the stage: not, where cells are equal here that are not there."""
    rows = [
        tuple((kind_of(cell), "nan" if is_nan(cell) else cell) for cell in row) for row in zip(*columns, strict=True)
    ]
    try:
        return len({*rows}) == len(rows)
    except TypeError:  # lists
        return False


# ---------------------------------------------------------------- values of groups


def _groups_of(
    views: LakeViews, asked: RunStatement, by: Sequence[Place], places: _Places, asks: Mapping[FieldKey, _Kinds]
) -> dict[_Cells, _Group]:
    """The groups with the values of fields, in one statement: a row for all that is of the same kinds."""
    fields = named_fields(asked, [*by, *(places[key] for key in asks)])
    wide = replace(asked, fields=tuple((name, field) for field, name in fields.items()))
    of_group, of_values = _all_cells(by, fields), {key: kinds(fields) for key, kinds in asks.items()}
    cells = [*of_group, *chain.from_iterable(of_values.values())]
    names = [f"k{at}" for at in range(len(cells))]
    told = [f"{cell} AS {name}" for cell, name in zip(cells, names, strict=True)]
    wanted = [*names, "count(*) AS n"]
    for at, key in enumerate(asks):
        number, text = _number_and_text(places[key], fields)
        told += [f"{number} AS x{at}", f"{text} AS y{at}"]
        wanted += [f"min(y{at}) AS of_y{at}", f"min(x{at}) AS least_x{at}", f"max(x{at}) AS most_x{at}"]
    inner = wide.sql(", ".join(("r.nr AS nr", *told)), order=False)
    grouped = f" GROUP BY {', '.join(names)}" if names else ""
    found: dict[_Cells, _Group] = {}
    for row in views.listed(f"SELECT {', '.join(wanted)} FROM ({inner}) AS s{grouped}"):
        kinds, (count, *ends) = iter(row[: len(names)]), row[len(names) :]
        group = found.setdefault(tuple(islice(kinds, len(of_group))), _Group(0, {key: [] for key in asks}))
        group.count += count
        for at, (key, own) in enumerate(of_values.items()):
            group.values[key].append(_Some(tuple(islice(kinds, len(own))), count, *ends[3 * at : 3 * at + 3]))
    return found


def _all_cells(places: Iterable[Place], fields: Mapping[AttrField, str]) -> list[str]:
    return [cell for place in places for cell in cells_sql(place, fields)]


def _number_and_text(place: Place, fields: Mapping[AttrField, str]) -> tuple[str, str]:
    """The columns of a field of which the least counts: a number, and what says the other kinds."""
    if isinstance(place, AttrField):
        return f"{fields[place]}.num", f"{fields[place]}.str"
    return "0e0", "0" if place.kind is Kind.LIST else cells_sql(place, fields)[0]


def _kinds(place: Place) -> _Kinds:
    """What tells values apart of which not only the least and the most count."""

    def kinds(fields: Mapping[AttrField, str]) -> list[str]:
        if isinstance(place, AttrField):
            own = fields[place]
            return [*(f"{own}.{cell}" for cell in ("t", "whole", "str")), below_zero(f"{own}.num")]
        return cells_sql(place, fields)

    return kinds


def _every_value(place: Place) -> _Kinds:
    """What tells values apart of which each counts."""

    def kinds(fields: Mapping[AttrField, str]) -> list[str]:
        more = [f"{fields[place]}.num"] if isinstance(place, AttrField) else []
        return [*_kinds(place)(fields), *more]

    return kinds


def _kinds_of_all(key: FieldKey, place: Place) -> _Kinds:
    """What tells kinds of values apart, and the states of runs."""

    def kinds(fields: Mapping[AttrField, str]) -> list[str]:
        if isinstance(place, AttrField):
            return [f"{fields[place]}.{cell}" for cell in ("t", "whole")]
        if key == _STATE or place.kind is Kind.LIST:
            return [place.sql]
        nan = [f"isnan({place.sql})"] if place.kind is Kind.NUMBER else []
        return [f"{place.sql} IS NULL", *nan]

    return kinds


def _cells_of(values: Iterable[_Some], place: Place, *, of_all: bool = False) -> list[Value] | None:
    """As many cells as there are values; `None` where one is a record, unless only kinds count (`of_all`)."""
    cells: list[Value] = []
    for some in values:
        if isinstance(place, RunColumn):
            cell = some.cells[0] if place.kind is Kind.LIST else some.text
            cells += [value_in_run(cell, place.kind)] * some.count
            continue
        t, whole, *told = some.cells
        if t == "o" and not of_all:
            return None
        text = some.text if t != "n" else told[0] if told else None
        whole = whole and (text is not None or math.isfinite(some.least or 0))
        ends = [some.least, some.most] if t == "n" and some.count > 1 else [some.least]
        made = [MISSING if t is None else value_of(t, end, text, whole) for end in ends]
        cells += [made[0]] * (some.count - len(made) + 1) + made[1:]
    return cells


def _is_plain(values: Sequence[_Some], place: Place) -> bool:
    """Whether the least and the most are one value each: not, where an integer is beside the same double, and where a
    zero is below zero."""
    if isinstance(place, RunColumn):
        return True
    numbers = [some for some in values if some.cells[0] == "n"]
    if any(some.cells[3] for some in numbers):
        return False
    return all(len({getattr(some, end) for some in numbers}) == len(numbers) for end in ("least", "most"))
