"""Lists as Python, pandas and Mongo write them: what is in one, what equals one, ranges in brackets."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from runql.language.entry import LiteralEntry
from runql.language.kinds import Kind
from runql.language.operators import TESTS
from runql.language.words import WORDS
from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import quote_name, read_string, write_string
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing, shown
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


def limits_in_brackets(place: Place) -> Mistake | None:
    """`between [0.1, 0.2]`: two limits as a list, which would be the lower one."""
    lexemes = place.piece
    bracket = next((b for a, b in pairwise(lexemes) if (a.terminal, b.terminal) == ("BETWEEN", "LSQB")), None)
    end = closing(place.text, bracket.start) if bracket is not None else None
    if bracket is None or end is None:
        return None
    limits = [limit.strip() for limit in place.text[bracket.end : end.start].split(",")]
    if len(limits) != 2 or not all(limits):
        return None
    span = Span(bracket.start, end.end)
    new = " and ".join(limits)
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


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


_WORD_OR_VALUE: Final = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|-?\.?\d[\w.:+-]*|\$?[^\W\d][\w./-]*)"""
_ONE_MORE: Final = re.compile(rf"\s*,\s*(?P<value>{_WORD_OR_VALUE})(?=\s*(?P<next>[,)|;#]|\Z|[^\W\d]\w*))")
_WORD: Final = re.compile(r"[^\W\d][\w-]*")
_EQUALS: Final = {"EQ": "in", "NE": "not in"}
_OF_ONE_VALUE: Final = frozenset({*TESTS[Kind.NUMBER], *TESTS[Kind.TEXT]} - {"IN", "IS", "BETWEEN", *_EQUALS})
_LITERALS: Final = frozenset(
    word for terminal, entry in WORDS.items() if isinstance(entry, LiteralEntry) for word in keywords().words[terminal]
)


def several_values(place: Place) -> Mistake | None:
    """`state = failed, crashed`, `lr != 0.1, 0.2`: one field beside several values."""
    if place.found.terminal != "COMMA" or "AND" not in place.accepted or not place.in_condition:
        return None
    at = next((n for n in (2, 3) if place.back_terminal(n) in {*_EQUALS, *_OF_ONE_VALUE}), None)
    if at is None or place.back_terminal(at + 1) not in {"PATH", "RPAR"}:
        return None
    sign = place.attempt.lexemes[-at]
    first = place.text[sign.end : place.found.start].strip()
    more, end = _values_behind(place)
    if not more or not re.fullmatch(_WORD_OR_VALUE, first):
        return None
    values = [_as_text(value) for value in (first, *more)]
    if sign.terminal not in _EQUALS:
        each = " or ".join(f"{place.attempt.lexemes[-at - 1].text} {sign.text} {value}" for value in values)
        hints = (f"any of them is `({shown(each)})`, all of them with `and`",)
        return Mistake("RQL101", f"`{sign.text}` takes one value", place.span, hints, certain=True, resume=end)
    new = f"{_EQUALS[sign.terminal]} ({', '.join(values)})"
    repair = replacing(sign.start, end, new)
    message = f"`{sign.text}` takes one value, and several are `{shown(new)}`"
    return Mistake("RQL101", message, Span(sign.start, end), repairs=(repair,), certain=True)


def _values_behind(place: Place) -> tuple[list[str], int]:
    """The values that stand behind a comma, each by itself, up to one that begins a condition, and where they end."""
    text, end, found = place.text, place.found.start, list[str]()
    ends = {*keywords().clause_words, "and", "or"}
    while (match := _ONE_MORE.match(text, end)) is not None:
        word = match["next"].lower()
        if (word[:1].isalpha() and word not in ends) or match["value"].lower() in ends:
            break
        found.append(match["value"])
        end = match.end("value")
    return found, end


def _as_text(value: str) -> str:
    """A bare word in its quotes."""
    return write_string(value) if _WORD.fullmatch(value) and value.lower() not in _LITERALS else value


_CALLS: Final = {
    **dict.fromkeys(("array_contains", "list_contains", "array_has", "list_has", "arraycontains", "set_has"), "has"),
    **dict.fromkeys(("array_has_any", "list_has_any", "arrays_overlap", "hasany", "has_any"), "has any"),
    **dict.fromkeys(("array_has_all", "list_has_all", "hasall", "has_all"), "has all"),
    **dict.fromkeys(("contains", "str_contains"), "contains"),
    **dict.fromkeys(("startswith", "starts_with"), "startswith"),
    **dict.fromkeys(("endswith", "ends_with"), "endswith"),
}
_LENGTHS: Final = frozenset({"array_length", "list_length", "cardinality", "array_size"})
_OF_ANY: Final = re.compile(
    r"(?P<field>[\w./`]+)\s*(?P<sign>==?|~\*?|contains|startswith|endswith|glob)\s*(?P<value>.+)", re.S
)


def list_call(text: str, name: Lexeme, *, is_condition: bool) -> Mistake | None:
    """`array_contains(tags, "x")`, `any(tags == "x")`: a test of a list as other languages call it."""
    word, start = name.text.lower(), text.find("(", name.end)
    if word not in _CALLS and word not in _LENGTHS and not (word == "any" and is_condition):
        return None
    end = closing(text, start)
    new = None if end is None else _list_test(word, text[start + 1 : end.start].strip())
    if new is None or end is None:
        return None
    span = Span(name.start, end.end)
    old = text[span.start : span.end]
    return idiom("another language", old, new, span, replacing(span.start, span.end, new))


def _list_test(word: str, inner: str) -> str | None:
    if word in _LENGTHS:
        return f"len({inner})" if inner and "," not in inner else None
    if word == "any":
        found = _OF_ANY.fullmatch(inner)
        return (
            found and f"{found['field']} {'has' if found['sign'].startswith('=') else found['sign']} {found['value']}"
        )
    listed, _, value = (part.strip() for part in inner.partition(","))
    if not listed or not value:
        return None
    if _CALLS[word] in ("has any", "has all"):
        value = f"({value[1:-1]})" if value[:1] in {"[", "{"} else value if value[:1] == "$" else f"({value})"
    return f"{listed} {_CALLS[word]} {value}"
