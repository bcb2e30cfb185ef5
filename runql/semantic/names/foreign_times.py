"""Calls of other languages that work on times, as RunQL writes them: from the arguments, as written, to a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.semantic.names.foreign_texts import Rewrite
from runql.syntax.mistakes.functions.casts import PARTS

_UNITS: Final = {
    **dict.fromkeys(("day", "d", "1d", "dd"), "date"),
    **dict.fromkeys(("week", "w", "1w", "7d", "isoweek", "ww"), "week"),
    **dict.fromkeys(("month", "m", "1mo", "mm", "ms"), "month"),
    **dict.fromkeys(("year", "y", "1y", "yyyy"), "year"),
}
_PARTS: Final = {**PARTS, "isoweek": PARTS["week"], "dayofyear": PARTS["doy"], "weekday": PARTS["isodow"]}
_JAVA: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_POSTGRES: Final = {"yyyy": "%Y", "mm": "%m", "dd": "%d", "hh24": "%H", "mi": "%M", "ss": "%S"}
_MYSQL: Final = {"%i": "%M", "%s": "%S", "%M": "%B", "%T": "%H:%M:%S"}
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_LETTER: Final = re.compile(r"(?<!%)[A-Za-z]")
_PART_OF_DAY: Final = re.compile(r"(?P<count>\d{1,5})?\s*(?P<unit>h|hours?|hh|m|min|minutes?|s|sec|seconds?)")
_SECONDS_OF: Final = {"h": 3600, "m": 60, "s": 1}
_DAY: Final = 86400


def _unquoted(text: str) -> str:
    return text.strip().strip("'\"`").lower()


def _truncated(given: list[str]) -> str | None:
    """`date_trunc('week', t)`, `datetrunc(t, "week")`, `bin(t, 1d)`."""
    for unit, moment in (given, given[::-1]) if len(given) == 2 else ():
        if (name := _UNITS.get(_unquoted(unit))) is not None:
            return f"{name}({moment})"
    if len(given) == 2 and (rounded := _rounded(given)) is not None:
        return rounded
    if len(given) == 2 and re.fullmatch(r"\d+(?:\.\d+)?", given[1]):
        return f"floor({given[0]} / {given[1]}) * {given[1]}"
    return None


def _rounded(given: list[str]) -> str | None:
    """`date_trunc('hour', t)`, `bin(t, 15m)`: the moment with which a part of the day begins."""
    for unit, moment in (given, given[::-1]):
        found = _PART_OF_DAY.fullmatch(_unquoted(unit))
        seconds = int(found["count"] or 1) * _SECONDS_OF[found["unit"][0]] if found is not None else 0
        if seconds and _DAY % seconds == 0:
            return f"time(floor(number({moment}) / {seconds}) * {seconds})"
    return None


def _day(given: list[str]) -> str | None:
    """`to_date(t)`: of a text, the moment that it says."""
    if len(given) != 1:
        return None
    return f"time({given[0]})" if given[0].startswith(("'", '"')) else f"date({given[0]})"


def _ago(given: list[str]) -> str | None:
    """`ago(7d)`."""
    return f"{given[0]} ago" if len(given) == 1 and re.fullmatch(r"(?:\d+[smhdw])+", given[0]) else None


def _part_of(given: list[str]) -> str | None:
    """`date_part('hour', t)`."""
    for part, moment in (given, given[::-1]) if len(given) == 2 else ():
        if (pattern := _PARTS.get(_unquoted(part))) is not None:
            return pattern.replace("X", moment)
    return None


def _part(name: str) -> Rewrite:
    """`day(t)`, `minute(t)`: a part of a time as a number."""
    return lambda given: _PARTS[name].replace("X", given[0]) if len(given) == 1 else None


def _formatted(letters: Mapping[str, str], *, any_case: bool = False) -> Rewrite:
    """`strftime(t, "%Y")`, `to_char(t, 'YYYY-MM')`, and the arguments the other way round.

    `letters`: what stands there for each part of a time; none where it is written as here.
    """
    names = re.compile("|".join(sorted(letters, key=len, reverse=True)), re.IGNORECASE if any_case else 0)

    def rewrite(given: list[str]) -> str | None:
        if len(given) != 2:
            return None
        moment, pattern = given if given[1][:1] in "\"'" else given[::-1]
        if "%" in pattern and "%" not in "".join(letters):
            return f"format({moment}, {pattern})"
        if letters:
            pattern = names.sub(lambda match: letters[match[0].lower() if any_case else match[0]], pattern)
        return f"format({moment}, {pattern})" if "%" in pattern and not _LETTER.search(pattern) else None

    return rewrite


def _changes(unit: str, later: str, earlier: str) -> str | None:
    """How often a unit changes between two moments."""
    if unit in _SECONDS:
        seconds = _SECONDS[unit]
        return f"floor(number({later}) / {seconds}) - floor(number({earlier}) / {seconds})"
    days = {"day": ("date", _DAY), "week": ("week", 7 * _DAY)}.get(unit)
    if days is not None:
        return f"round(({days[0]}({later}) - {days[0]}({earlier})) / {days[1]})"
    return f"year({later}) - year({earlier})" if unit == "year" else None


def _unit(text: str) -> str:
    return _unquoted(text).removesuffix("s")


def _difference(given: list[str]) -> str | None:
    """`datediff(later, earlier)`, in days; `datediff('hour', earlier, later)`."""
    if len(given) == 2:
        return _changes("day", given[0], given[1])
    return _changes(_unit(given[0]), given[2], given[1]) if len(given) == 3 else None


def _of_kusto(given: list[str]) -> str | None:
    """`datetime_diff('day', later, earlier)`."""
    return _changes(_unit(given[0]), given[1], given[2]) if len(given) == 3 else None


def _between(given: list[str]) -> str | None:
    """`timestampdiff(hour, earlier, later)`: the whole ones that went by."""
    seconds = {**_SECONDS, "day": _DAY, "week": 7 * _DAY}.get(_unit(given[0])) if len(given) == 3 else None
    return None if seconds is None else f"floor(({given[2]} - {given[1]}) / {seconds})"


_LETTERS: Final = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w"}


def _added(sign: str) -> Rewrite:
    """`date_add(t, 7)`, in days; `dateadd(hour, 3, t)`."""

    def rewrite(given: list[str]) -> str | None:
        unit, count, moment = given if len(given) == len(("unit", "count", "moment")) else ("day", *given[::-1], "")[:3]
        letter = _LETTERS.get(_unit(unit))
        is_known = letter is not None and moment and count.isdigit()
        return f"{moment} {sign} {count}{letter}" if is_known else None

    return rewrite


def _renamed(name: str) -> Rewrite:
    return lambda given: f"{name}({given[0]})" if len(given) == 1 else None


def _all(names: str, rewrite: Rewrite) -> dict[str, Rewrite]:
    return dict.fromkeys(names.split(), rewrite)


FOREIGN_TIMES: Final[Mapping[str, Rewrite]] = MappingProxyType(
    {
        **_all("to_datetime todatetime to_timestamp to_time timestamp datetime", _renamed("time")),
        **_all("to_date todate", _day),
        **_all("from_unixtime unixtime_seconds_todatetime epoch_to_time", _renamed("time")),
        **_all("unix_timestamp epoch to_unixtime", _renamed("number")),
        **_all(
            "date_trunc datetrunc trunc_date datetime_trunc timestamp_trunc floor_date time_bucket bin bin_at",
            _truncated,
        ),
        **_all("startofday", _renamed("date")),
        **_all("startofweek", _renamed("week")),
        **_all("startofmonth", _renamed("month")),
        **_all("startofyear getyear", _renamed("year")),
        **_all("dayofweek day_of_week isodow wday", _renamed("weekday")),
        **_all("hourofday hour_of_day gethour", _renamed("hour")),
        **_all("weekofyear week_of_year isoweek", _part("week")),
        **_all("monthofyear month_of_year", _part("month")),
        **_all("day dayofmonth mday", _part("day")),
        **_all("minute", _part("minute")),
        **_all("second", _part("second")),
        **_all("quarter", _part("quarter")),
        **_all("dayname day_name", lambda given: f'format({given[0]}, "%A")' if len(given) == 1 else None),
        **_all("monthname month_name", lambda given: f'format({given[0]}, "%B")' if len(given) == 1 else None),
        **_all("date_add dateadd adddate timestampadd", _added("+")),
        **_all("date_sub subdate", _added("-")),
        **_all("dayofyear yday", _part("doy")),
        **_all("date_part datepart datetime_part", _part_of),
        **_all("strftime format_timestamp", _formatted({})),
        **_all("format_datetime format_date dateformat", _formatted(_JAVA)),
        **_all("date_format", lambda given: _formatted(_MYSQL if "%" in "".join(given) else _JAVA)(given)),
        **_all("to_char", _formatted(_POSTGRES, any_case=True)),
        **_all("datediff date_diff", _difference),
        **_all("datetime_diff", _of_kusto),
        **_all("timestampdiff timestamp_diff", _between),
        **_all("ago_of since elapsed", _renamed("age")),
        **_all("ago", _ago),
    }
)
"""By name, in small letters."""
