"""What must be said about an answer: runs counted in though they lack a field, values that an order can't place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from runql.engine.compare import is_nan, is_null
from runql.engine.evaluate import AggregatesOf, values_of
from runql.engine.fields import values_of_runs
from runql.engine.table import Table
from runql.engine.values.column import HELD, Column, Numbers
from runql.language.kinds import Kind
from runql.semantic.naming import key_text
from runql.semantic.needed import negative_tests
from runql.semantic.record import RunRecord
from runql.semantic.typed import FieldKey, TField, TOrderKey, TypedExpr
from runql.text.diagnostic import Diagnostic
from runql.text.source import Span

_QUIET = frozenset({Kind.MISSING, Kind.NULL})


class CountedIn:
    """For each field that a `!=`, `not in`, `!~`, … asks about: how many of the kept runs lack it (RQL303).

    The runs are added part by part, and none of them is held.
    """

    def __init__(self, where: TypedExpr | None) -> None:
        self._places: dict[FieldKey, Span] = {}
        for part, span in negative_tests(where) if where is not None else ():
            if isinstance(part, TField):
                self._places.setdefault(part.key, span)
        self._lacking = dict.fromkeys(self._places, 0)
        self.looks = bool(self._places)
        """Whether there is anything to look for in the runs."""

    def add(self, kept: Sequence[RunRecord]) -> None:
        """Count some more of the kept runs."""
        for key in self._places:
            self._lacking[key] += sum(map(is_null, values_of_runs(key, kept)))

    @property
    def keys(self) -> tuple[FieldKey, ...]:
        """The fields that it looks at."""
        return tuple(self._places)

    def add_columns(self, columns: Mapping[Any, Column]) -> None:
        """Count some more of the kept runs, by their fields."""
        for key in self._places:
            self._lacking[key] += gap_count(columns[key])

    def notices(self) -> list[Diagnostic]:
        """What is to be said of the runs so far."""
        said = []
        for key, lacking in self._lacking.items():
            if lacking:
                name = key_text(key)
                message = f"incl. {lacking} run{'s' * (lacking > 1)} without `{name}`"
                hints = (f"leave them out: `and {name} is not null`",)
                said.append(Diagnostic("RQL303", message, self._places[key], hints=hints))
        return said


def counted_in(where: TypedExpr | None, kept: Sequence[RunRecord]) -> list[Diagnostic]:
    """What `CountedIn` says of all the kept runs at once."""
    counted = CountedIn(where)
    counted.add(kept)
    return counted.notices()


class Misplaced:
    """For each order key: how many of the runs come last in both directions, as NaN, null or missing (RQL306).

    The runs are added part by part, and none of them is held.
    """

    def __init__(self, keys: Sequence[TOrderKey]) -> None:
        self._keys = keys
        self._counts = [[0, 0] for _ in keys]
        self.looks = bool(keys)
        """Whether there is anything to look for in the runs."""

    def add(self, records: Sequence[RunRecord], aggregates_of: AggregatesOf | None = None) -> None:
        """Count some more of the runs."""
        for key, count in zip(self._keys, self._counts, strict=True):
            values = values_of(key.value, records, aggregates_of)
            count[0] += sum(map(is_nan, values))
            count[1] += sum(map(is_null, values))

    @property
    def values(self) -> tuple[TypedExpr, ...]:
        """The expressions that it looks at."""
        return tuple(key.value for key in self._keys)

    def add_columns(self, columns: Mapping[TypedExpr, Column]) -> None:
        """Count some more of the runs: of each key the values."""
        for key, count in zip(self._keys, self._counts, strict=True):
            column = columns[key.value]
            count[0] += column.nan_count()
            count[1] += gap_count(column)

    def notices(self) -> list[Diagnostic]:
        """What is to be said of the runs so far."""
        said = []
        for key, (nans, lacking) in zip(self._keys, self._counts, strict=True):
            parts = [f"{nans} NaN"] if nans else []
            parts += [f"{lacking} run{'s' * (lacking > 1)} without a value"] if lacking else []
            if parts:
                name = f"`{key_text(key.value.key)}`" if isinstance(key.value, TField) else "the order key"
                message = f"last in the order by {name}: {', '.join(parts)}"
                said.append(Diagnostic("RQL306", message, key.value.span))
        return said


def misplaced(
    keys: Sequence[TOrderKey], records: Sequence[RunRecord], aggregates_of: AggregatesOf | None = None
) -> list[Diagnostic]:
    """What `Misplaced` says of all the runs at once."""
    counted = Misplaced(keys)
    counted.add(records, aggregates_of)
    return counted.notices()


class MixedColumns:
    """The columns that hold values of different types, with how many of each (RQL509), of tables added one by one."""

    def __init__(self) -> None:
        self._kinds: dict[str, Counter[Kind]] = {}

    def add(self, table: Table) -> None:
        """Count the cells of another table."""
        for name in table.names:
            self._kinds.setdefault(name, Counter()).update(table.kinds(name))

    def notices(self) -> list[Diagnostic]:
        """What is to be said of the tables so far."""
        said = []
        for name, counted in self._kinds.items():
            kinds = {kind: count for kind, count in counted.items() if kind not in _QUIET}
            if len(kinds) > 1:
                counts = ", ".join(
                    f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda one: (-one[1], one[0].value))
                )
                message = f"`{name}` holds values of different types: {counts}"
                said.append(Diagnostic("RQL509", message, names=(name,)))
        return said


def mixed_columns(table: Table) -> list[Diagnostic]:
    """What `MixedColumns` says of one table."""
    counted = MixedColumns()
    counted.add(table)
    return counted.notices()


def gap_count(column: Column) -> int:
    """How many cells are null or missing."""
    if not column.has_gaps:
        return 0
    if isinstance(column, Numbers):
        return len(column) - (column.gaps or b"").count(HELD)
    return sum(map(is_null, column))
