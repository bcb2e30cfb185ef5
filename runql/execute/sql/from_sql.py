"""An answer of DuckDB as a table of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

from runql.engine.stages.context import free_name
from runql.engine.table import Table
from runql.engine.values.column import column_of
from runql.results.cell_text import whole_unicode
from runql.semantic.json_text import read_json
from runql.semantic.spelling import code
from runql.semantic.times import absolute, seconds
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.source import Span

_MONTH: Final = timedelta(days=28)
_OF_TIME: Final = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_ENDS: Final = (datetime.max, date.max)
"""What the client makes of a time without end."""


class Returned:
    """Makes values of what the client of DuckDB gives, and counts what is otherwise than SQL had it.

    `zone`: where dates begin, and what times without a zone are meant in.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self.rounded = 0
        self.outside = 0
        self.months = 0

    def value(self, given: Any) -> Value:  # noqa: PLR0911 - one line a type
        """One value."""
        match given:
            case None | bool() | int() | float():
                return given
            case str():
                return whole_unicode(given)
            case Decimal():
                return self._decimal(given)
            case datetime():
                return self._time(given)
            case date():
                return self._time(given if given == date.max else datetime.combine(given, time()))
            case timedelta():
                self.months += abs(given) >= _MONTH
                return seconds(given)
            case list() | tuple():
                return [self.value(one) for one in given]
            case dict():
                return {str(key): self.value(one) for key, one in given.items()}
            case bytes():
                return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02X}" for byte in given)
            case _:
                return str(given)

    def _decimal(self, given: Decimal) -> Value:
        if given == given.to_integral_value() and given.as_tuple().exponent == 0:
            return int(given)
        number = float(given)
        self.rounded += Decimal(repr(number)) != given
        return number

    def moment(self, given: Any) -> Value:
        """One cell of times: the client gives those before the year 1 as texts."""
        self.outside += isinstance(given, str)
        return self.value(given)

    def _time(self, given: datetime | date) -> Value:
        found = None
        if isinstance(given, datetime) and given.replace(tzinfo=None) != datetime.max:
            found = absolute(given, self._zone)
        if found is None:
            self.outside += 1
            return "infinity" if given in _ENDS or isinstance(given, datetime) else str(given)
        return found.astimezone(UTC)


def _json(given: Any) -> Value:
    return None if given is None else read_json(given).value


def _whole(given: Any) -> Value:
    return None if given is None else int(given)


def returned(
    names: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]], zone: tzinfo, span: Span
) -> tuple[Table, tuple[Diagnostic, ...]]:
    """The table, and what is to be said of it."""
    maker = Returned(zone)
    readers: dict[str, Callable[[Any], Value]] = {"JSON": _json, "BIGNUM": _whole}
    readers.update(dict.fromkeys(_OF_TIME, maker.moment))
    columns: dict[str, Sequence[Value]] = {}
    renamed: list[str] = []
    for place, (name, kind) in enumerate(zip(names, types, strict=True)):
        title = free_name(whole_unicode(name) or "column", columns)
        if title != name:
            renamed.append(f"{code(name)} is {code(title)}")
        read = readers.get(kind, maker.value)
        columns[title] = column_of([read(row[place]) for row in rows])
    return Table(columns, len(rows)), tuple(_said(maker, renamed, span))


def _said(maker: Returned, renamed: Sequence[str], span: Span) -> list[Diagnostic]:
    said = []
    if renamed:
        message = f"SQL gave several columns one name: {', '.join(renamed[:3])}"
        more = f" and {len(renamed) - 3:,} more" if len(renamed) > 3 else ""
        said.append(Diagnostic("RQL354", f"{message}{more}", span, hints=("name them: `… as NAME`",)))
    if maker.rounded:
        what = f"{maker.rounded:,} decimal number{'s' * (maker.rounded != 1)} of SQL"
        verb = "has" if maker.rounded == 1 else "have"
        message = f"{what} {verb} more digits than a double holds: rounded"
        said.append(Diagnostic("RQL354", message, span, hints=("every digit: `cast(x as varchar)`",)))
    if maker.outside:
        what = f"{maker.outside:,} time{'s' * (maker.outside != 1)} of SQL"
        said.append(Diagnostic("RQL540", f"{what} outside of the years 1 to 9999: shown as text", span))
    if maker.months:
        message = "intervals are seconds: in those of a month or more SQL counts 30 days as a month"
        said.append(Diagnostic("RQL354", message, span, hints=("as SQL writes them: `cast(x as varchar)`",)))
    return said


def size_of(row: Sequence[Any]) -> int:
    """About how many bytes a row takes here."""
    return sum(64 if not isinstance(cell, str | bytes | list | dict) else 64 + 8 * len(cell) for cell in row)
