"""Functions of texts, casts and parts of times over whole columns: each different value is worked on once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import add
from typing import Final

from runql.engine.casts import to_text
from runql.engine.evaluate import compile_row
from runql.engine.functions import FUNCTIONS
from runql.engine.stages.arrays.codes import Codes, codes_of, codes_of_numbers
from runql.engine.stages.arrays.vectors import (
    NO_VALUE,
    NULL,
    NUMBER,
    TEXT,
    TIME,
    Bools,
    Floats,
    Ints,
    Vector,
    decode,
    encode,
    of_numbers,
    time_numbers,
)
from runql.engine.stages.shared.rows import NotHeld, cells_in
from runql.engine.table import Table
from runql.engine.time_functions import ZONED
from runql.engine.values.column import Objects
from runql.semantic import typed as t
from runql.semantic.values import MISSING, Missing, Value

_OF_TEXTS: Final = "lower upper len replace substr split extract trim number bool"
OF_TEXTS: Final = frozenset(_OF_TEXTS.split())
"""The functions whose first argument is worked on by its different texts; the others must be constants."""

OF_TIMES: Final = frozenset({"date", "week", "month", "year", "hour", "weekday", "format"})

_WIDTHS: Final = (86_400, 3_600, 900)
"""The seconds of a day, an hour, a quarter of one."""
_TEXTS_AND_GAPS: Final = frozenset({str, type(None), Missing})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = timedelta(microseconds=1)


def of_texts(node: t.TCall, vector: Vector) -> Vector:
    """A function of one column of texts. Raises `NotHeld` for cells of other kinds, which the reference does."""
    import numpy as np

    if node.name == "number" and not ((vector.tags != NUMBER) & (vector.tags < NULL)).any():
        return of_numbers(vector.numbers, vector.whole, vector.tags == NUMBER)
    texts = vector.tags == TEXT
    rest = constants_of(node.arguments[1:])
    work = partial(_called, FUNCTIONS[node.name], rest)
    if not texts.any() or not (texts | (vector.tags >= NULL)).all():
        raise NotHeld
    if vector.cells is None:
        raise NotHeld
    everywhere = bool(texts.all())
    cells = (vector.cells if everywhere else vector.cells[texts]).tolist()
    different = dict.fromkeys(cells)
    made = encode([work(text) for text in different])
    place = dict(zip(different, range(len(different)), strict=True))
    taken = np.fromiter(map(place.__getitem__, cells), np.int64, len(cells))
    return _spread(made, taken, None if everywhere else texts)


def _called(function: Callable[..., Value], rest: Sequence[Value], value: Value) -> Value:
    return function(value, *rest)


def constants_of(nodes: Sequence[t.TypedExpr]) -> list[Value]:
    """The values of arguments that are written out. Raises `NotHeld` for others."""
    if not all(isinstance(node, t.TConst) for node in nodes):
        raise NotHeld
    return [node.value for node in nodes if isinstance(node, t.TConst)]


def _spread(made: Vector, taken: Ints, where: Bools | None) -> Vector:
    """A few results in the rows that have them; missing in the others."""
    import numpy as np

    vector = Vector(
        made.tags[taken], made.numbers[taken], made.whole[taken], None if made.cells is None else made.cells[taken]
    )
    if where is None:
        return vector
    length = len(where)
    tags, numbers, whole = np.full(length, NO_VALUE, np.uint8), np.zeros(length), np.zeros(length, bool)
    tags[where], numbers[where], whole[where] = vector.tags, vector.numbers, vector.whole
    cells = None
    if vector.cells is not None:
        cells = np.empty(length, object)
        cells[where] = vector.cells
    return Vector(tags, numbers, whole, cells)


def by_different(expr: t.TypedExpr, table: Table) -> Vector | None:
    """An expression that reads one column of texts, worked out once for each different text by the reference. `None` if
    it is none, or the texts are too many for that."""
    import numpy as np

    names = cells_in(expr)
    column = table.columns.get(names[0]) if len(names) == 1 else None
    if not isinstance(column, Objects) or not column.types <= _TEXTS_AND_GAPS:
        return None
    codes = codes_of(column, sort_texts=False)
    if codes.count > table.length // 2:
        return None
    rows = np.full(codes.count, -1, np.int64)
    rows[codes.numbers] = np.arange(table.length)
    value_of = compile_row(expr)
    cells = column.cells
    made = encode([value_of({names[0]: cells[row]}) if row >= 0 else MISSING for row in rows.tolist()])
    return _spread(made, codes.numbers, None)


def concat(vectors: Sequence[Vector | str], length: int) -> Vector:
    """The cells of several columns as texts, one behind the other; a constant is a text."""
    import numpy as np

    lacking = np.zeros(length, bool)
    before, lists = "", list[list[str]]()
    for vector in vectors:
        if isinstance(vector, str):
            before += vector
            continue
        lacking |= vector.tags >= NULL
        lists.append(_as_texts(vector, before))
        before = ""
    if before:
        lists.append([before] * length)
    joined: Iterable[str] = map(add, *lists) if len(lists) == 2 else map("".join, zip(*lists, strict=True))
    cells = np.fromiter(joined, object, length)
    tags = np.where(lacking, np.uint8(NO_VALUE), np.uint8(TEXT))
    return Vector(tags, np.zeros(length), np.zeros(length, bool), cells)


def _as_texts(vector: Vector, before: str) -> list[str]:
    """Each cell as text, with a constant before it; what is null or missing as an empty one."""
    import numpy as np

    if (vector.tags == TEXT).all() and vector.cells is not None:
        texts: list[str] = vector.cells.tolist()
        if not before:
            return texts
        known = {text: before + text for text in set(texts)}
        return list(map(known.__getitem__, texts))
    if (
        (vector.tags == NUMBER).all()
        and not np.isnan(vector.numbers).any()
        and (vector.whole.all() or not vector.whole.any())
    ):
        codes = codes_of_numbers(vector.numbers)
        if codes.count < len(vector.tags) // 4:
            return _texts_of_codes(vector, codes, before)
    made = (to_text(cell) for cell in decode(vector))
    return ["" if text is MISSING else before + text for text in made]


def _texts_of_codes(vector: Vector, codes: Codes, before: str) -> list[str]:
    import numpy as np

    rows = np.full(codes.count, -1, np.int64)
    rows[codes.numbers] = np.arange(len(codes.numbers))
    is_whole = bool(vector.whole.all())
    numbers = vector.numbers[rows].tolist()
    names = [before + str(to_text(int(number) if is_whole else number)) for number in numbers]
    return list(map(names.__getitem__, codes.numbers.tolist()))


# ---------------------------------------------------------------- times


def time_of_numbers(vector: Vector) -> Vector:
    """`time` of a column of numbers, seconds since 1970. Raises `NotHeld` for cells of other kinds."""
    import numpy as np

    if not (vector.tags == NUMBER).all() or not np.isfinite(vector.numbers).all():
        raise NotHeld
    numbers = time_numbers(vector.numbers)
    return Vector(np.full(len(numbers), TIME, np.uint8), numbers, np.zeros(len(numbers), bool), None)


def of_times(node: t.TCall, vector: Vector) -> Vector:
    """A part of each time, in a zone. What it is for a whole day, or a quarter of an hour, is asked once."""
    import numpy as np

    times = vector.tags == TIME
    if not times.any() or node.zone is None:
        raise NotHeld
    everywhere = bool(times.all())
    seconds = vector.numbers if everywhere else vector.numbers[times]
    rest = constants_of(node.arguments[1:])
    work = partial(_of_time, partial(ZONED[node.name], node.zone), rest)
    if node.name == "format" and _is_fine(str(rest[0])):
        raise NotHeld
    found = _TimeStretches(seconds, work)
    made = encode(found.results)
    vector = _spread(made, found.taken, None if everywhere else times)
    if everywhere and (made.tags == TIME).all():
        values, ranks = np.unique(made.numbers, return_inverse=True)
        vector.codes = Codes(ranks.reshape(-1)[found.taken], len(values))
    return vector


def _is_fine(pattern: str) -> bool:
    """Whether a pattern of `format` tells minutes or less apart."""
    return any(f"%{one}" in pattern for one in "MSfT")


def _of_time(work: Callable[..., Value], rest: Sequence[Value], moment: datetime) -> Value:
    return work(moment, *rest)


class _TimeStretches:
    """What is asked of times, once for each stretch that has the same at both of its ends; for the others by shorter
    stretches. `results`: what was found; `taken`: which of them is that of each row."""

    def __init__(self, seconds: Floats, work: Callable[[datetime], Value]) -> None:
        import numpy as np

        self.results: list[Value] = []
        self.taken = np.full(len(seconds), -1, np.int64)
        self._seconds, self._work = seconds, work
        rows = np.arange(len(seconds))
        for width in _WIDTHS:
            rows = self._by(width, rows) if len(rows) else rows
        for row in rows.tolist():  # a distance from UTC that is no whole number of quarters
            self.taken[row] = len(self.results)
            self.results.append(work(_EPOCH + timedelta(seconds=float(seconds[row]))))

    def _by(self, width: int, rows: Ints) -> Ints:
        """The rows that are left."""
        import numpy as np

        places = np.floor_divide(self._seconds[rows], width).astype(np.int64)
        low = int(places.min())
        if int(places.max()) - low > 8 * len(rows) + 2**16:
            return rows
        counts = np.bincount(places - low)
        which = np.full(len(counts), -1, np.int64)
        for place in np.flatnonzero(counts).tolist():
            begin = _EPOCH + timedelta(seconds=(place + low) * width)
            first, last = self._work(begin), self._work(begin + timedelta(seconds=width) - _LAST)
            if first == last:
                which[place] = len(self.results)
                self.results.append(first)
        found = which[places - low]
        self.taken[rows] = found
        return rows[found < 0]
