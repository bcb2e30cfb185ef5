"""Tests of two or more values: kinds that compare, dates as days, and tests that can never hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from runql.language.fields import RUN_STATES, Space, state_like
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, seen_kinds
from runql.semantic.check.lengths_of_time import say_length_beside_number
from runql.semantic.check.moments import say_no_time, say_whole
from runql.semantic.check_context import CheckContext, Report, rewrite
from runql.semantic.names.nearest import nearest_hint, nearest_names
from runql.semantic.operands import (
    BROKEN,
    Operand,
    constant,
    element_text,
    example_value,
    literal_text,
    numbers_in,
    quoted,
)
from runql.semantic.spelling import code
from runql.semantic.times import (
    Day,
    absolute,
    compare_with_day,
    from_text,
    unix_time,
    whole_day,
)
from runql.semantic.typed import FieldKey, TAnd, TBetween, TCall, TCompare, TConst, TField, TIn, TOr, TypedExpr
from runql.semantic.values import MISSING
from runql.syntax.tree import Comparison
from runql.text.frozen import frozen
from runql.text.source import Span

FLIPPED = {
    Comparison.EQ: Comparison.EQ,
    Comparison.NE: Comparison.NE,
    Comparison.LT: Comparison.GT,
    Comparison.LE: Comparison.GE,
    Comparison.GT: Comparison.LT,
    Comparison.GE: Comparison.LE,
}
"""The same test with its sides changed over."""

_LENGTH = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_ORDERED = frozenset({Kind.NUMBER, Kind.TEXT, Kind.TIME, Kind.BOOL})
_QUOTED_OR_WORD = frozenset('"tf')
"""How an example value begins that is text or a bool."""

_NAN = {
    Comparison.EQ: "nan equals nothing, so no run matches",
    Comparison.NE: "nan differs from every value, so every run matches",
}
_PLAIN = frozenset(frozenset({kind}) for kind in (Kind.NUMBER, Kind.BOOL, Kind.TEXT))
_STATE = FieldKey(Space.RUN, ("state",))
_LISTS = frozenset({Kind.LIST})
_EQUALITY = (Comparison.EQ, Comparison.NE)


@frozen
class Comparisons:
    """Builds typed tests of operands, and says what is wrong with them."""

    catalog: Catalog | None
    context: CheckContext
    report: Report

    # ------------------------------------------------------------ the tests

    def compare(self, op: Comparison, left: Operand, right: Operand, span: Span) -> TypedExpr:
        if self._is_plain(left, right):
            return TCompare(op, left.expr, right.expr, kind=Kind.BOOL, span=span)
        left, right = self._as_times(left, right, is_equality=op in _EQUALITY)
        say_length_beside_number(left, right, self.report)
        if self._one_of_several(op, left, right, span):
            return self._built(op, left, right, span)
        if op in _EQUALITY and self._nan_in_quotes(op, left, right, span):
            return self._built(op, left, right, span)
        if op in _EQUALITY and self._one_of_list(left, (right,), span, negated=op is Comparison.NE):
            return self._built(op, left, right, span)
        if self._fit(left, right, span, ordered=op not in _EQUALITY, op=op):
            self._never(op, left, right, span)
            self._state(left, right)
        return self._built(op, left, right, span)

    def _is_plain(self, left: Operand, right: Operand) -> bool:
        """Whether it is a field beside a number, a truth or a text as it may hold, so that nothing is to be said of it:
        all else is about times and lengths of time, lists, states, null and nan."""
        if not isinstance(left.expr, TField) or not isinstance(right.expr, TConst) or right.kinds not in _PLAIN:
            return False
        kinds = seen_kinds(left.info, self.catalog) or left.kinds
        is_nan = right.expr.value != right.expr.value
        return right.kinds <= kinds and not (right.is_duration or is_nan or left.expr.key == _STATE)

    def between(self, value: Operand, low: Operand, high: Operand, span: Span) -> TypedExpr:
        value_low, low = self._as_times(value, low)
        value, high = self._as_times(value_low, high)
        say_length_beside_number(value, low if low.is_duration else high, self.report)
        if all(
            [
                self._fit(value, low, span, ordered=True, op=Comparison.GE),
                self._fit(value, high, span, ordered=True, op=Comparison.LE),
            ]
        ):
            self._between_never(low, high, span)
        if low.day is None and high.day is None:
            return TBetween(value.expr, low.expr, high.expr, kind=Kind.BOOL, span=span)
        terms = (self._built(Comparison.GE, value, low, span), self._built(Comparison.LE, value, high, span))
        return TAnd(terms, kind=Kind.BOOL, span=span)

    def is_in(self, value: Operand, items: list[Operand], span: Span, *, negated: bool = False) -> TypedExpr:
        if self._one_of_list(value, items, span, negated=negated):
            return TIn(value.expr, tuple(item.expr for item in items), kind=Kind.BOOL, span=span)
        pairs = [self._as_times(value, item, is_equality=True) for item in items]
        for left, right in pairs:
            if self._fit(left, right, right.span, ordered=False):
                self._state(left, right)
        if not items:
            self.report.add("RQL212", "an empty list holds nothing, so no run matches", span)
        elif all(item.is_nan for item in items):
            self._nan(value, span, Comparison.EQ)
        if any(item.day for _, item in pairs):
            tests = tuple(self._built(Comparison.EQ, left, right, span) for left, right in pairs)
            return TOr(tests, kind=Kind.BOOL, span=span) if len(tests) > 1 else tests[0]
        return TIn(value.expr, tuple(item.expr for _, item in pairs), kind=Kind.BOOL, span=span)

    def _built(self, op: Comparison, left: Operand, right: Operand, span: Span) -> TypedExpr:
        for one, other, sign in ((left, right, op), (right, left, FLIPPED[op])):
            if (stretch := self._stretch_of(one, other)) is not None and isinstance(one.expr, TCall):
                return compare_with_day(sign, one.expr.arguments[0], stretch, span)
        say_whole(op, left, right, self.report)
        if right.day is not None:
            return compare_with_day(op, left.expr, right.day, span)
        if left.day is not None:
            return compare_with_day(FLIPPED[op], right.expr, left.day, span)
        return TCompare(op, left.expr, right.expr, kind=Kind.BOOL, span=span)

    def _stretch_of(self, call: Operand, constant: Operand) -> Day | None:
        """The day or the year that a time lies in for `date(t) = 2026-01-31` or `year(t) = 2026`: a server is asked for
        that stretch of the time itself."""
        if not isinstance(call.expr, TCall) or call.expr.zone != self.context.zone:
            return None
        if call.expr.name == "date":
            return constant.day
        year = constant.value
        if call.expr.name != "year" or type(year) is not int or not 1 < year < 9999:
            return None
        first, last = (whole_day(date(year, *day), self.context.zone) for day in ((1, 1), (12, 31)))
        return None if first is None or last is None else Day(first.start, last.end)

    # ------------------------------------------------------------ times

    def _as_times(self, left: Operand, right: Operand, *, is_equality: bool = False) -> tuple[Operand, Operand]:
        """Constants beside a time as times: ISO text, and `-24h` for 24 hours ago."""
        times = frozenset({Kind.TIME})
        if left.kinds == times and right.is_constant:
            return left, self._time(right, left, is_equality)
        if right.kinds == times and left.is_constant:
            return self._time(left, right, is_equality), right
        return left, right

    def _time(self, operand: Operand, beside: Operand, is_equality: bool) -> Operand:
        value = operand.value
        if operand.is_duration and isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            moment = self._ago(-value)
            return constant(moment, operand.span, text=operand.text) if moment else BROKEN
        if operand.is_duration and not isinstance(value, bool):
            fixes = rewrite(operand.span, f"{operand.text} ago")
            message = f"{quoted(beside)} is a time, and {quoted(operand)} is a length of time"
            self.report.add("RQL203", message, operand.span, f"write `{operand.text} ago`", fixes=fixes)
            return BROKEN
        if not isinstance(value, str):
            return operand
        found = from_text(value.strip(), self.context.zone)
        if isinstance(found, Day):
            return constant(found.start, operand.span, day=found, text=operand.text, shown=operand.shown)
        if found is not None:
            return constant(found, operand.span, text=operand.text, shown=operand.shown)
        say_no_time(value, operand, self.context, self.report, is_equality=is_equality)
        return BROKEN

    def _ago(self, seconds: float) -> datetime | None:
        try:
            return absolute(self.context.now - timedelta(seconds=seconds), self.context.zone)
        except (OverflowError, ValueError):
            return None

    # ------------------------------------------------------------ kinds

    def _fit(self, left: Operand, right: Operand, span: Span, *, ordered: bool, op: Comparison | None = None) -> bool:
        """Whether the two may compare at all; if not, it is reported."""
        if left.is_null or right.is_null:
            return True
        common = left.kinds & right.kinds
        if common & _ORDERED or (common and not ordered):
            self._fit_what_was_seen(left, right, span, op)
            return True
        if common:
            what = "records" if common == {Kind.RECORD} else "lists"
            self.report.add("RQL203", f"{what} have no order: {quoted(left)} cannot be compared like this", span)
            return False
        self._unfit(left, right, span, op)
        return False

    def _fit_what_was_seen(self, left: Operand, right: Operand, span: Span, op: Comparison | None) -> None:
        """A warning where the kinds may fit, but did not in any of the runs that were looked at."""
        seen_left, seen_right = (seen_kinds(o.info, self.catalog) or o.kinds for o in (left, right))
        if seen_left & seen_right:
            return
        self._unfit(replace(left, kinds=seen_left), replace(right, kinds=seen_right), span, op, sure=False)

    def _unfit(
        self, left: Operand, right: Operand, span: Span, op: Comparison | None = None, *, sure: bool = True
    ) -> None:
        if left.is_constant and not right.is_constant:
            left, right = right, left
        ordered = op is not None and op not in _EQUALITY
        text = (
            None
            if ordered and Kind.NUMBER in right.kinds and Kind.TEXT in left.kinds
            else self._right_spelling(left, right)
        )
        example = text or example_value(left)
        asked = op if op in _EQUALITY else None
        sign = asked.value if asked is not None else "=" if example[0] in _QUOTED_OR_WORD else ">"
        hint = f"for example: {code(f'{left.text} {sign} {example}')}"
        hints = (hint,) if left.text and not left.is_constant and example != "null" else ()
        if Kind.NUMBER in right.kinds and isinstance(left.expr, TCall) and (number := _part_meant(left, right)):
            hints = (f"that part of it as text: {code(number)}",)
        if Kind.TIME in right.kinds and isinstance(left.expr, TField) and left.expr.key.space is not Space.RUN:
            hints = ("a time that was logged is text or a number of seconds: compare it with one",)
        fixes = rewrite(right.span, text) if text else ()
        span = left.span if left.span in self.report.records else span
        if sure:
            message = f"{quoted(left)} is {left.holds}, and never compares with {right.holds}"
        else:
            message = f"{quoted(left)} was {left.holds} in every run looked at, and does not compare with {right.holds}"
        self.report.add("RQL203" if sure else "RQL212", message, span, *hints, fixes=fixes)

    @staticmethod
    def _right_spelling(left: Operand, right: Operand) -> str | None:  # noqa: PLR0911 - one line a kind
        """The constant with its quotes taken off or put on, if that would fit."""
        value = MISSING if right.shown else right.value
        if left.kinds == frozenset({Kind.TIME}) and not right.is_duration and not isinstance(value, bool):
            return unix_time(value) if isinstance(value, int | float) else None
        if isinstance(value, str):
            word = value.strip().lower()
            if word.lstrip("+-") == "nan":
                return None
            if Kind.NUMBER in left.kinds and (_is_number(word) or (left.text == "runtime" and _LENGTH.fullmatch(word))):
                return value.strip()
            if Kind.BOOL in left.kinds and word in ("true", "false"):
                return word
        elif left.kinds == {Kind.BOOL} and value in (0, 1):
            return "true" if value == 1 else "false"
        elif isinstance(value, int | float) and Kind.TEXT in left.kinds and not left.is_state:
            return literal_text(str(value).lower() if isinstance(value, bool) else str(value))
        return None

    def _one_of_several(self, op: Comparison, left: Operand, right: Operand, span: Span) -> bool:
        """Whether a field that holds no list is held against one: `lr = [0.1, 0.01]`. Then `in` is offered."""
        items = right.value
        if not isinstance(items, tuple) or left.is_constant or Kind.LIST in left.kinds:
            return False
        test = f"{'not ' * (op is Comparison.NE)}in {right.text if right.text.startswith('$') else _in_brackets(items)}"
        is_equality = op in _EQUALITY and bool(items)
        text = f"{left.text} {test}"
        hints, fixes = ((f"one of several values: {code(text)}",), rewrite(span, text)) if is_equality else ((), ())
        message = f"{quoted(left)} is {left.holds}, and never compares with a list"
        self.report.add("RQL203", message, span, *hints, fixes=fixes)
        return True

    def _one_of_list(self, left: Operand, items: Sequence[Operand], span: Span, *, negated: bool) -> bool:
        """Whether a list is held against what it may hold: `tags = "x"`. Then `has` is offered."""
        if len(items) == 1 and items[0].kinds == _LISTS and left.kinds != _LISTS:
            left, items = items[0], (left,)
        others = [item for item in items if not item.is_null]
        if left.kinds != _LISTS or not others or any(Kind.LIST in item.kinds for item in others):
            return False
        value = items[0].value if len(items) == 1 and not items[0].shown else None
        inner = ", ".join(element_text(item, left.info) for item in items)
        whole = numbers_in(value) if isinstance(value, str) else None
        test = f"has any ({inner})" if len(items) > 1 else f"has {inner}"
        text = f"{'not ' * negated}{left.text} {test}"
        hints, fixes = ((f"a list is asked with `has`: {code(text)}",), rewrite(span, text)) if inner else ((), ())
        if whole is not None:
            text = f"{left.text} {'!=' if negated else '='} {whole}"
            hints, fixes = (f"a whole list stands in brackets: {code(text)}",), rewrite(span, text)
        message = f"{quoted(left)} is a list, and never compares with {others[0].holds}"
        self.report.add("RQL203", message, span, *hints, fixes=fixes)
        return True

    # ------------------------------------------------------------ never

    def _never(self, op: Comparison, left: Operand, right: Operand, span: Span) -> None:
        """Says so if the test holds for no run, or for every one."""
        for one, other in ((left, right), (right, left)):
            if one.is_nan:
                self._nan(other, span, op)
                return
            if one.is_null and op not in _EQUALITY:
                fix = f"{other.text} is not null" if op in (Comparison.GT, Comparison.LT) else f"{other.text} is null"
                hint = f"write {code(fix)}"
                self.report.add(
                    "RQL212", f"nothing is `{op}` null, so no run matches", span, hint, fixes=rewrite(span, fix)
                )
                return
        self._future(op, left, right, span)

    def _nan(self, other: Operand, span: Span, op: Comparison) -> None:
        text = f"{other.text} is {'not ' if op is Comparison.NE else ''}nan"
        hints = (f"write {code(text)}",) if other.text else ()
        fixes = rewrite(span, text) if other.text else ()
        message = _NAN.get(op, f"nothing is `{op}` nan, so no run matches")
        self.report.add("RQL212", message, span, *hints, fixes=fixes)

    def _nan_in_quotes(self, op: Comparison, left: Operand, right: Operand, span: Span) -> bool:
        """Whether a number is held against the text `"NaN"`, which is reported."""
        left, right = (right, left) if left.is_constant else (left, right)
        kinds = seen_kinds(left.info, self.catalog) or left.kinds
        is_text = isinstance(right.value, str) and right.value.strip().lower() == "nan"
        if not is_text or left.is_constant or Kind.NUMBER not in kinds or Kind.TEXT in kinds:
            return False
        text = f"{left.text} is {'not ' if op is Comparison.NE else ''}nan"
        message = f"{quoted(left)} is {left.holds}, and never compares with text"
        self.report.add("RQL203", message, span, f"write {code(text)}", fixes=rewrite(span, text))
        return True

    def _future(self, op: Comparison, left: Operand, right: Operand, span: Span) -> None:
        """`created > today`: no run is from after today."""
        if left.is_constant:
            op, left, right = FLIPPED[op], right, left
        field = left.expr
        if not (isinstance(field, TField) and field.key.space is Space.RUN and isinstance(right.value, datetime)):
            return
        moment = right.day.end if right.day is not None and op is Comparison.GT else right.value
        if op in (Comparison.GT, Comparison.GE, Comparison.EQ) and moment > self.context.now:
            hints: tuple[str, ...] = ()
            if right.day is not None and right.day.start <= self.context.now:
                hints = ("a date is the whole day: `>=` includes it",)
            self.report.add("RQL212", f"{quoted(left)} is never in the future, so no run matches", span, *hints)

    def _between_never(self, low: Operand, high: Operand, span: Span) -> None:
        if low.is_nan or high.is_nan:
            self.report.add("RQL212", "nothing lies between a number and nan, so no run matches", span)
        elif low.is_null or high.is_null:
            self.report.add("RQL212", "nothing lies between a value and null, so no run matches", span)
        elif low.is_constant and high.is_constant and low.kinds == high.kinds and _less(high, low):
            fixes = rewrite(low.span.to(high.span), f"{high.text} and {low.text}") if low.text and high.text else ()
            message = "the limits of `between` are the wrong way round, so no run matches"
            self.report.add("RQL212", message, span, "write the smaller one first", fixes=fixes)

    def _state(self, left: Operand, right: Operand) -> None:
        if right.is_state:
            left, right = right, left
        value = right.value
        if not (left.is_state and isinstance(value, str)) or value.lower() in RUN_STATES:
            return
        near = [] if right.shown else nearest_names(value, RUN_STATES, limit=1) or state_like(value)
        hints = (*nearest_hint(near), "the states are " + ", ".join(RUN_STATES))
        fixes = rewrite(right.span, f'"{near[0]}"') if near else ()
        shown = right.shown or literal_text(value)
        self.report.add("RQL212", f"no run has the state {shown}", right.span, *hints, fixes=fixes)


def _part_meant(left: Operand, right: Operand) -> str | None:
    """`month(created) = 1`: the beginning of a month is a time; its number is what `format` gives."""
    pattern = {"date": "%d", "week": "%V", "month": "%m"}.get(left.expr.name if isinstance(left.expr, TCall) else "")
    inner = left.text.partition("(")[2].removesuffix(")")
    is_whole = isinstance(right.value, int) and 0 <= right.value < 100
    return f'format({inner}, "{pattern}") = "{right.value:02}"' if pattern and inner and is_whole else None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return "_" not in word and word.strip("+-") not in ("infinity",)


def _in_brackets(items: Sequence[object]) -> str:
    return f"({', '.join(map(literal_text, items))})"


def _less(a: Operand, b: Operand) -> bool:
    x, y = a.value, b.value
    if x is MISSING or y is MISSING or not a.kinds <= _ORDERED:
        return False
    return bool(x < y)
