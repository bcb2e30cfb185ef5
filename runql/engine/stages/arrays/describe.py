"""What `describe` says of a column of many cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runql.engine.stages.arrays.codes import codes_of
from runql.engine.stages.arrays.groups import firsts_of
from runql.engine.stages.arrays.sums import Summands, group_means
from runql.engine.stages.arrays.vectors import BOOL, NULL, NUMBER, TIME, Bools, Floats, Vector, encode, listed, types_of
from runql.engine.stages.shared.described import NOTHING, Described, summary, type_of
from runql.language.kinds import Kind
from runql.semantic.values import MISSING, Missing, Value, kind_of

_KIND_OF_TAG = {NUMBER: Kind.NUMBER, BOOL: Kind.BOOL, TIME: Kind.TIME}
_GAPS = frozenset({type(None), Missing})
_CHUNK = 4096


def described(cells: Sequence[Value]) -> Described:
    """What the reference says of the column. Raises `NotHeld`."""
    import numpy as np

    if types_of(cells) - _GAPS == {str}:
        return _of_texts(listed(cells))
    with np.errstate(all="ignore"):
        vector = encode(cells)
        is_nan = (vector.tags == NUMBER) & np.isnan(vector.numbers)
        there = (vector.tags < NULL) & ~is_nan
        tags = np.flatnonzero(np.bincount(vector.tags[vector.tags < NULL])).tolist()
        if len(tags) == 1 and tags[0] in _KIND_OF_TAG and there.any():
            return _of_numbers(cells, vector, there, _KIND_OF_TAG[tags[0]])
        return _of_any(cells, vector, there)


def _of_texts(cells: list[Value]) -> Described:
    texts = [cell for cell in cells if type(cell) is str]
    different = set(texts)
    if len(different) == len(texts):
        top, often = texts[0], 1
    else:
        counts = Counter(texts)
        often = max(counts.values())
        top = next(text for text, count in counts.items() if count == often)
    missing, low, high = len(cells) - len(texts), min(different), max(different)
    return Described(type_of({Kind.TEXT: 1}), len(texts), missing, 0, low, high, MISSING, len(different), top, often)


def _of_numbers(cells: Sequence[Value], vector: Vector, there: Bools, kind: Kind) -> Described:
    """Of values of one kind that are held as numbers: sorted, equal ones stand side by side."""
    import numpy as np

    rows = None if there.all() else np.flatnonzero(there)
    numbers = vector.numbers if rows is None else vector.numbers[rows]
    inside = np.sort(numbers)
    starts = np.concatenate(([0], np.flatnonzero(inside[1:] != inside[:-1]) + 1))
    counts = np.diff(np.append(starts, len(inside)))
    often = int(counts.max())
    tops = inside[starts[counts == often]] if often > 1 else None

    def cell(place: int) -> Value:
        return cells[place if rows is None else int(rows[place])]

    is_number = kind is Kind.NUMBER
    mean = float(group_means(Summands(numbers, None, np.array([len(numbers)])))[0]) if is_number else MISSING
    missing = int((vector.tags >= NULL).sum())
    return Described(
        type_of({kind: 1}),
        len(numbers),
        missing,
        len(cells) - missing - len(numbers),
        cell(int((numbers == inside[0]).argmax())),
        cell(int((numbers == inside[-1]).argmax())),
        mean,
        len(starts),
        cell(0 if tops is None else _first_of(numbers, tops)),
        often,
    )


def _first_of(numbers: Floats, wanted: Floats) -> int:
    """Where the first number stands that is one of those wanted, which are sorted."""
    import numpy as np

    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        found = wanted[np.minimum(np.searchsorted(wanted, part), len(wanted) - 1)] == part
        if found.any():
            return start + int(found.argmax())
    raise AssertionError("a number that is not there")


def _of_any(cells: Sequence[Value], vector: Vector, there: Bools) -> Described:
    """Of unlike values: each different one once, as the reference does."""
    import numpy as np

    codes = codes_of(cells, sort_texts=False)
    counts = np.bincount(codes.numbers, minlength=codes.count)
    present = np.flatnonzero(counts)
    firsts = firsts_of(codes.numbers, codes.count)[present]
    order = np.argsort(firsts)
    found = zip(firsts[order].tolist(), counts[present][order].tolist(), strict=True)
    values = [(cell := cells[row], kind_of(cell), often, bool(there[row])) for row, often in found]
    kinds: Counter[Kind] = Counter()
    for _, kind, often, _ in values:
        kinds[kind] += often
    numbers = vector.numbers[there & (vector.tags == NUMBER)]
    mean = float(group_means(Summands(numbers, None, np.array([len(numbers)])))[0]) if len(numbers) else MISSING
    different = [(cell, kind, often) for cell, kind, often, is_there in values if is_there and kind not in NOTHING]
    return summary(different, kinds, mean)
