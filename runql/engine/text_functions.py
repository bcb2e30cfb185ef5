"""The bodies of the functions of texts. An argument of the wrong kind, null or missing gives missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from runql.engine.casts import to_text
from runql.engine.compare import is_number
from runql.engine.patterns import finder
from runql.semantic.replacements import template
from runql.semantic.values import MISSING, RegexValue, Value


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
    return MISSING if MISSING in texts else "".join(texts)


def _replace(text: Value, old: Value, new: Value) -> Value:
    if not (isinstance(text, str) and isinstance(new, str)):
        return MISSING
    if isinstance(old, RegexValue):
        return finder(old.pattern).replaced(text, template(new))
    if not isinstance(old, str):
        return MISSING
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
