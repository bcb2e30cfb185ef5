"""`concat` over whole columns: each different text is made once where they are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import add
from typing import Final

from runql.engine.casts import to_text
from runql.engine.stages.arrays.codes import Codes, codes_of, dense, joined, rows_of
from runql.engine.stages.arrays.vectors import Ints, listed
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.text_functions import LONGEST
from runql.engine.values.coded import Coded
from runql.engine.values.column import Column, Numbers, Objects
from runql.semantic.values import MISSING, Missing, Value

_TEXTS_AND_GAPS: Final = frozenset({str, type(None), Missing})


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of a column: which of `texts` each row has; without `places` each row its own."""

    texts: list[Value]
    places: Ints | None
    count: int

    def longest(self) -> int:
        """The characters of the longest one."""
        return max((len(text) for text in self.texts if isinstance(text, str)), default=0)

    def of_rows(self, rows: Ints | None) -> list[Value]:
        """The texts of these rows, or of all."""
        if self.places is None:
            return self.texts if rows is None else [self.texts[row] for row in rows.tolist()]
        places = self.places if rows is None else self.places[rows]
        return list(map(self.texts.__getitem__, places.tolist()))


def concat(parts: Sequence[Column | str], length: int) -> Column:
    """The cells of several columns as texts, one behind the other; a constant is a text. Raises `NotHeld` where there
    are constants alone, and where a text may become too long.
    """
    held = _with_constants(parts)
    if sum(each.longest() for each in held) > LONGEST:
        raise NotHeld
    codes = [Codes(each.places, each.count) for each in held if each.places is not None]
    if len(codes) == len(held):
        places, count = dense(joined(codes, length))
        if count <= length // 4:
            return Coded(_joined(held, rows_of(places, count)), places)
    return Objects(_joined(held, None))


def _with_constants(parts: Sequence[Column | str]) -> list[_Texts]:
    """The texts of the columns, each with the constants before it, the last one with those behind it."""
    held, before = list[_Texts](), ""
    for part in parts:
        if isinstance(part, str):
            before += part
        else:
            made = _texts_of(part)
            held.append(replace(made, texts=_around(before, made.texts, "")))
            before = ""
    if not held:
        raise NotHeld
    held[-1] = replace(held[-1], texts=_around("", held[-1].texts, before))
    return held


def _around(before: str, texts: list[Value], behind: str) -> list[Value]:
    if not before and not behind:
        return texts
    return [text if text is MISSING else f"{before}{text}{behind}" for text in texts]


def _texts_of(column: Column) -> _Texts:
    is_one_kind = isinstance(column, Numbers) and column.whole is None
    if is_one_kind or column.types <= _TEXTS_AND_GAPS:
        places, count = dense(codes_of(column, sort_texts=False))
        if count <= len(column) // 2:
            return _Texts([to_text(column[row]) for row in rows_of(places, count).tolist()], places, count)
    return _Texts(list(map(to_text, listed(column))), None, 0)


def _joined(held: Sequence[_Texts], rows: Ints | None) -> list[Value]:
    """The texts of these rows, or of all."""
    lists = [each.of_rows(rows) for each in held]
    if any(MISSING in each.texts for each in held):
        return [MISSING if MISSING in texts else "".join(texts) for texts in zip(*lists, strict=True)]
    return list(map(add, *lists) if len(lists) == 2 else map("".join, zip(*lists, strict=True)))
