"""Functions of texts, casts and parts of times over whole columns: each different value is worked on once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from runql.engine.evaluate import compile_row
from runql.engine.functions import FUNCTIONS
from runql.engine.stages.arrays.codes import codes_of, dense, rows_of
from runql.engine.stages.arrays.functions.time_parts import PARTS, part_of
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
    spread,
    time_numbers,
)
from runql.engine.stages.shared.rows import NotHeld, cells_in
from runql.engine.table import Table
from runql.engine.text_functions import bounded
from runql.engine.time_functions import ZONED
from runql.engine.values.coded import Coded
from runql.engine.values.column import Column, Numbers, Objects, column_of
from runql.semantic import typed as t
from runql.semantic.values import Missing, Value

_OF_TEXTS: Final = "lower upper len replace substr split extract trim number bool"
OF_TEXTS: Final = frozenset(_OF_TEXTS.split())
"""The functions whose first argument is worked on by its different texts; the others must be constants."""

OF_TIMES: Final = PARTS | {"format"}
HELD: Final = OF_TEXTS | OF_TIMES | {"concat", "time"}
"""What this module and its neighbours work out."""

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
    work = partial(_called, bounded(node.name, node.span, FUNCTIONS[node.name]), rest)
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
    return spread(made, taken) if everywhere else _scattered(spread(made, taken), texts)


def _called(function: Callable[..., Value], rest: Sequence[Value], value: Value) -> Value:
    return function(value, *rest)


def constants_of(nodes: Sequence[t.TypedExpr]) -> list[Value]:
    """The values of arguments that are written out. Raises `NotHeld` for others."""
    if not all(isinstance(node, t.TConst) for node in nodes):
        raise NotHeld
    return [node.value for node in nodes if isinstance(node, t.TConst)]


def _scattered(vector: Vector, where: Bools) -> Vector:
    """The cells in the rows that have them; missing in the others."""
    import numpy as np

    length = len(where)
    tags, numbers, whole = np.full(length, NO_VALUE, np.uint8), np.zeros(length), np.zeros(length, bool)
    tags[where], numbers[where], whole[where] = vector.tags, vector.numbers, vector.whole
    cells = None
    if vector.cells is not None:
        cells = np.empty(length, object)
        cells[where] = vector.cells
    return Vector(tags, numbers, whole, cells)


def by_different(expr: t.TypedExpr, table: Table) -> Column | None:
    """An expression that reads one column of texts, worked out once for each different text by the reference. `None` if
    it is none, or the texts are too many for that."""
    names = cells_in(expr)
    column = table.columns.get(names[0]) if len(names) == 1 else None
    if not isinstance(column, Objects | Coded) or not column.types <= _TEXTS_AND_GAPS:
        return None
    texts, places = (column.values, column.places) if isinstance(column, Coded) else _different(column)
    if len(texts) > table.length // 2:
        return None
    value_of = compile_row(expr)
    return _at(places, [value_of({names[0]: text}) for text in texts])


def _different(column: Objects) -> tuple[list[Value], Ints]:
    """The different cells of a column, and which of them each row has."""
    places, count = dense(codes_of(column, sort_texts=False))
    return [column.cells[row] for row in rows_of(places, count).tolist()], places


def _at(places: Ints, values: list[Value]) -> Column:
    """The column that has these values at these places."""
    few = column_of(values)
    return decode(spread(encode(few), places)) if isinstance(few, Numbers) else Coded(values, places)


# ---------------------------------------------------------------- times


def time_of_numbers(vector: Vector) -> Vector:
    """`time` of a column of numbers, seconds since 1970. Raises `NotHeld` for cells of other kinds."""
    import numpy as np

    if not (vector.tags == NUMBER).all() or not np.isfinite(vector.numbers).all():
        raise NotHeld
    numbers = time_numbers(vector.numbers)
    return Vector(np.full(len(numbers), TIME, np.uint8), numbers, np.zeros(len(numbers), bool), None)


def of_times(node: t.TCall, vector: Vector) -> Vector | Column:
    """A part of each time, in a zone. What `format` writes for a whole day, or a quarter of an hour, is asked once."""

    times = vector.tags == TIME
    if not times.any() or node.zone is None:
        raise NotHeld
    everywhere = bool(times.all())
    seconds = vector.numbers if everywhere else vector.numbers[times]
    if node.name in PARTS:
        part = part_of(node.name, node.zone, seconds)
        return part if everywhere else _scattered(encode(part), times)
    rest = constants_of(node.arguments[1:])
    work = partial(_of_time, partial(ZONED[node.name], node.zone), rest)
    if node.name == "format" and _is_fine(str(rest[0])):
        raise NotHeld
    found = _TimeStretches(seconds, work)
    if everywhere:
        return _at(found.taken, found.results)
    return _scattered(spread(encode(found.results), found.taken), times)


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
        self._exact, self._seconds = seconds, np.floor(seconds).astype(np.int64)
        self._work = work
        rows = np.arange(len(seconds))
        for width in _WIDTHS:
            rows = self._by(width, rows) if len(rows) else rows
        for row in rows.tolist():  # a distance from UTC that is no whole number of quarters
            self.taken[row] = len(self.results)
            self.results.append(work(_EPOCH + timedelta(seconds=float(self._exact[row]))))

    def _by(self, width: int, rows: Ints) -> Ints:
        """The rows that are left."""
        import numpy as np

        places = self._seconds[rows] // width
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
