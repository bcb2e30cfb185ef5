"""Lists as Python, pandas and Mongo write them: what is in one, what equals one, ranges in brackets."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.lexer import Lexeme
from runql.syntax.literals import quote_name, read_string
from runql.syntax.mistake import Mistake, Place, idiom, replacing
from runql.syntax.mistakes.python import closing
from runql.text.source import Span

_PYTHON: Final = "Python"
_ITEMS: Final = {"STRING", "NUMBER", "PARAM"}
_SPACES: Final = {"config": "config", "summary": "summary", "summary_metrics": "summary", "logged": "logged"}
_PLAIN: Final = re.compile(r"\w+(?:[./]\w+)*")
_RANGE: Final = re.compile(r"\s*([^\s,\[\]()]+?)\s*(?:\.\.=?|\.\.\.|:|\bto\b|-(?=\s))\s*([^\s,\[\]()]+)\s*")
_OF_R: Final = re.compile(r"%\s*in\s*%\s*(?:c\s*)?\(")
_BARE_RANGE: Final = re.compile(r"(-?[\d.]*\d(?:e-?\d+)?)\s*\.\.=?\s*(-?\.?\d[\d.]*(?:e-?\d+)?)(?!\w)", re.IGNORECASE)


def key_in_space(place: Place) -> Mistake | None:
    """`"lr" in config`, `"lr" not in config`: whether a field is there."""
    found = _item_in(place)
    if found is None or found[0].terminal != "STRING" or place.word not in _SPACES:
        return None
    item, denied, span = found
    name = read_string(item.text)
    if not name:
        return None
    written = name if _PLAIN.fullmatch(name) else quote_name(name)
    new = f"{'missing' if denied else 'exists'}({_SPACES[place.word]}.{written})"
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def value_in_field(place: Place) -> Mistake | None:
    """`"x" in tags`, `"x" not in tags`: the value on the left."""
    return _turned(place, "has", "!has")


def value_in_text(place: Place) -> Mistake | None:
    """`"x" in name`: in Python, a part of the text."""
    found = _item_in(place)
    if found is None or found[0].terminal != "STRING":
        return None
    return _turned(place, "contains", "not contains")


def _turned(place: Place, sign: str, denial: str) -> Mistake | None:
    found = _item_in(place)
    if found is None or place.word in _SPACES:
        return None
    item, denied, span = found
    new = f"{place.found.text} {denial if denied else sign} {item.text}"
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _item_in(place: Place) -> tuple[Lexeme, bool, Span] | None:
    """The value before an `in` that a field follows, and whether that is denied."""
    if place.back_terminal() != "IN" or place.found.terminal != "PATH":
        return None
    denied = place.back_terminal(2) == "NOT"
    item = place.back(2 + denied)
    if item is None or item.terminal not in _ITEMS:
        return None
    return item, denied, Span(item.start, place.found.end)


def equal_to_list(place: Place) -> Mistake | None:
    """`config.x = ["a"]`, `tags = []`: a list is not compared as a whole."""
    found = _equal(place)
    if found is None:
        return None
    field, sign, inner, span = found
    denied = sign.terminal == "NE"
    old = place.text[span.start : span.end]
    if _declares(place):
        new = f"= ({inner}{',' if ',' not in inner else ''})"
        hint = "a list of one value has a comma too: `(1,)`"
        return idiom(_PYTHON, old, new, span, replacing(span.start, span.end, new), hint)
    if field is None:
        return None
    if not inner:
        span = Span(field.start, span.end)
        new = f"len({field.text}) {'!=' if denied else '='} 0"
        return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    if "," in inner or "[" in inner:
        return None
    return _equal_to_one(place, field, inner, span, denied=denied)


def _equal_to_one(place: Place, field: Lexeme, inner: str, span: Span, *, denied: bool) -> Mistake:
    """A list of one value. Of tags, that value is nearly always meant, whatever else is there."""
    hint = "that it holds nothing else is `len(…) = 1`"
    new = f"{'!has' if denied else 'has'} {inner}"
    if field.text.lower() != "tags":
        hint, span = "a list is not compared as a whole", Span(field.start, span.end)
        new = f"{'not ' * denied}({field.text} has {inner} and len({field.text}) = 1)"
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new), hint)


def equal_to_one_of(place: Place) -> Mistake | None:
    """`config.x = ["a", "b"]` of a field that holds one value: one of several."""
    found = _equal(place)
    if found is None or not found[2] or "[" in found[2] or _declares(place):
        return None
    _, sign, inner, span = found
    new = f"{'in' if sign.terminal == 'EQ' else 'not in'} ({inner})"
    if "," not in inner:
        new = f"{'=' if sign.terminal == 'EQ' else '!='} {inner}"
    hint = "of a list, one value is found with `has`, several with `has any (…)` or `has all (…)`"
    old = place.text[span.start : span.end]
    return idiom(_PYTHON, old, new, span, replacing(span.start, span.end, new), hint)


def equal_to_whole_list(place: Place) -> Mistake | None:
    """The same of a list: there is no such comparison."""
    found = _equal(place)
    if found is None or _declares(place):
        return None
    message = "a list is not compared as a whole"
    hints = ("one value of it is found with `has`, several with `has any (…)` or `has all (…)`", "`len(…)` counts them")
    return Mistake("RQL101", message, found[3], hints, certain=True, resume=found[3].end)


def _declares(place: Place) -> bool:
    return "DECLARE" in (place.back_terminal(3), place.back_terminal(5))


def _equal(place: Place) -> tuple[Lexeme | None, Lexeme, str, Span] | None:
    """The field, the sign and what stands in the brackets behind it, and the place of the sign and the list."""
    sign, field = place.back(1), place.back(2)
    if place.found.text != "[" or sign is None or sign.terminal not in {"EQ", "NE"}:
        return None
    end = closing(place.text, place.found.start)
    if end is None or end.text != "]":
        return None
    inner = place.text[place.found.end : end.start].strip().rstrip(",")
    is_field = field is not None and field.terminal == "PATH"
    return field if is_field else None, sign, inner, Span(sign.start, end.end)


def range_in(place: Place) -> Mistake | None:
    """`in [0.01..0.1]`, `in (1..5)`, `in 1..5`: between two limits."""
    lexemes = place.attempt.lexemes
    at = next((i for i in range(len(lexemes) - 1, max(-1, len(lexemes) - 4), -1) if lexemes[i].terminal == "IN"), None)
    if at is None:
        return None
    word = lexemes[at]
    start = lexemes[at + 1].start if at + 1 < len(lexemes) else place.found.start
    if place.text[start : start + 1] in {"[", "("}:
        end = closing(place.text, start)
        match = _RANGE.fullmatch(place.text[start + 1 : end.start]) if end is not None else None
        stop = end.end if end is not None else start
    else:
        match = _BARE_RANGE.match(place.text, start)
        stop = match.end() if match is not None else start
    if match is None:
        return None
    span = Span(word.start, stop)
    new = f"between {match[1]} and {match[2]}"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def list_of_r(text: str, sign: Lexeme) -> Mistake | None:
    """`%in% c("a", "b")`: what R writes for a list, and what would be the rest of two divisions."""
    match = _OF_R.match(text, sign.start)
    end = closing(text, match.end() - 1) if match is not None else None
    if match is None or end is None:
        return None
    span = Span(sign.start, end.end)
    new = f"in ({text[match.end() : end.start]})"
    return idiom("R", text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def brackets_of_has(place: Place) -> Mistake | None:
    """`tags has all ["a"]`: a list in square brackets."""
    word = place.back()
    if place.found.text != "[" or word is None or word.text.lower() not in {"any", "all"}:
        return None
    end = closing(place.text, place.found.start)
    if end is None or place.back_terminal(2) != "HAS":
        return None
    new = f"({place.text[place.found.end : end.start]})"
    span = Span(place.found.start, end.end)
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def several_after_has(place: Place) -> Mistake | None:
    """`tags has "a", "b"`: any of them, or all."""
    value = place.back()
    if (
        place.found.terminal != "COMMA"
        or value is None
        or place.back_terminal(2) != "HAS"
        or value.terminal != "STRING"
    ):
        return None
    if place.clause is None or place.clause.terminal != "WHERE":
        return None
    hints = ("one of them is `has any (…)`, each of them `has all (…)`",)
    return Mistake("RQL101", "`has` takes one value", place.span, hints, certain=True)
