"""Days and moments as people write them, `monday`, `Jan 14 2026`, and what is said of a day that is one whole."""

from __future__ import annotations

import re
from calendar import day_name, month_abbr
from datetime import date, datetime, timedelta
from typing import Final

from runql.language.kinds import Kind
from runql.semantic.check_context import CheckContext, Report, rewrite, rewrites
from runql.semantic.operands import Operand, literal_text
from runql.semantic.spelling import code
from runql.semantic.times import is_time_without_quotes
from runql.semantic.typed import TField
from runql.syntax.tree import Comparison

_WEEKDAYS: Final = {name.lower(): index for index, name in enumerate(day_name)}
_MONTHS: Final = {name.lower(): index for index, name in enumerate(month_abbr) if name}
_MONTH: Final = r"(?P<month>[a-z]{3,9})\.?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NAMED: Final = tuple(
    re.compile(pattern)
    for pattern in (rf"{_MONTH} {_DAY},? (?P<year>\d{{4}})", rf"{_DAY}\.? (?:of )?{_MONTH},? (?P<year>\d{{4}})")
)
_NUMBERED: Final = re.compile(r"(?P<first>\d{1,2})(?P<sign>[./-])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4})")
_YEAR_FIRST: Final = re.compile(r"(?P<year>\d{4})(?P<sign>[./]?)(?P<month>\d{2})(?P=sign)(?P<day>\d{2})")
_SINCE: Final = {
    "this week": ("week(now)",),
    "this month": ("month(now)",),
    "last week": ("7d ago", "week(7d ago)"),
    "past week": ("7d ago",),
    "last hour": ("1h ago",),
    "past hour": ("1h ago",),
    "last day": ("1d ago",),
    "past day": ("1d ago",),
}


_AGO: Final = re.compile(r"(?:(?:the\s+)?(?:last|past)\s+)?(\d+)\s*([smhdw])(?:\w*)(?:\s+ago)?\Z")
"""`2 days ago`, `last 3 weeks`."""


def say_no_time(text: str, operand: Operand, context: CheckContext, report: Report, *, is_equality: bool) -> None:
    """RQL205 for a text beside a time that is none, with what it may mean."""
    span, unquoted = operand.span, "" if operand.shown else text.strip().lower()
    if is_time_without_quotes(unquoted):
        unquoted += " ago" if unquoted[0].isdigit() and not unquoted.endswith("ago") else ""
        fixes = rewrite(span, unquoted)
        report.add("RQL205", f'"{text}" is not a date', span, f"without quotes: `{unquoted}`", fixes=fixes)
        return
    spelled = _AGO.match(unquoted)
    meant = (f"{spelled[1]}{spelled[2]} ago",) if spelled else moments_meant(unquoted, context, is_equality=is_equality)
    hint = "a time is written `2026-01-31`, `2026-01-31T12:00` or `7d ago`"
    hint = f"write {' or '.join(map(code, meant))}" if meant else hint
    message = f"{operand.shown or literal_text(text)} is not a date"
    report.add("RQL205", message, span, hint, fixes=rewrites(span, meant))


def moments_meant(text: str, context: CheckContext, *, is_equality: bool = False) -> tuple[str, ...]:
    """The moments that a text may mean, as they are written here; several where it may mean several.

    A stretch, as `this week`, is meant from its beginning on: that it equals one is another question.
    """
    words = " ".join(text.strip().lower().split())
    today = context.now.astimezone(context.zone).date()
    weekday = _WEEKDAYS.get(words.removeprefix("last ").removeprefix("this "))
    if weekday is not None:
        back = (today.weekday() - weekday) % 7
        days = (back or 7, 7 + back) if words.startswith("last ") and back else (back or 7 * words.startswith("last "),)
        return tuple((today - timedelta(days=one)).isoformat() for one in days)
    if words in _SINCE:
        return () if is_equality else _SINCE[words]
    return tuple(dict.fromkeys(one.isoformat() for one in _dates(words)))


def _dates(words: str) -> list[date]:
    """The days that a text of digits, or of the name of a month among them, may mean."""
    found: list[tuple[str, str, str]] = []
    for pattern in _NAMED:
        if (named := pattern.fullmatch(words)) is not None and (month := _MONTHS.get(named["month"][:3])):
            found.append((named["year"], f"{month}", named["day"]))
    if (numbered := _NUMBERED.fullmatch(words)) is not None:
        first, second, year = numbered["first"], numbered["second"], numbered["year"]
        found += [(year, second, first)] + [(year, first, second)] * (numbered["sign"] != ".")
    if (year_first := _YEAR_FIRST.fullmatch(words)) is not None:
        found.append((year_first["year"], year_first["month"], year_first["day"]))
    days = []
    for year, month_number, day in found:
        try:
            days.append(date(int(year), int(month_number), int(day)))
        except ValueError:
            continue
    return days


def say_whole(op: Comparison, left: Operand, right: Operand, report: Report) -> None:
    """RQL591 where a day in quotes, which others take for its midnight, is one whole; where a minute is none."""
    if left.kinds != {Kind.TIME} or not right.is_constant:
        return
    if right.day is not None and right.text[:1] in ('"', "'") and op in (Comparison.GT, Comparison.LE):
        day = right.text[1:-1].strip()
        what = "begins with the next one" if op is Comparison.GT else "takes all of it in"
        sign = ">=" if op is Comparison.GT else "<"
        hint = f"limited by its midnight: {code(f'{left.text} {sign} {day}')}"
        report.add("RQL591", f"{code(right.text)} is a whole day, and `{op}` {what}", right.span, hint)
    moment = right.value
    is_minute = isinstance(moment, datetime) and not moment.second and not moment.microsecond
    if op is Comparison.EQ and right.day is None and is_minute and right.text.count(":") == 1:
        assert isinstance(moment, datetime)
        written = right.text.strip("\"'")
        if not isinstance(left.expr, TField) or not re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", written):
            return
        after = datetime.fromisoformat(written) + timedelta(minutes=1)
        start = written.replace(" ", "T")
        text = f"{left.text} >= {start} and {left.text} < {after.isoformat(timespec='minutes')}"
        hint = f"the minute is {code(text)}"
        report.add("RQL591", f"{code(right.text)} is one moment, and no whole minute", right.span, hint)
