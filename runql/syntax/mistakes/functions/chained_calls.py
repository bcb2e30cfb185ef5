"""Calls behind calls: `pl.when(c).then(a).otherwise(b)`, `name.str.split("_").list.get(0)`."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.text.source import Span

_COLUMN: Final = re.compile(
    r"\b(?:pl|F)\.(?:col|lit)\(\s*(?:(?P<quote>[\"'])(?P<name>[\w./]+)(?P=quote)|(?P<bare>[^()\"']+))\s*\)"
)
_WHEN: Final = re.compile(r"\b(?P<module>pl|F)\.when\s*(?=\()")
_NEXT: Final = re.compile(r"\s*\.\s*(?P<name>when|then|otherwise)\s*(?=\()")
_SPLIT: Final = re.compile(
    r"(?P<of>[^\W\d][\w./]*?)(?:\.str)?\.split\s*\(\s*(?:pat\s*=\s*|by\s*=\s*)?(?P<sign>\"[^\"]*\"|'[^']*')"
    r"(?P<expanded>\s*,\s*expand\s*=\s*True)?\s*\)"
    r"|\bsplit\s*\(\s*(?P<inner>[^\W\d][\w./]*)\s*,\s*(?P<by>\"[^\"]*\"|'[^']*')\s*\)"
)
_ELEMENT: Final = re.compile(
    r"\s*\.\s*(?:list|str|arr)\s*\.\s*(?:get\s*\(\s*(?P<at>-?\d+)\s*\)|(?P<end>first|last)\s*\(\s*\)|(?P<count>len|lengths)\s*\(\s*\))"
    r"|\s*\[\s*(?P<index>-?\d+)\s*\]"
)
_NEAR: Final = 200
_FAR: Final = 2_000
_MOST: Final = 20
_EXPANDED: Final = "a list in one column; a part in a column of its own is `{part}`, the first is 0"


def whens(place: Place) -> Mistake | None:
    """`pl.when(c).then(a).when(d).then(b).otherwise(z)`, `F.when(c, a).otherwise(b)`."""
    begin = max(0, place.found.start - _NEAR)
    found = next(
        (one for one in _WHEN.finditer(place.text, begin, place.found.end + _NEAR) if one.end() >= place.found.start),
        None,
    )
    if found is None or found.start() > place.found.start:
        return None
    made = chosen(place.text[found.start() : found.start() + _FAR])
    if made is None:
        return None
    new, length = made
    span = Span(found.start(), found.start() + length)
    whose = "polars" if found["module"] == "pl" else "PySpark"
    return idiom(whose, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def with_choices(text: str) -> str:
    """A text with each `pl.when(…)` chain in it as a call of `if`."""
    while (found := _WHEN.search(text)) is not None and (made := chosen(text[found.start() :])) is not None:
        text = f"{text[: found.start()]}{made[0]}{text[found.start() + made[1] :]}"
    return text


def chosen(text: str) -> tuple[str, int] | None:
    """What a chain of `when` at the beginning of a text means, and how long it is."""
    begun = _WHEN.match(text)
    if begun is None:
        return None
    calls, at, name = list[tuple[str, str]](), begun.end(), "when"
    while (end := closing(text, at)) is not None and len(calls) < _MOST:
        calls.append((name, _plain(text[at + 1 : end.start].strip())))
        at = end.end
        step = _NEXT.match(text, at)
        if step is None or name == "otherwise":
            return (new, at) if (new := _written(calls)) is not None else None
        name, at = step["name"], step.end()
    return None


def _written(calls: list[tuple[str, str]]) -> str | None:
    """The `if` of calls by their names, the last choice innermost."""
    otherwise = calls[-1][1] if calls[-1][0] == "otherwise" else None
    pairs, rest = list[tuple[str, str]](), calls[: len(calls) - (otherwise is not None)]
    while rest:
        both = arguments_of(rest[0][1])
        if len(both) == 2:  # PySpark has both in one call
            pairs.append((both[0], both[1]))
            rest = rest[1:]
        elif [name for name, _ in rest[:2]] == ["when", "then"]:
            pairs.append((rest[0][1], rest[1][1]))
            rest = rest[2:]
        else:
            return None
    new = otherwise or "null"
    for condition, value in reversed(pairs):
        new = f"if({condition}, {value}, {new})"
    return new


def _plain(text: str) -> str:
    """A condition with its columns as names, and with `and` and `or` for its signs."""
    plain = _COLUMN.sub(_column, text)
    pieces = re.split(r"(\"[^\"]*\"|'[^']*')", plain)
    return "".join(
        one if at % 2 else re.sub(r"\s*&\s*", " and ", re.sub(r"\s*\|\s*", " or ", one))
        for at, one in enumerate(pieces)
    )


def _column(found: re.Match[str]) -> str:
    is_text = found["name"] is not None and found[0].startswith(("pl.lit", "F.lit"))
    return f"{found['quote']}{found['name']}{found['quote']}" if is_text else (found["name"] or found["bare"]).strip()


def part_of_split(place: Place) -> Mistake | None:
    """`name.str.split("_").list.get(0)`, `name.str.split("_", expand=True)`."""
    begin = max(0, place.found.start - _NEAR)
    for found in _SPLIT.finditer(place.text, begin, place.found.start + _NEAR):
        element = _ELEMENT.match(place.text, found.end())
        end = found.end() if element is None else element.end()
        if not found.start() < place.found.start < end:
            continue
        of, sign = found["of"] or found["inner"], found["sign"] or found["by"]
        span, hints = Span(found.start(), end), tuple[str, ...]()
        if element is None and not found["expanded"]:
            return None
        at = (
            ""
            if element is None
            else element["at"] or element["index"] or {"first": "0", "last": "-1"}.get(element["end"], "")
        )
        new = f"split({of}, {sign}, {at})" if at else f"split({of}, {sign})"
        if element is None:
            hints = (_EXPANDED.format(part=f"split({of}, {sign}, 0)"),)
        elif not at:
            new = f"len({new})"
        return idiom(
            "Python", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new), *hints
        )
    return None
