"""Values: those that occur, the ends and the middle of a range, times worth having, tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from runql.semantic.catalog import Space
from runql.semantic.comparisons import RUN_STATES
from runql.semantic.times import Day, absolute, relative
from runql.semantic.values import Kind
from runql.service.context import Context
from runql.service.cursor import Cursor
from runql.service.facts import runs_text, value_text
from runql.service.items import ItemKind, Offer
from runql.service.slots import Known, Role, Slot, known, other_terms
from runql.syntax import tree as t
from runql.syntax.literals import write_duration, write_time

GROUP: Final = 0
_ORDERED: Final = frozenset({t.Comparison.LT, t.Comparison.LE, t.Comparison.GT, t.Comparison.GE})
_REGEX: Final = frozenset({t.TextOp.REGEX, t.TextOp.REGEX_ANY_CASE})
_BACK: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30), timedelta(days=90))
_LONG: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=8), timedelta(days=1), timedelta(days=7))
_COUNTS: Final[Mapping[str, tuple[int, ...]]] = {"LIMIT": (10, 50, 100), "SAMPLE": (200, 500, 1000), "PAGE": (50, 200)}


def values(cursor: Cursor, slot: Slot, context: Context) -> Iterator[Offer]:
    """The values that can stand at the cursor."""
    if slot.role not in {Role.VALUE, Role.MEMBER, Role.PATTERN}:
        if slot.role is Role.NOTHING and "NUMBER" in cursor.accepted:
            for count in _COUNTS.get(cursor.clause, ()):
                yield Offer(str(count), str(count), ItemKind.VALUE, GROUP)
        return
    subject = known(slot.subject, context)
    if subject is None or slot.op in _REGEX:
        return
    for offer in _offers(cursor, slot, subject, context):
        if not cursor.quote or offer.insert_text[0] in "\"'":
            yield offer


def _offers(cursor: Cursor, slot: Slot, subject: Known, context: Context) -> Iterator[Offer]:
    occurring = context.values_of(subject.key, other_terms(cursor)) if context.values_of is not None else None
    if Kind.TIME in subject.kinds:
        yield from _times(slot, context)
    elif slot.role is Role.VALUE and slot.op in _ORDERED and Kind.TEXT not in subject.kinds:
        yield from _range(subject)
    elif occurring is not None:
        yield from _counted(occurring, cursor, slot, "of the runs so far")
    else:
        yield from _frequent(cursor, slot, subject, context)


def _frequent(cursor: Cursor, slot: Slot, subject: Known, context: Context) -> Iterator[Offer]:
    """The values that the catalog knows, and those that a field of its kind always may have."""
    catalog = context.catalog
    name = str(subject.key.segments[0]) if subject.key.space is Space.RUN else ""
    counted: Iterable[tuple[object, int]] = subject.info.top if subject.info is not None else ()
    if catalog is not None:
        listed = {"tags": catalog.tags, "sweep": catalog.sweeps, "group": catalog.groups}.get(name)
        if listed:
            counted = sorted(listed.items(), key=lambda pair: (-pair[1], pair[0]))
        yield from _counted(counted, cursor, slot, runs_text(0, catalog).removeprefix("0 "))
    if name == "state":
        yield from _counted(((state, 0) for state in RUN_STATES), cursor, slot, "")
    if Kind.BOOL in subject.kinds and subject.kinds <= {Kind.BOOL}:
        yield from _counted(((value, 0) for value in (True, False)), cursor, slot, "")


def _counted(values: Iterable[tuple[object, int]], cursor: Cursor, slot: Slot, of: str) -> Iterator[Offer]:
    typed = cursor.typed.lstrip("\"'")
    for value, count in values:
        text = value_text(value)
        if not text or value in slot.taken or (slot.role is not Role.VALUE and not isinstance(value, str)):
            continue
        name = value if isinstance(value, str) and value in text else text
        detail = f"{count:,} {of}" if count else "" if isinstance(value, bool) else "a state"
        yield Offer(text, text, ItemKind.VALUE, GROUP, detail, name=name, typed=typed)


def _range(subject: Known) -> Iterator[Offer]:
    if subject.key.space is Space.RUN and subject.key.segments == ("runtime",):
        for length in _LONG:
            yield Offer(write_duration(length), write_duration(length), ItemKind.TIME, GROUP, "so long")
    info = subject.info
    if info is None:
        return
    for value, detail in ((info.minimum, "smallest"), (info.median, "median"), (info.maximum, "largest")):
        if value is not None:
            yield Offer(value_text(value), value_text(value), ItemKind.VALUE, GROUP, detail)


def _times(slot: Slot, context: Context) -> Iterator[Offer]:
    """Days and times before now, each with what it means now."""
    moments = [t.RelativeTime(t.Moment.TODAY), t.RelativeTime(t.Moment.YESTERDAY)]
    if slot.op in _ORDERED:
        moments += [t.RelativeTime(t.Moment.NOW, back) for back in _BACK]
    for moment in moments:
        back = f"{write_duration(moment.back)} ago" if moment.back else moment.moment.value
        yield Offer(back, back, ItemKind.TIME, GROUP, meaning(moment, context))
    today = absolute(context.now, context.zone)
    if today is not None:
        text = write_time(today.astimezone(context.zone).date())
        yield Offer(text, text, ItemKind.TIME, GROUP, "today's date")


def meaning(moment: t.RelativeTime, context: Context) -> str:
    """What a relative time is now, in the zone of the user: a day, or a time to the minute; empty past the calendar."""
    found = relative(moment, context.now, context.zone)
    start = found.start if isinstance(found, Day) else found
    if start is None:
        return ""
    local = start.astimezone(context.zone)
    shown: date | datetime = (
        local.date() if isinstance(found, Day) else local.replace(tzinfo=None, second=0, microsecond=0)
    )
    return write_time(shown)
