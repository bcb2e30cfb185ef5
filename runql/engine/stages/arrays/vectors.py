"""A column as arrays, what kind each cell is and its number, and back.

The vectors of a typed column are taken as they are. What arrays would not hold exactly (integers from 2^53 on,
durations, other libraries) is left to the reference.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from runql.engine.order import RANKS
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.values import column as typed
from runql.engine.values.coded import Coded
from runql.engine.values.column import Column, Numbers, Repeats
from runql.language.kinds import Kind
from runql.semantic.values import MISSING, Missing, Value

Array: TypeAlias = Any
Bools: TypeAlias = Any
Floats: TypeAlias = Any
Ints: TypeAlias = Any
Tags: TypeAlias = Any
Objects: TypeAlias = Any
"""NumPy arrays by what they hold. (To the type checker a comparison of two arrays is anything at all.)"""

LARGEST_WHOLE = 2**53
"""Below, a float is one integer and no other."""

_SIGN = 2**63
"""The bit of a double that says that it is negative."""

NUMBER, BOOL, TEXT, TIME = RANKS[Kind.NUMBER], RANKS[Kind.BOOL], RANKS[Kind.TEXT], RANKS[Kind.TIME]
LIST, RECORD, NULL, NO_VALUE = RANKS[Kind.LIST], RANKS[Kind.RECORD], RANKS[Kind.NULL], RANKS[Kind.MISSING]
IN_NUMBERS = (NUMBER, BOOL, TIME)
"""The kinds that `Vector.numbers` holds: bools as 0 and 1, times as seconds since 1970."""

_TAG_OF_TYPE: Mapping[type, int] = {
    float: NUMBER,
    int: NUMBER,
    bool: BOOL,
    str: TEXT,
    datetime: TIME,
    list: LIST,
    tuple: LIST,
    dict: RECORD,
    type(None): NULL,
    Missing: NO_VALUE,
}
_FLOATS, _INTS, _TEXTS, _TIMES = (frozenset({one}) for one in (float, int, str, datetime))
_GAP_OF_TAG = bytes.maketrans(bytes((NULL, NO_VALUE)), bytes((typed.NULL, typed.ABSENT)))
_TAG_OF_GAP = bytes.maketrans(bytes((typed.HELD, typed.NULL, typed.ABSENT)), bytes((NUMBER, NULL, NO_VALUE)))
_TIMES_HELD = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
"""Between these the seconds of two times that are a microsecond apart differ as floats."""


@dataclass(slots=True)
class Vector:
    """A column of n cells. `tags`: the rank of each cell's kind. `numbers`: of the kinds in `IN_NUMBERS`, else 0.

    `whole`: where a number is an integer. `cells`: the objects, wherever the tag is not of `IN_NUMBERS`, null or
    missing; also the source of a column that was not worked on. Cells of times alone may be left out. `codes`: those of
    its cells in their order, where they are known. `largest`: the largest magnitude among the numbers, once asked for.
    `is_plain`: every cell is known to be a number.
    """

    tags: Tags
    numbers: Floats
    whole: Bools
    cells: Objects | None = None
    codes: Any = None
    largest: float | None = None
    is_plain: bool = False

    def magnitude(self) -> float:
        """The largest magnitude among the numbers, of which there is one; NaN if one of them is."""
        if self.largest is None:
            self.largest = largest_magnitude(self.numbers)
        return self.largest

    def is_number(self) -> Bools:
        """Where a number that is not NaN stands."""
        import numpy as np

        return (self.tags == NUMBER) & ~np.isnan(self.numbers)


def largest_magnitude(numbers: Floats) -> float:
    """The largest magnitude; NaN if one is NaN. Floats without a sign are in the order of their bits: one pass."""
    import numpy as np

    top = int(numbers.view(np.uint64).max())
    if top < _SIGN:
        return float(np.uint64(top).view(np.float64))
    return max(float(numbers.max()), -float(numbers.min()))


def objects(cells: Sequence[Value]) -> Objects:
    """The cells as an array of objects, lists among them as one object each."""
    import numpy as np

    return np.fromiter(cells, object, len(cells))


def types_of(cells: Sequence[Value]) -> frozenset[type]:
    """The Python types of the cells."""
    return cells.types if isinstance(cells, Column) else frozenset(map(type, cells))


def listed(cells: Sequence[Value]) -> list[Value]:
    """The cells as a list, which is not to be changed."""
    if isinstance(cells, typed.Objects | Coded):
        return cells.cells
    return cells if isinstance(cells, list) else list(cells)


def encode(cells: Sequence[Value]) -> Vector:
    """A column as arrays. Raises `NotHeld`."""
    if isinstance(cells, Numbers):
        return _of_numbers_column(cells)
    if isinstance(cells, Repeats):
        return _repeated(cells)
    if isinstance(cells, Coded):
        return spread(encode(cells.values), cells.places)
    types = types_of(cells)
    if not isinstance(cells, typed.Objects) or datetime not in types:
        return _of_objects(listed(cells), types)
    if cells.vector is None:
        cells.vector = _of_objects(listed(cells), types)
    kept: Vector = cells.vector
    return kept


def _of_objects(cells: list[Value], types: frozenset[type]) -> Vector:
    import numpy as np

    length = len(cells)
    if types == _FLOATS:
        return _numeric(np.array(cells, np.float64), False)
    if types == _INTS:
        return _numeric(_integers(cells), True)
    if not types <= _TAG_OF_TYPE.keys():
        raise NotHeld
    held = objects(cells)
    if types == _TEXTS:
        return Vector(np.full(length, TEXT, np.uint8), np.zeros(length), np.zeros(length, bool), held)
    if types == _TIMES:
        return Vector(np.full(length, TIME, np.uint8), _numbers_of(TIME, cells), np.zeros(length, bool), held)
    tags = np.fromiter(map(_TAG_OF_TYPE.__getitem__, map(type, cells)), np.uint8, length)
    numbers, whole = np.zeros(length), np.zeros(length, bool)
    for tag in IN_NUMBERS:
        there = tags == tag
        if there.any():
            numbers[there] = _numbers_of(tag, held[there].tolist())
    if int in types:
        whole = (tags == NUMBER) & np.fromiter((kind is int for kind in map(type, cells)), bool, length)
    return Vector(tags, numbers, whole, held)


def _of_numbers_column(cells: Numbers) -> Vector:
    import numpy as np

    length = len(cells)
    values = np.asarray(cells.values)
    if cells.gaps is None:
        tags = np.zeros(length, np.uint8)
    else:
        tags = np.frombuffer(cells.gaps.translate(_TAG_OF_GAP), np.uint8).copy()
    if cells.is_whole:
        if length and max(-int(values.min()), int(values.max())) >= LARGEST_WHOLE:
            raise NotHeld
        return Vector(tags, values.astype(np.float64), tags == NUMBER)
    if cells.whole is None:
        return Vector(tags, values, np.zeros(length, bool), is_plain=cells.gaps is None)
    whole = np.frombuffer(cells.whole, np.uint8).astype(bool) & (tags == NUMBER)
    if (np.abs(values[whole]) >= LARGEST_WHOLE).any():
        raise NotHeld
    return Vector(tags, values, whole)


def _repeated(cells: Repeats) -> Vector:
    import numpy as np

    one = encode(list(cells.values))
    counts = np.asarray(cells.counts)
    held = None if one.cells is None else one.cells.repeat(counts)
    return Vector(one.tags.repeat(counts), one.numbers.repeat(counts), one.whole.repeat(counts), held)


def spread(few: Vector, places: Ints) -> Vector:
    """A row for each place, with the cell that is there."""
    cells = None if few.cells is None else few.cells[places]
    return Vector(few.tags[places], few.numbers[places], few.whole[places], cells)


def _numbers_of(tag: int, cells: list[Value]) -> Floats:
    import numpy as np

    if tag == TIME:
        numbers = np.fromiter(map(datetime.timestamp, cells), np.float64, len(cells))
        low, high = (bound.timestamp() for bound in _TIMES_HELD)
        if numbers.min() < low or numbers.max() > high:
            raise NotHeld
        return numbers
    if tag == NUMBER and int in set(map(type, cells)):
        _integers([cell for cell in cells if type(cell) is int])
    return np.array(cells, np.float64)


def _integers(cells: Sequence[Value]) -> Floats:
    import numpy as np

    try:
        numbers = np.array(cells, np.float64)
    except OverflowError:
        raise NotHeld from None
    if np.abs(numbers).max() >= LARGEST_WHOLE:
        raise NotHeld
    return numbers


def _numeric(numbers: Floats, whole: bool) -> Vector:
    import numpy as np

    return Vector(np.zeros(len(numbers), np.uint8), numbers, np.full(len(numbers), whole))


def time_numbers(numbers: Floats) -> Floats:
    """Seconds since 1970 as times hold them, to the microsecond. Raises `NotHeld` outside of the years held."""
    import numpy as np

    low, high = (bound.timestamp() for bound in _TIMES_HELD)
    if len(numbers) and not (low <= numbers.min() and numbers.max() <= high):
        raise NotHeld
    whole = np.trunc(numbers)
    return (whole * 1e6 + np.rint((numbers - whole) * 1e6)) / 1e6


def times_of(numbers: Floats) -> Objects:
    """Seconds since 1970 as times."""
    import numpy as np

    micros = np.rint(numbers * 1e6).astype("datetime64[us]")
    made = np.empty(len(numbers), object)
    made[:] = [time.replace(tzinfo=UTC) for time in micros.tolist()]
    return made


def constant(value: Value, length: int) -> Vector:
    """The same value in every row."""
    import numpy as np

    one = encode([value])
    cells = None
    if one.cells is not None:
        cells = np.empty(length, object)
        cells.fill(one.cells[0])
    # Of the numbers one is held, not one a row: work on a whole column with one number is the fastest.
    return Vector(one.tags.repeat(length), np.broadcast_to(one.numbers, length), one.whole.repeat(length), cells)


def of_truth(is_true: Bools, is_known: Bools | None = None) -> Vector:
    """A column of truth values, missing where the truth is unknown."""
    import numpy as np

    length = len(is_true)
    tags = np.full(length, BOOL, np.uint8)
    if is_known is not None:
        tags[~is_known] = NO_VALUE
    return Vector(tags, (is_true & (tags == BOOL)).astype(np.float64), np.zeros(length, bool))


def of_numbers(numbers: Floats, whole: Bools, is_known: Bools) -> Vector:
    """A column of numbers, missing where there is none. Raises `NotHeld` if an integer is too large."""
    import numpy as np

    everywhere = bool(is_known.all())
    if everywhere and not whole.any():
        return _numeric(numbers, False)
    if not everywhere:
        numbers, whole = numbers.copy(), whole & is_known
        numbers[~is_known] = 0.0
    if too_large(numbers, whole):
        raise NotHeld
    if whole.all():
        numbers = numbers + 0.0  # an integer zero has no sign
    elif (zeros := whole & (numbers == 0)).any():
        numbers = np.where(zeros, 0.0, numbers)
    tags = np.full(len(numbers), NUMBER, np.uint8)
    if not everywhere:
        tags[~is_known] = NO_VALUE
    return Vector(tags, numbers, whole)


def too_large(numbers: Floats, whole: Bools) -> bool:
    """Whether a float that is to be an integer is not only that one."""
    import numpy as np

    if not whole.any():
        return False
    if whole.all():
        return not largest_magnitude(numbers) < LARGEST_WHOLE
    return bool((whole & (np.abs(numbers) >= LARGEST_WHOLE)).any())


def choose(here: Bools, then: Vector, otherwise: Vector) -> Vector:
    """One column where the flag is set, the other elsewhere."""
    import numpy as np

    cells = None
    if then.cells is not None or otherwise.cells is not None:
        cells = np.where(here, _filled(then), _filled(otherwise))
    return Vector(
        np.where(here, then.tags, otherwise.tags),
        np.where(here, then.numbers, otherwise.numbers),
        np.where(here, then.whole, otherwise.whole),
        cells,
    )


def _filled(vector: Vector) -> Objects:
    import numpy as np

    if vector.cells is not None:
        return vector.cells
    cells = np.empty(len(vector.tags), object)
    there = vector.tags == TIME
    if there.any():
        cells[there] = times_of(vector.numbers[there])
    return cells


def decode(vector: Vector) -> Column:
    """The column that a vector is."""
    import numpy as np

    tags, numbers, whole = vector.tags, vector.numbers, vector.whole
    if (tags == NUMBER).any() and not ((tags != NUMBER) & (tags < NULL)).any():
        return numbers_column(numbers, whole, tags if tags.any() else None)
    cells = np.empty(len(tags), object)
    there = tags == NUMBER
    cells[there] = numbers[there]
    cells[there & whole] = numbers[there & whole].astype(np.int64)
    there = tags == BOOL
    cells[there] = numbers[there].astype(bool)
    cells[tags == NO_VALUE] = MISSING
    rest = (tags == TEXT) | (tags == TIME) | (tags == LIST) | (tags == RECORD)
    if rest.any():
        cells[rest] = _filled(vector)[rest]
    made = typed.Objects(cells.tolist())
    if (tags == TIME).any():
        made.vector = vector
    return made


def numbers_column(numbers: Floats, whole: Bools, tags: Tags | None = None) -> Column:
    """A column of numbers, at least one, and gaps where a tag says null or missing."""
    import numpy as np

    gaps = None if tags is None else tags.tobytes().translate(_GAP_OF_TAG)
    if not whole.any():
        return Numbers(array_of("d", numbers), None, gaps)
    if (whole if tags is None else whole | (tags != NUMBER)).all():
        return Numbers(array_of("q", numbers.astype(np.int64)), None, gaps)
    return Numbers(array_of("d", numbers), whole.astype(np.uint8).tobytes(), gaps)


def integers_column(numbers: Ints) -> Column:
    """A column of integers of 64 bits."""
    import numpy as np

    return Numbers(array_of("q", numbers.astype(np.int64, copy=False)))


def gaps_of(gaps: bytes | None) -> bytes | None:
    """The gaps of a column, if it has one."""
    return None if gaps is None or gaps.count(typed.HELD) == len(gaps) else gaps


def array_of(code: str, numbers: Any) -> array[Any]:
    """The numbers as an array of the standard library."""
    import numpy as np

    made = array(code)
    made.frombytes(np.ascontiguousarray(numbers).data.cast("B") if len(numbers) else b"")
    return made
