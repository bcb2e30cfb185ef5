"""Values: those that occur, the ends and the middle of a range, times worth having, tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from runql.ide.completion.items import ItemKind, Offer
from runql.ide.completion.slots import KnownField, Role, Slot, kinds_of_expr, known, other_terms
from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.ide.entry_text import entry_markdown
from runql.ide.field_text import runs_text, value_text
from runql.language.clauses import CLAUSES
from runql.language.fields import RUN_STATES, Space
from runql.language.functions import FUNCTIONS
from runql.language.kinds import Kind
from runql.language.stages import STAGES
from runql.language.words import WORDS
from runql.semantic.catalog import FieldInfo
from runql.semantic.times import Day, absolute, relative
from runql.syntax import tree as t
from runql.syntax.literals import write_duration, write_time

GROUP: Final = 0
_ORDERED: Final = frozenset({t.Comparison.LT, t.Comparison.LE, t.Comparison.GT, t.Comparison.GE})
_REGEX: Final = frozenset({t.TextOp.REGEX, t.TextOp.REGEX_ANY_CASE})
_BACK: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30), timedelta(days=90))
_LONG: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=8), timedelta(days=1), timedelta(days=7))
_AMOUNTS: Final[Mapping[str, tuple[float, ...]]] = {"ema": (0.6, 0.9, 0.99), "mean": (5, 10, 50)}
"""What is worth offering behind the methods of `smooth`."""
_CHANGED: Final[Mapping[str, Callable[[str], str]]] = {"lower": str.lower, "upper": str.upper}
_EXTREME: Final = frozenset({"min", "max", "first", "last", "mean"})
"""The aggregates whose value lies in the range of the metric."""


def values(cursor: Cursor, slot: Slot, context: Context) -> Iterator[Offer]:
    """The values that can stand at the cursor."""
    for offer in _all(cursor, slot, context):
        if not cursor.quote or offer.insert_text[0] in "\"'":
            yield offer


def _all(cursor: Cursor, slot: Slot, context: Context) -> Iterator[Offer]:
    if slot.role is Role.NOTHING and "NUMBER" in cursor.accepted:
        for count in _amounts(cursor):
            yield Offer(str(count), str(count), ItemKind.VALUE, GROUP)
    elif slot.role is Role.ARGUMENT and (function := FUNCTIONS.get(slot.function)) is not None:
        for text in function.parameter(slot.index).offers if slot.index < len(function.parameters) else ():
            yield Offer(text, text, ItemKind.VALUE, GROUP)
    elif slot.role is Role.OPERAND and Kind.TIME in kinds_of_expr(slot.subject, context):
        yield from _lengths(_BACK)
    elif slot.role in {Role.VALUE, Role.MEMBER, Role.PATTERN} and slot.op not in _REGEX:
        subject = known(slot.subject, context)
        found = _computed(cursor, slot, context) if subject is None else _offers(cursor, slot, subject, context)
        yield from found


def _amounts(cursor: Cursor) -> tuple[float, ...]:
    if cursor.previous == "METHOD":
        return _AMOUNTS.get(cursor.lexemes[-1].text.lower(), ())
    entry = (STAGES if cursor.is_piped else CLAUSES).get(cursor.clause)
    return entry.offers if entry is not None else ()


def _computed(cursor: Cursor, slot: Slot, context: Context) -> Iterator[Offer]:
    """The values that fit what is no field: the names in small letters, the range of a metric, a length of time."""
    expr = slot.subject
    if isinstance(expr, t.Call) and expr.name in _CHANGED and len(expr.arguments) == 1:
        subject = known(expr.arguments[0], context)
        if subject is not None:
            change = _CHANGED[expr.name]
            counts = Counter[object]()
            for value, count in _held(cursor, subject, context):
                if isinstance(value, str):
                    counts[change(value)] += count
            yield from _counted(counts.most_common(), cursor, slot, "of the runs")
    elif (metric := _extreme_of(expr)) is not None:
        infos = context.catalog.index.by_dotted.get((Space.SUMMARY, metric), ()) if context.catalog is not None else ()
        yield from (offer for info in infos[:1] for offer in _ends(info))
    elif _is_length(expr, context):
        yield from _lengths(_LONG)
    elif Kind.TIME in kinds_of_expr(expr, context):
        yield from _times(slot, context)


def _extreme_of(expr: t.Expr | None) -> str | None:
    """The metric of `min(logged.METRIC)` and the like."""
    if not isinstance(expr, t.Call) or expr.name not in _EXTREME or not expr.arguments:
        return None
    field = expr.arguments[0]
    if not isinstance(field, t.Field) or field.path.segments[:1] != (Space.LOGGED,):
        return None
    return ".".join(map(str, field.path.segments[1:]))


def _is_length(expr: t.Expr | None, context: Context) -> bool:
    """Whether it is a time minus a time."""
    return isinstance(expr, t.Arithmetic) and all(
        Kind.TIME in kinds_of_expr(side, context) for side in (expr.left, expr.right)
    )


def _offers(cursor: Cursor, slot: Slot, subject: KnownField, context: Context) -> Iterator[Offer]:
    occurring = context.values_of(subject.key, other_terms(cursor)) if context.values_of is not None else None
    if slot.role is Role.VALUE and subject.kinds and subject.kinds <= {Kind.LIST}:
        return  # a list is no value that can be written
    if Kind.TIME in subject.kinds:
        yield from _times(slot, context)
    elif slot.role is Role.VALUE and slot.op in _ORDERED and Kind.TEXT not in subject.kinds:
        yield from _range(subject)
    elif occurring is not None:
        yield from _counted(occurring, cursor, slot, "of the runs so far")
    else:
        yield from _frequent(cursor, slot, subject, context)


def _held(cursor: Cursor, subject: KnownField, context: Context) -> Iterable[tuple[object, int]]:
    """The values of a field with their counts, as far as they are known."""
    occurring = context.values_of(subject.key, other_terms(cursor)) if context.values_of is not None else None
    if occurring is not None:
        return occurring
    return subject.info.top if subject.info is not None else ()


def _frequent(cursor: Cursor, slot: Slot, subject: KnownField, context: Context) -> Iterator[Offer]:
    """The values that the catalog knows, and those that a field of its kind always may have."""
    catalog = context.catalog
    name = str(subject.key.segments[0]) if subject.key.space is Space.RUN else ""
    info = subject.info
    counted: Iterable[tuple[object, int]] = ()
    if info is not None:
        counted = info.elements if slot.role is Role.MEMBER else info.top
    if catalog is not None:
        listed = {"tags": catalog.tags, "sweep": catalog.sweeps, "group": catalog.groups}.get(name)
        if listed:
            counted = sorted(listed.items(), key=lambda pair: (-pair[1], pair[0]))
        yield from _counted(counted, cursor, slot, runs_text(0, catalog).removeprefix("0 "))
    if not counted and info is not None and slot.role is Role.VALUE and Kind.TEXT not in subject.kinds:
        yield from _ends(info)  # of numbers that differ from run to run
    if name == "state":
        yield from _counted(((state, 0) for state in RUN_STATES), cursor, slot, "")
    if Kind.BOOL in subject.kinds and subject.kinds <= {Kind.BOOL}:
        yield from _counted(((value, 0) for value in (True, False)), cursor, slot, "")


def _counted(values: Iterable[tuple[object, int]], cursor: Cursor, slot: Slot, of: str) -> Iterator[Offer]:
    typed = cursor.typed.lstrip("\"'")
    for value, count in values:
        text = value_text(value)
        if not text or value in slot.taken or (slot.role is Role.PATTERN and not isinstance(value, str)):
            continue
        name = value if isinstance(value, str) and value in text else text
        detail = f"{count:,} {of}" if count else "" if isinstance(value, bool) else "a state"
        yield Offer(text, text, ItemKind.VALUE, GROUP, detail, name=name, typed=typed)


def _range(subject: KnownField) -> Iterator[Offer]:
    if subject.key.space is Space.RUN and subject.key.segments == ("runtime",):
        yield from _lengths(_LONG)
    if subject.info is not None:
        yield from _ends(subject.info)


def _lengths(lengths: Iterable[timedelta]) -> Iterator[Offer]:
    for length in lengths:
        yield Offer(write_duration(length), write_duration(length), ItemKind.TIME, GROUP, "so long")


def _ends(info: FieldInfo) -> Iterator[Offer]:
    """The ends and the middle of the numbers that occur; of a runtime as a duration."""
    for value, detail in ((info.minimum, "smallest"), (info.median, "median"), (info.maximum, "largest")):
        if value is not None:
            text = _length(value) if info.space is Space.RUN and info.path == ("runtime",) else value_text(value)
            yield Offer(text, text, ItemKind.VALUE, GROUP, detail)


def _length(seconds: float) -> str:
    """Seconds as a duration that can be read: whole ones of a minute and more, else hundredths."""
    return write_duration(timedelta(seconds=round(seconds, 0 if seconds >= 60 else 2)))


def _times(slot: Slot, context: Context) -> Iterator[Offer]:
    """Days and times before now, each with what it means now."""
    moments = [t.RelativeTime(t.Moment.TODAY), t.RelativeTime(t.Moment.YESTERDAY)]
    if slot.op in _ORDERED:
        moments += [t.RelativeTime(t.Moment.NOW, back) for back in _BACK]
    for moment in moments:
        back = f"{write_duration(moment.back)} ago" if moment.back else moment.moment.value
        describe = partial(entry_markdown, WORDS["AGO" if moment.back else moment.moment.name])
        yield Offer(back, back, ItemKind.TIME, GROUP, meaning(moment, context), describe)
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
