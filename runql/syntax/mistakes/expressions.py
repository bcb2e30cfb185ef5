"""Conditions as SQL, Python and pandas write them, and slips in conditions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import read_string, write_string
from runql.syntax.mistake import (
    Mistake,
    Place,
    Repair,
    alone_from,
    idiom,
    leaving_out,
    operator_words,
    replacing,
    shown,
    spaced,
)
from runql.text.diagnostic import Edit
from runql.text.source import Span

_COMPARISONS: Final = ("EQ", "NE", "LT", "LE", "GT", "GE")
_PYTHON: Final = "Python"
_RUNS_TOGETHER: Final = {
    ("=", ">"): ">=",
    ("=", "<"): "<=",
    ("=", "!"): "!=",
    ("=", "~"): "~",
    ("==", "="): "=",
    ("!=", "="): "!=",
    ("<>", "="): "!=",
    (">", "<"): "!=",
    ("~", "="): "~",
}


def two_signs(place: Place) -> Mistake | None:
    """`=>`, `=<`, `=!`, `===`: two operators that run together."""
    before = place.back()
    if before is None or before.end != place.found.start:
        return None
    if (before.text, place.found.text) == ("~", "~"):
        hint = '`%` is `*` here, and `_` is `?`: `name glob "lr*"`'
        return Mistake(
            "RQL108", "`~~` is Postgres, for `like`", Span(before.start, place.found.end), (hint,), certain=True
        )
    new = _RUNS_TOGETHER.get((before.text, place.found.text))
    if new is None:
        return None
    span = Span(before.start, place.found.end)
    old = place.text[span.start : span.end]
    if old == "=~" and (equal := _equal_without_case(place, span)) is not None:
        return equal
    return idiom(None, old, new, span, replacing(span.start, span.end, new))


def _equal_without_case(place: Place, sign: Span) -> Mistake | None:
    """`name =~ 'SGD'` of Kusto: equal, without case; with the signs of a pattern it is Perl's, a search."""
    value = next(alone_from(place.text, sign.end), None)
    if value is None or value.terminal != "STRING" or _PATTERN.search(read_string(value.text)):
        return None
    text = read_string(value.text).replace(".", "[.]")
    new = f"~* {write_string(f'^{text}$')}"
    span = Span(sign.start, value.end)
    return idiom("Kusto", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_PATTERN: Final = re.compile(r"[\^$*+?\[\]{}|\\()]")


def and_or_signs(place: Place) -> Mistake | None:
    """`&` and `|` between conditions, as pandas has them, and `~` before one."""
    found, before = place.found, place.back()
    if found.terminal == "PIPE" and place.opened and _stage_follows(place):
        return None  # the bracket is not closed
    if found.text == "&" or (found.terminal == "PIPE" and "OR" in place.accepted):
        return _pandas(place, found, "and" if found.text == "&" else "or")
    if found.text == "~" and "NOT" in place.accepted:
        return idiom("pandas", "~", "not", place.span, replacing(found.start, found.end, "not "))
    compares = place.compares or found.text in {"(", "!", "~"}
    if compares and before and before.terminal == "PIPE" and place.clause and place.clause.terminal == "WHERE":
        mistake = _pandas(place, before, "or")
        return replace(mistake, certain=False, reach=2)
    return None


def _stage_follows(place: Place) -> bool:
    """Whether a word of a stage stands behind a pipe, and no condition."""
    following = next(islice(place.ahead(), 1, 2), None)
    return following is not None and following.text.lower() in keywords().stage_words and not _compares_behind(place)


def _compares_behind(place: Place) -> bool:
    operator = next(islice(place.ahead(), 2, 3), None)
    return operator is not None and (operator.terminal in _COMPARISONS or operator.text.lower() in operator_words())


def _pandas(place: Place, sign: Lexeme, word: str) -> Mistake:
    span = Span(sign.start, sign.end)
    repair = replacing(sign.start, sign.end, spaced(place.text, sign.start, sign.end, word))
    return idiom("pandas", sign.text, word, span, repair)


def colon(place: Place) -> Mistake | None:
    """`state:finished`, `limit=10`: a sign between a name or a keyword and its value."""
    before = place.back()
    if before is None or place.found.text not in {":", "=", ":="}:
        return None
    if place.clause is before:
        old = place.text[before.start : place.found.end]
        repair = replacing(before.end, place.found.end, " ", f"leave out `{place.found.text}`")
        return idiom(None, old, before.text, Span(before.start, place.found.end), repair)
    if "EQ" in place.accepted:
        start, end = place.found.start, place.found.end
        end += place.text.startswith(":=", start)
        repair = replacing(start, end, spaced(place.text, start, end, "="))
        return idiom(None, place.text[start:end], "=", Span(start, end), repair)
    return None


def chained_comparison(place: Place) -> Mistake | None:
    """`0 < x < 1`."""
    if place.found.terminal not in _COMPARISONS:
        return None
    lexemes = place.piece or place.attempt.lexemes
    index = next((i for i in range(len(lexemes) - 1, -1, -1) if lexemes[i].terminal in _COMPARISONS), None)
    if index is None or index == len(lexemes) - 1:
        return None
    middle = place.text[lexemes[index + 1].start : lexemes[-1].end]
    if {lexeme.terminal for lexeme in lexemes[index + 1 :]} & {"AND", "OR", "NOT", "LPAR"}:
        return None
    end = lexemes[-1].end
    repair = Repair(f"write `and {middle}` between", (Edit(Span(end, end), f" and {middle}"),))
    span = Span(lexemes[index - 1].start if index else lexemes[index].start, place.found.end)
    old = f"{place.text[span.start : span.end]} …"
    new = f"{place.text[span.start : end]} and {middle} {place.found.text} …"
    return idiom(_PYTHON, old, new, span, repair)


def missing_left_side(place: Place) -> Mistake | None:
    """`x > 1 and < 5`, `x and not in (1)`."""
    joint = place.back()
    lexemes = place.attempt.lexemes
    if joint is None or len(lexemes) < 2:
        return None
    if joint.terminal not in {"AND", "OR"} or place.found.terminal not in _COMPARISONS:
        return None
    field = _compared(lexemes)
    if field is None:
        return None
    repair = Repair(f"write `{field.text}`", (Edit(Span(place.found.start, place.found.start), f"{field.text} "),))
    message = f"the left side of `{place.found.text}` is missing"
    return Mistake("RQL101", message, place.span, ("each condition names its field",), repairs=(repair,), certain=True)


def and_not_in(place: Place) -> Mistake | None:
    """`x and not in (1)`: the operator was taken for a name."""
    last = [place.back(count) for count in (4, 3, 2, 1)]
    field, joint, denial, operator = last
    if field is None or joint is None or denial is None or operator is None or field.terminal != "PATH":
        return None
    if (joint.terminal, denial.terminal) != ("AND", "NOT") or operator.text.lower() not in {"in", "between", "has"}:
        return None
    span = Span(joint.start, operator.end)
    new = place.text[denial.start : operator.end]
    return idiom(None, place.text[span.start : span.end], new, span, leaving_out(joint.start, denial.start, joint.text))


def several_in_has(place: Place) -> Mistake | None:
    """`tags has ("a", "b")`."""
    lexemes = place.attempt.lexemes
    index = next((i for i in range(len(lexemes) - 1, -1, -1) if lexemes[i].terminal == "HAS"), None)
    if place.found.terminal != "COMMA" or index is None or [x.terminal for x in lexemes[index + 1 :]][:1] != ["LPAR"]:
        return None
    end = lexemes[index].end
    repair = Repair("write `has any`", (Edit(Span(end, end), " any"),))
    span = Span(lexemes[index].start, end)
    hints = ("several are `has any (…)` or `has all (…)`",)
    return Mistake("RQL101", "`has` takes one value", span, hints, repairs=(repair,), certain=True)


def _compared(lexemes: Sequence[Lexeme]) -> Lexeme | None:
    """The field on the left of the last comparison."""
    for left, sign in zip(reversed(lexemes[:-1]), reversed(lexemes[1:]), strict=True):
        if sign.terminal in _COMPARISONS and left.terminal == "PATH":
            return left
    return None


_A_KIND: Final = re.compile(r"(?:a|an)\s+(?:number|float|int|integer|string|text|list|bool|boolean)\b", re.I)
_KIND_HINT: Final = "what fields hold says `show fields`"


def is_value(place: Place) -> Mistake | None:
    """`x is true`, `x is not 5`, `x is in (1, 2)`: `is` tests for null, NaN and the like only."""
    lexemes = place.attempt.lexemes
    denied = place.back_terminal() == "NOT"
    word = place.back(1 + denied)
    if word is None or word.terminal != "IS" or len(lexemes) < 2 + denied:
        return None
    span = Span(word.start, place.found.end)
    old = place.text[span.start : span.end]
    if place.word in operator_words("IS", "NOT"):
        new = f"{'not ' * denied}{place.word}"
        return idiom("SQL", old, new, span, replacing(span.start, span.end, new))
    if (kind := _A_KIND.match(place.text, place.found.start)) is not None:
        field = next((one.text for one in reversed(lexemes[: -1 - denied]) if one.terminal == "PATH"), "x")
        span = Span(word.start, kind.end())
        hints = (f"a number that is neither NaN nor infinite: `{field} is {'not ' * denied}finite`", _KIND_HINT)
        return Mistake("RQL101", "`is` does not test a kind", span, hints, certain=True, resume=kind.end())
    if place.found.terminal not in {"NUMBER", "STRING", "TIME"} and place.word not in {"true", "false"}:
        return None
    new = f"{'!=' if denied else '='} {place.found.text}"
    return idiom("Python", old, new, span, replacing(span.start, span.end, new))


def not_sign(place: Place) -> Mistake | None:
    """`x not = 3`, `x not null`."""
    denial = place.back()
    if denial is None or denial.terminal != "NOT" or "IN" not in place.accepted:
        return None
    new = {"=": "!=", "==": "!=", "null": "is not null", "nan": "is not nan", "~": "!~"}.get(place.word)
    if new is None:
        return None
    span = Span(denial.start, place.found.end)
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def presence(place: Place) -> Mistake | None:
    """`exists config.lr`, `config.lr exists`."""
    before = place.back()
    if before is None or place.found.terminal != "PATH":
        return None
    for word, field in ((before, place.found), (place.found, before)):
        if word.text.lower() in {"exists", "missing"} and field.terminal == "PATH":
            span = Span(before.start, place.found.end)
            new = f"{word.text.lower()}({field.text})"
            return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    return None


def comma_for_and(place: Place) -> Mistake | None:
    """`a > 1, b < 2` in a condition."""
    if place.found.terminal != "COMMA" or "AND" not in place.accepted or place.opened:
        return None
    if place.clause is None or place.clause.terminal != "WHERE":
        return None
    before = place.back()
    between = next((x for x in reversed(place.attempt.lexemes[:-1]) if x.terminal in {"BETWEEN", "AND", "OR"}), None)
    if between and between.terminal == "BETWEEN" and before:
        return between_comma(place)
    repair = replacing(place.found.start, place.found.end, " and")
    return Mistake("RQL101", "conditions are joined with `and`", place.span, repairs=(repair,), certain=True)


def between_comma(place: Place) -> Mistake | None:
    """`between 1, 2`."""
    if place.found.terminal != "COMMA" or place.back_terminal(2) != "BETWEEN":
        return None
    repair = replacing(place.found.start, place.found.end, " and")
    return Mistake("RQL101", "`between` is written with `and`", place.span, repairs=(repair,), certain=True)


def product(place: Place) -> Mistake | None:
    """`select a*b as c`, `select config.lr*2 + 1`: a product without spaces is a pattern."""
    pattern = place.back()
    if pattern is None or pattern.terminal != "GLOB" or place.clause is None or place.clause.terminal != "SELECT":
        return None
    new = re.sub(r"(?<=\w)\*(?=\w)", " * ", pattern.text)
    span = Span(pattern.start, pattern.end)
    message = f"`{pattern.text}` is a pattern; a product has spaces around its sign"
    return Mistake("RQL101", message, span, repairs=(replacing(span.start, span.end, new),))


def missing_operator(place: Place) -> Mistake | None:
    """`state "finished"`, `lr 0.1`: a field and a value with nothing between."""
    before = place.back()
    if before is None or before.terminal != "PATH" or "EQ" not in place.accepted:
        return None
    if place.clause is None or place.clause.terminal != "WHERE":
        return None
    if before.text.lower() in {"and", "or"} and place.found.terminal == "PATH":
        joint = place.back_terminal(2)
        what = (
            f"a condition must follow `{shown(place.attempt.lexemes[-2].text)}`" if joint else "a condition is missing"
        )
        return Mistake("RQL101", f"{what}, not `{before.text}`", Span(before.start, before.end), certain=True)
    message = f"an operator is missing between `{shown(before.text)}` and `{shown(place.found.text)}`"
    span = Span(before.start, place.found.end)
    if place.found.terminal in {"STRING", "NUMBER", "TIME", "PARAM"}:
        repair = Repair("write `=`", (Edit(Span(place.found.start, place.found.start), "= "),))
        return Mistake("RQL101", message, span, repairs=(repair,), certain=True)
    if place.found.terminal != "PATH":
        return None
    following = next(islice(place.ahead(), 1, 2), None)
    ends = following is None or following.text.lower() in {"and", "or", "|", ";", ")", *keywords().clause_words}
    bare = place.found.text.isalnum() and ends
    repairs = (replacing(place.found.start, place.found.end, f'= "{place.found.text}"'),) if bare else ()
    return Mistake("RQL101", message, span, repairs=repairs, certain=True)


def star_for_any_field(place: Place) -> Mistake | None:
    """`where * ~ "vit"`: a star for any field."""
    if place.found.text != "*" or not place.in_condition or not {"ANY_FIELD", "NOT"} <= place.accepted:
        return None
    repair = replacing(place.found.start, place.found.end, "any_field")
    hint = "any field of the config is `config.*`, of the summary `summary.*`"
    return Mistake("RQL101", "any field of a run is `any_field`", place.span, (hint,), repairs=(repair,))
