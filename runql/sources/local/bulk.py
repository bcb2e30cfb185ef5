"""Many rows of a run file at once: those that hold plain numbers under keys that are known, as nearly all do.

The rows are laid end to end, and NumPy walks them side by side, item by item. A row that holds anything else is left to
the reader of single rows (`history.py`): of those that are read here every byte was compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from runql.semantic.json_text import MOST_DIGITS, read_json
from runql.text.frozen import frozen

Slice: TypeAlias = tuple[bytes, int, int]
"""A history record: the bytes that hold it, its start and its end."""

Ints: TypeAlias = Any
Bytes: TypeAlias = Any
Bools: TypeAlias = Any
"""NumPy arrays by what they hold."""

MOST_ROWS: Final = 4096
_FEWEST_ROWS: Final = 64
_MOST_ROUNDS: Final = 8
_MOST_ITEMS: Final = 1024
_WIDTH: Final = 64
"""Keys of more bytes are read row by row."""

_PADDING: Final = 2 * _WIDTH
"""Bytes behind the last row: what is looked at beyond the end of a row is there, and is not taken."""

_ITEM_TAG: Final = 0x0A
_STEP_TAG: Final = 0x12
_KEY_TAGS: Final = (0x0A, 0x12)
_STEP_NUMBER_TAG: Final = 0x08
_MOST_STEP_BYTES: Final = 4
_ENDS_OF_NUMBERS: Final = b"-0123456789"


@frozen
class Cells:
    """The numbers of one key, and the places of their rows, ascending. `at`: which item of the first row it was."""

    name: str
    places: list[int]
    values: list[Any]
    at: int


@frozen
class Found:
    """What was read of some rows: their places among those that were given, ascending, their steps, and their cells."""

    places: list[int]
    steps: list[int]
    cells: list[Cells]


def read_rows(rows: Sequence[Slice], wants: Callable[[str], bool]) -> list[Found]:
    """The rows that can be read at once, in a few groups."""
    import numpy as np

    if len(rows) < _FEWEST_ROWS:
        return []
    text = b"".join([data[start:end] for data, start, end in rows])
    buffer = np.frombuffer(text + bytes(_PADDING), np.uint8)
    ends = np.cumsum(np.fromiter((end - start for _, start, end in rows), np.int64, len(rows)))
    starts = np.concatenate(([0], ends[:-1]))
    left = np.arange(len(rows))
    keys: dict[bytes, None] = {}
    found: list[Found] = []
    for _ in range(_MOST_ROUNDS):
        if len(left) < _FEWEST_ROWS:
            break
        first = left[0]
        keys.update(dict.fromkeys(_keys_of(text[starts[first] : ends[first]])))
        walk = _Walk(buffer, starts[left], ends[left], list(keys), wants)
        if walk.fits.any() and (part := walk.read(left)) is not None:
            found.append(part)
        # Where the first row itself does not fit, it is left to the other reader.
        left = left[~walk.fits] if walk.fits[0] else left[~walk.fits][1:]
    return found


def _keys_of(row: bytes) -> list[bytes]:
    """The key fields of a row's items: a byte of tag, one of length, and the text; as far as they are plain."""
    keys: list[bytes] = []
    pos = 0
    while pos + 4 < len(row) and row[pos] == _ITEM_TAG and row[pos + 1] < 128:
        begin = pos + 2
        key = row[begin : begin + 2 + row[begin + 1]]
        if key[0] in _KEY_TAGS and len(key) - 2 == key[1] <= _WIDTH - 2 and _name_of(key) is not None:
            keys.append(key)
        pos = begin + row[pos + 1]
    return keys


def _name_of(key: bytes) -> str | None:
    try:
        return key[2:].decode()
    except UnicodeDecodeError:
        return None


class _Walk:
    """Rows side by side. `fits`: those that hold known keys, numbers where they are wanted, and then a step."""

    def __init__(
        self, buffer: Bytes, starts: Ints, ends: Ints, keys: Sequence[bytes], wants: Callable[[str], bool]
    ) -> None:
        import numpy as np

        self._buffer = buffer
        self._pos = starts.copy()
        self._ends = ends
        self._keys = _Keys(keys)
        self._names = [_name_of(key) or "" for key in keys]
        self._is_wanted = np.array([wants(name) for name in self._names], bool)
        self.fits: Bools = np.ones(len(starts), bool)
        self._windows = np.lib.stride_tricks.sliding_window_view(buffer, self._keys.width)
        none = np.zeros(0, np.int64)
        self._spans: list[tuple[Ints, Ints, Ints, Ints]] = [(none, none, none, none)]
        self._go()
        self._steps, has_step = _steps(buffer, np.minimum(self._pos, len(buffer) - _PADDING), ends)
        self.fits &= has_step

    def _go(self) -> None:
        import numpy as np

        rows = np.arange(len(self._pos))
        for _ in range(_MOST_ITEMS):
            rows = rows[(self._buffer[self._pos[rows]] == _ITEM_TAG) & (self._pos[rows] < self._ends[rows])]
            if not len(rows):
                return
            rows = self._item(rows)
        self.fits[rows] = False

    def _item(self, rows: Ints) -> Ints:
        """Steps over the next item of these rows; those that go on."""
        buffer, pos = self._buffer, self._pos[rows]
        item_length = buffer[pos + 1].astype("int64")
        which = self._keys.find(self._windows[pos + 2])
        value = pos + 2 + self._keys.sizes[which]
        length = buffer[value + 2].astype("int64")
        after = value + 3 + length
        fits = (which < len(self._names)) & (item_length < 128) & (after == pos + 2 + item_length)
        fits &= (buffer[value] == 0x82) & (buffer[value + 1] == 1) & (length > 0) & (after <= self._ends[rows])
        self.fits[rows[~fits]] = False
        rows, which, value, length = rows[fits], which[fits], value[fits] + 3, length[fits]
        self._pos[rows] = after[fits]
        wanted = self._is_wanted[which]
        self._spans.append((rows[wanted], which[wanted], value[wanted], length[wanted]))
        return rows

    def read(self, places: Ints) -> Found | None:
        """The cells of the rows that fit, `places` being where all the rows stand; `None`, and none fits, if a number
        is none after all."""
        import numpy as np

        rows, which, begins, lengths = map(np.concatenate, zip(*self._spans, strict=True))
        at = np.repeat(np.arange(len(self._spans)), [len(span[0]) for span in self._spans])
        is_end = np.zeros(256, bool)
        is_end[list(_ENDS_OF_NUMBERS)] = True
        self.fits[rows[~(is_end[self._buffer[begins]] & is_end[self._buffer[begins + lengths - 1]])]] = False
        span_of = np.full((len(self._names), len(places)), -1)
        span_of[which, rows] = np.arange(len(rows))
        # A row that holds a key twice: the one that was overwritten is not found again.
        self.fits[rows[span_of[which, rows] != np.arange(len(rows))]] = False
        order = span_of[:, self.fits].ravel()
        order = order[order >= 0]
        rows, which, at = rows[order], which[order], at[order]
        values = _numbers(self._buffer, begins[order], lengths[order])
        if values is None:
            self.fits[:] = False
            return None
        bounds = np.searchsorted(which, np.arange(len(self._names) + 1)).tolist()
        every: list[int] = places[self.fits].tolist()
        cells = []
        for name, start, stop in zip(self._names, bounds, bounds[1:], strict=False):
            if start < stop:
                # Most keys are in each row: these share the places of all.
                own = every if stop - start == len(every) else places[rows[start:stop]].tolist()
                cells.append(Cells(name, own, values[start:stop], int(at[start])))
        cells.sort(key=lambda one: (one.places[0], one.at))
        return Found(every, self._steps[self.fits].tolist(), cells)


class _Keys:
    """Known keys, found by their bytes. `sizes`: of each, and 0 for what is none. `width`: how much is looked at."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        import numpy as np

        padded = b"".join(key.ljust(_WIDTH, b"\0") for key in keys)
        self._words = np.frombuffer(padded, np.uint64).reshape(len(keys), _WIDTH // 8)
        used = max((-(-len(key) // 8) for key in keys), default=1)
        self._words = self._words[:, :used]
        self._factors = np.arange(1, 2 * used, 2, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        codes = (self._words * self._factors).sum(axis=1)
        self._order = np.argsort(codes)
        self._codes = codes[self._order]
        self.sizes = np.array([*map(len, keys), 0], np.int64)
        self.width = 8 * used
        lengths = np.minimum(np.arange(256) + 2, self.width)
        mask = (np.arange(self.width) < lengths[:, None]) * np.uint8(255)
        self._mask = np.ascontiguousarray(mask, np.uint8).view(np.uint64)

    def find(self, windows: Bytes) -> Ints:
        """Which key each window begins with, by its own length; the number of keys if with none."""
        import numpy as np

        none = len(self.sizes) - 1
        if not none:
            return np.zeros(len(windows), np.int64)
        words = windows.view(np.uint64) & self._mask[windows[:, 1]]
        codes = (words * self._factors).sum(axis=1)
        near = self._order[np.minimum(np.searchsorted(self._codes, codes), none - 1)]
        return np.where((self._words[near] == words).all(axis=1), near, none)


def _steps(buffer: Bytes, pos: Ints, ends: Ints) -> tuple[Ints, Bools]:
    """The step messages that begin at these places, and whether each is a plain one that ends its row."""
    import numpy as np

    length = buffer[pos + 1].astype(np.int64)
    is_step = (buffer[pos] == _STEP_TAG) & (pos + 2 + length == ends) & (length <= 1 + _MOST_STEP_BYTES)
    is_step &= (length == 0) | (buffer[pos + 2] == _STEP_NUMBER_TAG)
    is_step &= length != 1
    steps = np.zeros(len(pos), np.int64)
    for at in range(_MOST_STEP_BYTES):
        there = length > at + 1
        byte = buffer[pos + 3 + at].astype(np.int64)
        is_step &= ~there | ((byte > 127) == (length > at + 2))
        steps |= np.where(there, (byte & 127) << (7 * at), 0)
    return steps, is_step


def _numbers(buffer: Bytes, begins: Ints, lengths: Ints) -> list[Any] | None:
    """The numbers that stand at these places; `None` if one is none."""
    import numpy as np

    if not len(begins):
        return []
    width = int(lengths.max()) + 1
    # Each in a field of one width, blanks behind it and a comma at its end.
    text = np.lib.stride_tricks.sliding_window_view(buffer, width)[begins]
    is_behind = np.arange(width, dtype=np.uint8) >= lengths.astype(np.uint8)[:, None]
    np.copyto(text, np.uint8(ord(" ")), where=is_behind)
    is_short = bool((text[lengths > MOST_DIGITS, : MOST_DIGITS + 1] == ord(".")).any(axis=1).all())
    text[:, -1] = ord(",")
    text[-1, -1] = ord("]")
    try:
        values: list[Any] = read_json(b"[" + text.tobytes(), is_flat=is_short).value
    except ValueError:
        return None
    # Each field begins and ends with a digit, so it is at least one number, or a part of something that is none.
    return values if len(values) == len(begins) and {int, float}.issuperset(map(type, values)) else None
