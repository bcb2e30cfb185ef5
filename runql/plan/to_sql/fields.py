"""Where a store has a field: a column of `runs`, or rows of `attr`."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from typing import Final, TypeAlias

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.plan.to_sql.texts import text_sql
from runql.semantic.typed import FieldKey
from runql.text.frozen import frozen


class Odd(Enum):
    """What some rows of a path hold for which SQL's comparisons are not ours."""

    KEYS = "keys"
    """A key with a dot in it: several rows of a run may have the path."""

    TEXT = "text"
    """A text that UTF-8 does not hold."""

    LARGE = "large"
    """An integer that no double is."""

    TIME = "time"
    """A time, which is kept as text."""

    CASE = "case"
    """A text of another alphabet where case does not count."""


OddOf: TypeAlias = Callable[[Space, str], frozenset[Odd]]
"""What is odd in the rows of a path of a space; of a field of the run, in its column."""


def nothing_odd(_space: Space, _path: str) -> frozenset[Odd]:
    """What is assumed where nobody was asked."""
    return frozenset()


@frozen
class AttrField:
    """A field in rows of `attr`: `where` they are. `chosen`: of several rows of a run one counts."""

    space: Space
    path: str
    where: str
    chosen: bool = False

    @property
    def sql(self) -> str:
        """One row for each run that has the field."""
        rows = f"SELECT run, t, num, str, whole FROM attr WHERE {self.where} AND NOT el"
        return (
            f"{rows} QUALIFY row_number() OVER (PARTITION BY run ORDER BY {_NESTED_FIRST}) = 1" if self.chosen else rows
        )


@frozen
class RunColumn:
    """A field that is a column of `runs`."""

    name: str
    kind: Kind

    @property
    def sql(self) -> str:
        return f'r."{self.name}"'


_DOTS: Final = "list_transform(from_json(keys, '[\"VARCHAR\"]'), lambda k: length(k) - length(replace(k, '.', '')))"
_NESTED_FIRST: Final = f"{_DOTS} NULLS FIRST"
"""Nesting from the left wins: the shortest first key, then the shortest second one."""

_DIGITS_OF_INDEX: Final = 10
_REPLACED: Final = "\ufffd"


def located(key: FieldKey, odd_of: OddOf) -> AttrField | RunColumn | None:
    """Where a field is; `None` if SQL does not find it exactly, such as an element of a list."""
    if key.space is Space.RUN:
        entry = RUN_FIELDS.get(str(key.segments[0]))
        return None if entry is None or len(key.segments) > 1 else RunColumn(entry.name, entry.kind)
    if key.space not in (Space.CONFIG, Space.SUMMARY) or any(map(_may_be_index, key.segments[1:])):
        return None
    segments = tuple(map(str, key.segments))
    path = ".".join(segments)
    written = text_sql(path)
    if written is None or _REPLACED in path or not isinstance(key.segments[0], str):
        return None
    where = f"space = '{key.space.value}' AND path = {written}"
    if key.exact or len(segments) == 1:
        keys = text_sql(json.dumps(segments)) if any("." in one for one in segments) else ""
        if keys is None:
            return None
        return AttrField(key.space, path, f"{where} AND keys {f'= {keys}' if keys else 'IS NULL'}")
    return AttrField(key.space, path, where, chosen=Odd.KEYS in odd_of(key.space, path))


def _may_be_index(segment: str | int) -> bool:
    return isinstance(segment, int) or (segment.isascii() and segment.isdigit() and len(segment) < _DIGITS_OF_INDEX)
