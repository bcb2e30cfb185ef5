"""The order of runs: total, the same everywhere, missing and NaN last in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import attrgetter, eq, gt, lt

from runql.engine.compare import ORDERED_KINDS, as_number, is_nan
from runql.engine.evaluate import AggregatesOf, values_of
from runql.engine.fields import values_of_runs
from runql.language.kinds import Kind
from runql.semantic.record import RunRecord, RunRows, cells_of
from runql.semantic.typed import TField, TOrderKey
from runql.semantic.values import Value, kind_of

RANKS = {
    kind: rank
    for rank, kind in enumerate(
        (Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME, Kind.LIST, Kind.RECORD, Kind.NULL, Kind.MISSING)
    )
}
_SMALLEST_BUFFER = 1024


def rank_of(value: Value) -> float:
    """Where values of its kind stand within an order key; NaN stands between the records and null."""
    return RANKS[Kind.NULL] - 0.5 if is_nan(value) else RANKS[kind_of(value)]


def sort_records(
    records: Iterable[RunRecord],
    keys: Sequence[TOrderKey] = (),
    aggregates_of: AggregatesOf | None = None,
) -> Sequence[RunRecord]:
    """The runs in the order of the keys, ties by `created`, then by id. Equal ones stay in the order given.

    Rows that stand in it already are given back as they are.
    """
    ordered: Sequence[RunRecord] = records if isinstance(records, RunRows) else list(records)
    if isinstance(ordered, RunRows) and _are_sorted(ordered, keys):
        return ordered
    times = cells_of(ordered, "created")
    if None in times:
        ordered = sorted(ordered, key=_tie_key)
    elif not all(map(lt, times, times[1:])):  # a page mostly comes in this order, without a tie
        ordered = sorted(ordered, key=_created_and_id)
    for key in reversed(keys):
        values = values_of(key.value, ordered, aggregates_of)
        ordered = [ordered[index] for index in sorted_indices(values, descending=key.descending)]
    return ordered


def sorted_indices(values: Sequence[Value], *, descending: bool = False) -> list[int]:
    """The places of the values in their order; equal ones, lists and records among themselves, stay as given."""
    if _are_plain(values):
        return sorted(range(len(values)), key=values.__getitem__, reverse=descending)
    ranked: dict[float, list[int]] = {}
    for index, value in enumerate(values):
        ranked.setdefault(rank_of(value), []).append(index)
    comparable = {float(RANKS[kind]) for kind in ORDERED_KINDS}
    result: list[int] = []
    for rank in sorted(ranked):
        indices = ranked[rank]
        if rank in comparable:
            # `reverse` keeps equal ones in the order given.
            indices.sort(key=lambda index: as_number(values[index]), reverse=descending)
        result += indices
    return result


def _are_sorted(rows: RunRows, keys: Sequence[TOrderKey]) -> bool:
    """Whether runs stand in the order of a field, without a tie."""
    if len(keys) != 1 or not isinstance(only := keys[0].value, TField):
        return False
    return is_strictly_sorted(values_of_runs(only.key, rows), descending=keys[0].descending)


def _are_plain(values: Sequence[Value]) -> bool:
    """Whether all are of one kind that Python orders as we do, and none is NaN, which is not equal to itself."""
    types = set(map(type, values))
    return types in ({datetime}, {str}, {int}) or (types <= {int, float} and all(map(eq, values, values)))


def is_strictly_sorted(values: Sequence[Value], *, descending: bool) -> bool:
    """Whether the values stand in their order, without a tie."""
    return _are_plain(values) and all(map(gt if descending else lt, values, values[1:]))


def top(
    records: Iterable[RunRecord],
    keys: Sequence[TOrderKey],
    limit: int,
    aggregates_of: AggregatesOf | None = None,
) -> list[RunRecord]:
    """The first `limit` runs of `sort_records`, holding no more than a small multiple of `limit` at a time."""
    if limit <= 0:
        return []
    room = max(2 * limit, _SMALLEST_BUFFER)
    buffer: list[RunRecord] = []
    for record in records:
        buffer.append(record)
        if len(buffer) >= room:
            buffer = list(sort_records(buffer, keys, aggregates_of)[:limit])
    return list(sort_records(buffer, keys, aggregates_of)[:limit])


_created_and_id = attrgetter("created", "id")
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def _tie_key(record: RunRecord) -> tuple[bool, datetime, str]:
    return record.created is None, record.created or _END_OF_TIME, record.id
