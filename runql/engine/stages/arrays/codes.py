"""A column as codes: a number from 0 for each cell, the same for cells that look the same."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from runql.engine.compare import identity
from runql.engine.stages.arrays.sorting import stable_order
from runql.engine.stages.arrays.vectors import (
    BOOL,
    LIST,
    NO_VALUE,
    NULL,
    NUMBER,
    RECORD,
    TEXT,
    TIME,
    Floats,
    Ints,
    Vector,
    encode,
    listed,
    types_of,
)
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.values.coded import Coded
from runql.engine.values.column import Numbers, Objects, Repeats
from runql.semantic.values import Missing, Value

_SAMPLE = 1024
_FEW = 256
_TEXTS = frozenset({str})
_GAPS = frozenset({type(None), Missing})


@dataclass(slots=True)
class Codes:
    """`numbers`: one a cell, all below `count`; not each number need occur.

    `in_order`: whether they rise in the order of the values. Lists and records have none.
    """

    numbers: Ints
    count: int
    in_order: bool = True


def codes_of(cells: Sequence[Value], *, sort_texts: bool = True) -> Codes:
    """The codes of a column. Without `sort_texts` those of texts need not be in order."""

    if isinstance(cells, Repeats | Coded):
        inner = codes_of(list(cells.values), sort_texts=sort_texts)
        numbers = inner.numbers[cells.places] if isinstance(cells, Coded) else inner.numbers.repeat(_counts(cells))
        return Codes(numbers, inner.count, inner.in_order)
    if isinstance(cells, Numbers) and (narrow := _of_narrow(cells)) is not None:
        return narrow
    if isinstance(cells, Objects) and not cells.types - _TEXTS - _GAPS:
        return _kept(cells, sort_texts=sort_texts)
    if types_of(cells) == _TEXTS:
        return _of_texts(listed(cells), sort_texts=sort_texts)
    try:
        vector = encode(cells)
    except NotHeld:
        return _of_identities(map(identity, cells), len(cells))
    return _of_vector(vector, sort_texts=sort_texts)


def _counts(cells: Repeats) -> Ints:
    import numpy as np

    return np.asarray(cells.counts)


def _of_narrow(column: Numbers) -> Codes | None:
    """Of integers without gaps that are not far apart."""
    import numpy as np

    if not column.is_whole or column.has_gaps or not len(column):
        return None
    integers = np.asarray(column.values)
    low, high = int(integers.min()), int(integers.max())
    return Codes(integers - low, high - low + 1) if high - low < 2 * len(column) + _SAMPLE else None


def _kept(column: Objects, *, sort_texts: bool) -> Codes:
    """The codes of texts, made once for a column."""
    kept: Codes | None = column.codes
    if kept is None or (sort_texts and not kept.in_order):
        if column.types == _TEXTS:
            kept = _of_texts(column.cells, sort_texts=sort_texts)
        else:
            kept = _of_vector(encode(column), sort_texts=sort_texts)
        column.codes = kept
    return kept


def _of_vector(vector: Vector, *, sort_texts: bool) -> Codes:
    """Kind after kind in the order of kinds; NaN stands behind the records, before null."""
    import numpy as np

    if vector.codes is not None:
        kept: Codes = vector.codes
        return kept
    tags = vector.tags
    is_nan = np.isnan(vector.numbers)
    if not tags.any() and not is_nan.any():
        return codes_of_numbers(vector.numbers)
    is_nan &= tags == NUMBER
    numbers, used, in_order = np.zeros(len(tags), np.int64), 0, True
    for tag in (NUMBER, BOOL, TEXT, TIME, LIST, RECORD):
        there = (tags == tag) & ~is_nan
        if there.any():
            inside = _of_kind(vector, tag, there, sort_texts=sort_texts)
            numbers[there] = inside.numbers + used
            used, in_order = used + inside.count, in_order and inside.in_order
    for place, there in enumerate((is_nan, tags == NULL, tags == NO_VALUE)):
        numbers[there] = used + place
    return Codes(numbers, used + 3, in_order)


def _of_kind(vector: Vector, tag: int, there: Ints, *, sort_texts: bool) -> Codes:
    """The codes of the cells of one kind."""
    if tag in (NUMBER, BOOL, TIME):
        return codes_of_numbers(vector.numbers[there])
    assert vector.cells is not None
    cells = vector.cells[there].tolist()
    return _of_texts(cells, sort_texts=sort_texts) if tag == TEXT else _of_identities(map(identity, cells), len(cells))


# ---------------------------------------------------------------- numbers


def codes_of_numbers(numbers: Floats) -> Codes:
    """At least one number, none NaN. Small integers are their own codes; few values are compared, many sorted."""
    import numpy as np

    low, high = float(numbers.min()), float(numbers.max())
    is_narrow = high - low < 2 * len(numbers) + _SAMPLE  # not where either is infinite
    if is_narrow and (np.floor(numbers) == numbers).all():
        return Codes((numbers - low).astype(np.int64), int(high - low) + 1)
    sample = _sample(numbers)
    found = _of_few(numbers, sample) if len(sample) <= _FEW else None
    return _by_sorting(numbers) if found is None else found


def bits_of(cells: Sequence[Value]) -> Ints | None:
    """A number a cell, the same for cells that look the same, of a column of doubles that hardly occur twice; `None` of
    any other, which is better told by its codes."""
    import numpy as np

    if not isinstance(cells, Numbers) or cells.is_whole or cells.whole is not None or cells.has_gaps or not len(cells):
        return None
    numbers = np.asarray(cells.values)
    if len(_sample(numbers)) <= _FEW or np.isnan(numbers.min()):
        return None
    return (numbers + 0.0).view(np.int64)  # there are two zeros, which are alike


def _sample(numbers: Floats) -> Floats:
    import numpy as np

    return np.unique(numbers[:: max(1, len(numbers) // _SAMPLE)] + 0.0)


def _of_few(numbers: Floats, sample: Floats) -> Codes | None:
    """Codes by comparison with the values of a sample; `None` if the column holds many more values."""
    import numpy as np

    values = sample
    while len(values) <= _FEW:
        codes: Ints = np.searchsorted(values[:-1], numbers)
        unlike = values[codes] != numbers
        if not unlike.any():
            return Codes(codes, len(values))
        values = np.union1d(values, numbers[unlike][: _FEW * _FEW] + 0.0)
    return None


def _by_sorting(numbers: Floats) -> Codes:
    import numpy as np

    order = np.argsort(numbers)
    inside = numbers[order]
    ranks = np.zeros(len(numbers), np.int64)
    np.cumsum(inside[1:] != inside[:-1], out=ranks[1:])
    codes = np.empty(len(numbers), np.int64)
    codes[order] = ranks
    return Codes(codes, int(ranks[-1]) + 1)


# ---------------------------------------------------------------- texts, lists and records


def _of_texts(cells: list[str], *, sort_texts: bool) -> Codes:
    import numpy as np

    different = list(dict.fromkeys(cells))
    in_order = sort_texts or len(different) <= _FEW
    if in_order:
        different.sort()
    place = dict(zip(different, range(len(different)), strict=True))
    return Codes(np.fromiter(map(place.__getitem__, cells), np.int64, len(cells)), len(different), in_order)


def _of_identities(identities: Iterable[Hashable], length: int) -> Codes:
    """As they first occur."""
    import numpy as np

    seen: dict[Hashable, int] = {}
    numbers = np.fromiter((seen.setdefault(one, len(seen)) for one in identities), np.int64, length)
    return Codes(numbers, len(seen), in_order=False)


# ---------------------------------------------------------------- several columns


def joined(columns: Sequence[Codes], length: int) -> Codes:
    """The codes of rows over several columns, each of which occurs; in order where those of all columns are."""
    import numpy as np

    numbers, count = np.zeros(length, np.int64), 1
    for column in columns:
        count *= column.count
        numbers = column.numbers if count == column.count else numbers * column.count + column.numbers
        if count > 2 * length + _SAMPLE:
            numbers, count = _dense(numbers, count)
    numbers, count = _dense(numbers, count)
    return Codes(numbers, count, all(column.in_order for column in columns))


def dense(codes: Codes) -> tuple[Ints, int]:
    """Codes each of which occurs, in the same order, and how many they are."""
    return _dense(codes.numbers, codes.count)


def rows_of(numbers: Ints, count: int) -> Ints:
    """A row of each code; each must occur."""
    import numpy as np

    rows = np.empty(count, np.int64)
    rows[numbers] = np.arange(len(numbers))
    return rows


def _dense(numbers: Ints, count: int) -> tuple[Ints, int]:
    """The same codes, without those that don't occur, in the same order."""
    import numpy as np

    if count > 4 * len(numbers) + _SAMPLE * _SAMPLE:
        order = stable_order(numbers)
        inside = numbers[order]
        ranks = np.zeros(len(numbers), np.int64)
        np.cumsum(inside[1:] != inside[:-1], out=ranks[1:])
        codes = np.empty(len(numbers), np.int64)
        codes[order] = ranks
        return codes, int(ranks[-1]) + 1
    there = np.bincount(numbers, minlength=count) > 0
    if there.all():
        return numbers, count
    places = np.cumsum(there) - 1
    return places[numbers], int(places[-1]) + 1
