"""Conditions as SQL, Python, pandas and Mongo write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from runql.syntax.lexer import Lexeme
from runql.syntax.literals import quote_name, read_string
from runql.syntax.mistakes import Mistake, Place, Repair, alone_from, idiom, leaving_out, replacing, shown, spaced
from runql.syntax.mongo import mongo_text
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
_METHODS: Final = {
    "startswith": "startswith",
    "endswith": "endswith",
    "contains": "contains",
    "isin": "in",
    "isnull": "is null",
    "isna": "is null",
    "notnull": "is not null",
    "notna": "is not null",
    "is_null": "is null",
    "is_not_null": "is not null",
    "match": "~",
}
_OPERATOR_WORDS: Final = {"in", "between", "contains", "startswith", "endswith", "has", "glob"}
_QUOTED: Final = re.compile(r"""(["'])([^\W\d][\w./]*)\1""")
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_VALUES: Final = {"STRING", "NUMBER", "PATH", "TIME", "DURATION", "PARAM"}


def closing(text: str, start: int) -> Lexeme | None:
    """The bracket that closes the one at a place."""
    depth = 0
    for lexeme in alone_from(text, start):
        depth += (lexeme.text in _CLOSING) - (lexeme.text in _CLOSING.values())
        if depth == 0:
            return lexeme
    return None


def two_signs(place: Place) -> Mistake | None:
    """`=>`, `=<`, `=!`, `===`: two operators that run together."""
    before = place.back()
    if before is None or before.end != place.found.start:
        return None
    new = _RUNS_TOGETHER.get((before.text, place.found.text))
    if new is None:
        return None
    span = Span(before.start, place.found.end)
    old = place.text[span.start : span.end]
    return idiom(None, old, new, span, replacing(span.start, span.end, new))


def and_or_signs(place: Place) -> Mistake | None:
    """`&` and `|` between conditions, as pandas has them, and `~` before one."""
    found, before = place.found, place.back()
    if found.text == "&" or found.terminal == "PIPE":
        return _pandas(place, found, "and" if found.text == "&" else "or")
    if found.text == "~" and "NOT" in place.accepted:
        return idiom("pandas", "~", "not", place.span, replacing(found.start, found.end, "not "))
    if before and before.terminal == "PIPE" and place.clause and place.clause.terminal == "WHERE":
        mistake = _pandas(place, before, "or")
        return replace(mistake, certain=False, reach=2)
    return None


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
        sign = spaced(place.text, place.found.start, place.found.end, "=")
        repair = replacing(place.found.start, place.found.end, sign)
        return idiom(None, place.found.text, "=", place.span, repair)
    return None


def braces(place: Place) -> Mistake | None:
    """A Mongo filter where a condition must stand."""
    if place.found.text != "{":
        return None
    end = closing(place.text, place.found.start)
    condition = mongo_text(place.text[place.found.start : end.end]) if end else None
    if end is None or condition is None:
        return None
    started = "RUNS" not in place.accepted
    new = condition if started else f"runs where {condition}"
    span = Span(place.found.start, end.end)
    repair = replacing(span.start, span.end, new if started else f"runs where {condition}")
    return idiom("a Mongo filter", place.text[span.start : span.end], new, span, repair)


def list_brackets(place: Place) -> Mistake | None:
    """`in [1, 2]`, `keys ["loss", "acc"]`: lists in other brackets."""
    text, before = place.found.text, place.back()
    if text not in {"[", "{", "("} or before is None:
        return None
    end = closing(place.text, place.found.start)
    if end is None:
        return None
    span = Span(place.found.start, end.end)
    old = place.text[span.start : span.end]
    inner = old[1:-1]
    if "LPAR" in place.accepted and before.terminal in {"IN", "ANY", "ALL", "HAS"} and text != "(":
        new = f"({inner})"
        return idiom(_PYTHON, old, new, span, replacing(span.start, span.end, new))
    if place.clause is before and before.terminal in {"KEYS", "SELECT", "FROM", "ORDER"} and inner.strip():
        inner = _QUOTED.sub(r"\2", inner)
        return idiom(_PYTHON, old, inner.strip(), span, replacing(span.start, span.end, inner))
    return None


def bare_list(place: Place) -> Mistake | None:
    """`in 1, 2` without parentheses."""
    if place.back_terminal() not in {"IN", "ANY", "ALL"} or place.found.terminal not in _VALUES:
        return None
    items = [place.found]
    ahead = list(islice(alone_from(place.text, place.found.end), 200))
    for comma, item in zip(ahead[::2], ahead[1::2], strict=False):
        if comma.terminal != "COMMA" or item.terminal not in _VALUES:
            break
        items.append(item)
    span = Span(items[0].start, items[-1].end)
    new = f"({place.text[span.start : span.end]})"
    repair = replacing(span.start, span.end, new)
    return Mistake("RQL101", "a list stands in parentheses", span, repairs=(repair,), certain=True)


def value_in_field(place: Place) -> Mistake | None:
    """`"x" in tags`: the value on the left."""
    item, word = place.back(2), place.back(1)
    if word is None or item is None or word.terminal != "IN" or item.terminal != "STRING":
        return None
    if place.found.terminal != "PATH":
        return None
    span = Span(item.start, place.found.end)
    new = f"{place.found.text} has {item.text}"
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def subscript(place: Place) -> Mistake | None:
    """`config["lr"]`."""
    name = place.back()
    if place.found.text != "[" or name is None or name.terminal != "PATH":
        return None
    inner = list(islice(alone_from(place.text, place.found.end), 2))
    if len(inner) < 2 or inner[0].terminal != "STRING" or inner[1].text != "]":
        return None
    key = read_string(inner[0].text)
    span = Span(name.start, inner[1].end)
    plain = re.fullmatch(r"\w+(?:/\w+)*", key)
    new = f"{name.text}.{key if plain else quote_name(key)}"
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def method(place: Place) -> Mistake | None:
    """`name.startswith("a")`, `config.x.isin([1, 2])`, `now()`."""
    name = place.back()
    if place.found.terminal != "LPAR" or name is None:
        return None
    if name.terminal in {"NOW", "TODAY", "YESTERDAY"} and (end := closing(place.text, place.found.start)):
        span = Span(name.start, end.end)
        repair = leaving_out(place.found.start, end.end, "()")
        return idiom("Python", place.text[span.start : span.end], name.text, span, repair)
    if name.terminal != "PATH":
        return None
    if name.text.lower() in _OPERATOR_WORDS:
        message = f"a field must stand before `{name.text}`"
        return Mistake("RQL101", message, Span(name.start, name.end), certain=True)
    owner, _, called = name.text.rpartition(".")
    owner = owner.removesuffix(".str")
    end = closing(place.text, place.found.start)
    operator = _METHODS.get(called)
    span = Span(name.start, end.end if end else place.found.end)
    if operator is None or end is None or not owner:
        message = f"`{name.text}` cannot be called"
        return Mistake("RQL101", message, span, ("functions stand before what they take: `lower(name)`",), certain=True)
    inner = place.text[place.found.end : end.start].strip()
    if operator == "in" and inner[:1] in {"[", "{"}:
        inner = inner[1:-1]
    argument = f" ({inner})" if operator == "in" else f" {inner}" if inner else ""
    new = f"{owner} {operator}{argument}"
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


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


def is_value(place: Place) -> Mistake | None:
    """`x is true`, `x is not 5`, `x is in (1, 2)`: `is` tests for null, NaN and the like only."""
    lexemes = place.attempt.lexemes
    denied = place.back_terminal() == "NOT"
    word = place.back(1 + denied)
    if word is None or word.terminal != "IS" or len(lexemes) < 2 + denied:
        return None
    span = Span(word.start, place.found.end)
    old = place.text[span.start : span.end]
    if place.word in _OPERATOR_WORDS:
        new = f"{'not ' * denied}{place.word}"
        return idiom("SQL", old, new, span, replacing(span.start, span.end, new))
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


def equal_to_list(place: Place) -> Mistake | None:
    """`x = [1, 2]`."""
    sign = place.back()
    if place.found.text != "[" or sign is None or sign.terminal not in {"EQ", "NE"}:
        return None
    end = closing(place.text, place.found.start)
    if end is None:
        return None
    span = Span(sign.start, end.end)
    inner = place.text[place.found.end : end.start]
    new = f"{'in' if sign.terminal == 'EQ' else 'not in'} ({inner})"
    hint = "one value of a list is found with `has`"
    return idiom("Python", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new), hint)


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


def placeholder(place: Place) -> Mistake | None:
    """`{lr}`, `:lr`, `@lr`, `${lr}`: parameters of other languages."""
    if "PARAM" not in place.accepted:
        return None
    match = re.compile(r"(?:\$?\{(\w+)\}|%\((\w+)\)s|[:@](\w+))").match(place.text, place.found.start)
    name = next((group for group in match.groups() if group), None) if match else None
    if match is None or name is None or name[0].isdigit():
        return None
    span = Span(match.start(), match.end())
    return idiom(None, match[0], f"${name}", span, replacing(*match.span(), f"${name}"))


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
    return Mistake("RQL101", message, span, certain=True) if place.found.terminal == "PATH" else None
