"""The bodies of the functions of texts. An argument of the wrong kind, null or missing gives missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from runql.engine.casts import to_text
from runql.engine.compare import is_number
from runql.engine.patterns import finder
from runql.errors import QueryError
from runql.semantic.replacements import template
from runql.semantic.values import MISSING, RegexValue, Value
from runql.text.diagnostic import Diagnostic
from runql.text.source import Span

LONGEST: Final = 1_000_000
"""So many characters a text may have that a function makes: texts that double would soon fill the memory."""


_GROW: Final = frozenset({"concat", "replace"})


class TooLongError(Exception):
    """A function would make a longer text; who knows its place says so (`bounded`)."""


def within_bound(length: int) -> None:
    """Nothing, for a text of so many characters; raises `TooLongError` for one that is too long."""
    if length > LONGEST:
        raise TooLongError


def bounded(name: str, place: Span, work: Callable[..., Value]) -> Callable[..., Value]:
    """The body of a call at a place of the query; it raises RQL590 where a text would be too long."""
    if name not in _GROW:
        return work

    def run(*values: Value) -> Value:
        try:
            return work(*values)
        except TooLongError:
            message = f"a text that `{name}` makes would have more than {LONGEST:,} characters"
            hint = "shorten what goes in: `substr(text, 0, 1000)`"
            raise QueryError([Diagnostic("RQL590", message, place, hints=(hint,))]) from None

    return run


def _of_text(work: Callable[[str], Value]) -> Callable[[Value], Value]:
    return lambda value: work(value) if isinstance(value, str) else MISSING


def _length(value: Value) -> Value:
    return len(value) if isinstance(value, str | list | tuple) else MISSING


def whole_of(value: Value) -> int | None:
    """A whole number, which may be a float; `None` for anything else."""
    return int(value) if is_number(value) and value == value // 1 and abs(value) < 2**63 else None


def concat(*values: Value) -> Value:
    """The values as texts, one behind the other."""
    texts = [to_text(value) for value in values]
    if MISSING in texts:
        return MISSING
    within_bound(sum(map(len, texts)))
    return "".join(texts)


def _replace(text: Value, old: Value, new: Value) -> Value:
    if not (isinstance(text, str) and isinstance(new, str)):
        return MISSING
    if isinstance(old, RegexValue):
        return finder(old.pattern).replaced(text, template(new), within_bound)
    if not isinstance(old, str):
        return MISSING
    if len(text) * max(1, len(new)) > LONGEST:  # else it cannot become too long, and nothing is counted
        within_bound(len(text) + text.count(old) * (len(new) - len(old)) if old else 0)
    return text.replace(old, new) if old else text


def _substr(text: Value, start: Value, count: Value = None) -> Value:
    begin = whole_of(start)
    if not isinstance(text, str) or begin is None:
        return MISSING
    begin = max(0, begin + len(text)) if begin < 0 else begin
    if count is None:
        return text[begin:]
    most = whole_of(count)
    return MISSING if most is None or most < 0 else text[begin : begin + most]


def _split(text: Value, by: Value, *places: Value) -> Value:
    if not isinstance(text, str):
        return MISSING
    if isinstance(by, RegexValue):
        parts = finder(by.pattern).parts(text)
    elif isinstance(by, str) and by:
        parts = text.split(by)
    else:
        return MISSING
    if not places:
        return parts
    place = whole_of(places[0])
    return MISSING if place is None or not -len(parts) <= place < len(parts) else parts[place]


def _extract(text: Value, pattern: Value, group: Value = None) -> Value:
    pattern = pattern.pattern if isinstance(pattern, RegexValue) else pattern
    if not (isinstance(text, str) and isinstance(pattern, str)):
        return MISSING
    found = finder(pattern)
    number = min(found.groups, 1) if group is None else whole_of(group)
    if number is None or not 0 <= number <= found.groups:
        return MISSING
    part = found.first(text, number)
    return MISSING if part is None else part


def _trim(text: Value, characters: Value = None) -> Value:
    if not isinstance(text, str) or not (characters is None or isinstance(characters, str)):
        return MISSING
    return text.strip(characters)


TEXT_FUNCTIONS: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "lower": _of_text(str.lower),
        "upper": _of_text(str.upper),
        "len": _length,
        "concat": concat,
        "replace": _replace,
        "substr": _substr,
        "split": _split,
        "extract": _extract,
        "trim": _trim,
    }
)
"""By name."""
