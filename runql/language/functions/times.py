"""The functions of times, in the time zone of the session. Their bodies stand in `engine/time_functions.py`."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Function, Parameter
from runql.language.kinds import NUMBER, TEXT, TIME, Kind

_T = Parameter("t", TIME)


def _start(name: str, doc: str, example: str) -> Function:
    return Function(name, (_T,), Kind.TIME, f"{doc} Days are those of the session's time zone.", example)


def _part(name: str, doc: str, example: str) -> Function:
    return Function(name, (_T,), Kind.NUMBER, f"{doc} In the session's time zone.", example)


DIRECTIVES: Final = frozenset("YymdHIpMSfjGVuaAbBFTzZ%")
"""What may stand behind a `%` in the pattern of `format`."""

TIMES: Final = (
    _start("date", "The midnight with which the day begins.", "runs | group date(created) : count()"),
    _start("week", "The midnight with which the week begins, on Monday.", "runs | group week(created) : count()"),
    _start("month", "The midnight with which the month begins.", "runs | group month(created) : mean(summary.acc)"),
    _part("year", "The year as a number.", "runs where year(created) = 2026"),
    _part("hour", "The hour of the day, 0 to 23.", "runs | group hour(created) : count()"),
    _part("weekday", "The day of the week: 1 is Monday, 7 Sunday.", "runs | group weekday(created) : count()"),
    Function(
        "format",
        (
            _T,
            Parameter(
                "pattern", TEXT, written_out=True, offers=('"%Y-%m"', '"%Y-%m-%d"', '"%G-W%V"', '"%a"', '"%H:00"')
            ),
        ),
        Kind.TEXT,
        "The time as text: `%Y %m %d %H %M %S`, `%j` day of the year, `%G-W%V` ISO week, `%a %A %b %B` names, `%z`.",
        'runs | group format(created, "%Y-%m") as month : count()',
    ),
    Function("age", (_T,), Kind.NUMBER, "How long ago a time was, in seconds.", "runs where age(updated) > 2h"),
    Function(
        "duration",
        (Parameter("seconds", NUMBER),),
        Kind.NUMBER,
        "The same number, which tables show as a length of time: `21 min`, `3 h 12 min`.",
        "runs select name, duration(runtime / 2) as half limit 3",
    ),
)
