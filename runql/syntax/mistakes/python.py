"""Lists, brackets and calls as Python, pandas and Mongo write them."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.language.aggregates import ROW_AGGREGATES
from runql.syntax.foreign.mongo import mongo_text
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import quote_name, read_string
from runql.syntax.mistake import Mistake, Place, alone_from, closing, idiom, leaving_out, operator_words, replacing
from runql.syntax.mistakes.frames.columns import missing
from runql.syntax.mistakes.functions.methods import rewritten
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.text.source import Span

_PYTHON: Final = "Python"
_MISSING: Final = "is missing"
_METHODS: Final = {
    "startswith": "startswith",
    "endswith": "endswith",
    "contains": "contains",
    "isin": "in",
    "is_in": "in",
    "starts_with": "startswith",
    "ends_with": "endswith",
    "isnull": _MISSING,
    "isna": _MISSING,
    "notnull": f"not {_MISSING}",
    "notna": f"not {_MISSING}",
    "is_null": "is null",
    "is_not_null": "is not null",
    "match": "~",
}
_QUOTED: Final = re.compile(r"""(["'])([^\W\d][\w./]*)\1""")
_ELEMENT: Final = re.compile(r"\s*(?:\.str)?\[\s*(-?\d+)\s*\]")
_PATTERN: Final = re.compile(r"""r?(?P<quote>["'])(?P<text>[^"']*)(?P=quote)(?P<case>\s*,\s*case\s*=\s*False)?""")
_SIGNS: Final = re.compile(r"[.^$*+?{}\[\]|()\\]")
_PLAIN_KEY: Final = re.compile(r"\w+(?:/\w+)*")
_OVER: Final = re.compile(r"(?i)\s+over\s+(?:\([^()\n]*\)|[\w./]+)")
_VALUES: Final = {"STRING", "NUMBER", "PATH", "TIME", "DURATION", "PARAM"}


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


_WALL: Final = "[" * 20


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
    if inner.startswith(_WALL):
        return None  # no list that is meant: that it is nested too deeply is said where it is read
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
    written = place.text[span.start : span.end]
    if re.search(rf"(?i)\blet\s+{re.escape(written)}\s*=", place.text[: span.start]):
        message = "the values of a query stand in parentheses"
        repair = replacing(span.start, span.end, f"(runs from {written})")
        return Mistake("RQL101", message, span, repairs=(repair,), certain=True)
    repair = replacing(span.start, span.end, f"({written})")
    return Mistake("RQL101", "a list stands in parentheses", span, repairs=(repair,), certain=True)


def subscript(place: Place) -> Mistake | None:
    """`config["lr"]`, `config["optim"]["lr"]`."""
    name = place.back()
    if place.found.text != "[" or name is None or name.terminal != "PATH":
        return None
    new, end = name.text, None
    following = iter(islice(alone_from(place.text, place.found.start), 60))
    for bracket, key, closed in zip(following, following, following, strict=False):
        if bracket.text != "[" or key.terminal != "STRING" or closed.text != "]":
            break
        text = read_string(key.text)
        new += f".{text if _PLAIN_KEY.fullmatch(text) else quote_name(text)}"
        end = closed.end
    if end is None:
        return None
    span = Span(name.start, end)
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def method(place: Place) -> Mistake | None:  # noqa: PLR0911 - one a kind of call
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
    if name.text.lower() in operator_words("IS", "NOT"):
        if (between := _between(place, name)) is not None:
            return between
        message = f"a field must stand before `{name.text}`"
        return Mistake("RQL101", message, Span(name.start, name.end), certain=True)
    owner, _, called = name.text.rpartition(".")
    owner = owner.removesuffix(".str")
    end = closing(place.text, place.found.start)
    operator = _METHODS.get(called)
    span = Span(name.start, end.end if end else place.found.end)
    if end and called == "split" and owner and (element := _ELEMENT.match(place.text, end.end)):
        part = f"split({owner}, {place.text[place.found.end : end.start].strip()}, {element[1]})"
        whole = Span(name.start, element.end())
        return idiom(_PYTHON, place.text[whole.start : whole.end], part, whole, replacing(whole.start, whole.end, part))
    if end and owner and (new := _without_call(owner, called, place.text[place.found.end : end.start].strip())):
        return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    if "/" in name.text and (divided := _divided(place, name)) is not None:
        return divided
    if operator is None or end is None or not owner:
        message = f"`{name.text}` cannot be called"
        return Mistake("RQL101", message, span, ("functions stand before what they take: `lower(name)`",), certain=True)
    new = _test(name.text, operator, place.text[place.found.end : end.start].strip())
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _test(called: str, operator: str, inner: str) -> str:
    """A test of a text or a list by its method; those of `.str` take patterns."""
    owner = called.rpartition(".")[0].removesuffix(".str")
    if operator.endswith(_MISSING):
        test = missing(owner).text
        return f"{operator.removesuffix(_MISSING)}({test})" if " or " in test or "not" in operator else test
    pattern = _PATTERN.fullmatch(inner) if called.rpartition(".")[0].endswith(".str") else None
    if pattern is not None and operator == "~":
        quote = pattern["quote"]
        return f"{owner} ~ {quote}^(?:{pattern['text']}){quote}"  # `match` begins at the beginning
    if pattern is not None and operator == "contains" and (pattern["case"] or _SIGNS.search(pattern["text"])):
        return f"{owner} {'~*' if pattern['case'] else '~'} {pattern['quote']}{pattern['text']}{pattern['quote']}"
    if operator == "in" and inner[:1] in {"[", "{"}:
        inner = inner[1:-1]
    argument = f" ({inner})" if operator == "in" else f" {inner}" if inner else ""
    return f"{owner} {operator}{argument}"


def test_alone(place: Place) -> Mistake | None:
    """`| name.startswith("a")`: a condition stands behind `where`."""
    name = place.found
    owner, _, called = name.text.rpartition(".")
    if place.back_terminal() != "PIPE" or not owner or called not in _METHODS:
        return None
    end = closing(place.text, name.end) if place.text[name.end : name.end + 1] == "(" else None
    if end is None:
        return None
    test = _test(name.text, _METHODS[called], place.text[name.end + 1 : end.start].strip())
    span, new = Span(name.start, end.end), f"where {test}"
    return idiom(_PYTHON, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _between(place: Place, name: Lexeme) -> Mistake | None:
    """`between(summary.acc, 0.5, 0.9)`."""
    end = closing(place.text, place.found.start) if name.text.lower() == "between" else None
    given = [] if end is None else arguments_of(place.text[place.found.end : end.start])
    if end is None or len(given) != len(("value", "low", "high")):
        return None
    span, new = Span(name.start, end.end), f"{given[0]} between {given[1]} and {given[2]}"
    return idiom("dplyr", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _divided(place: Place, name: Lexeme) -> Mistake | None:
    """`summary.acc/mean(summary.acc)`: without spaces the sign is a part of the name."""
    left, _, right = name.text.rpartition("/")
    if not right.isidentifier():
        return None
    end = closing(place.text, place.found.start)
    given = place.text[place.found.start : end.end] if end else ""
    behind = " over all" if end and _lacks_over(place, right, given, end.end) else ""
    span = Span(name.start, end.end if end and behind else name.end)
    divided = f"{left} / {right}"
    new = f"{divided}{given}{behind}" if behind else divided
    shown = f"{divided}{given}{behind or _over(place, end.end if end else name.end)}"
    message = f"`/` in `{name.text}` is part of a name: a division has spaces around it"
    hints = (f"write `{shown}`",) if given and "`" not in shown and "\n" not in shown else ()
    repair = replacing(span.start, span.end, new)
    return Mistake("RQL101", message, Span(name.start, name.end), hints, repairs=(repair,), certain=True)


def _lacks_over(place: Place, function: str, given: str, end: int) -> bool:
    """Whether a call is an aggregate of other rows, in a stage that looks at one row at a time."""
    clause = place.clause
    if function not in ROW_AGGREGATES or place.first_pipe is None or clause is None:
        return False
    return (
        clause.terminal in {"DERIVE", "WHERE", "ORDER", "SELECT"}
        and len(arguments_of(given[1:-1])) <= 1
        and not _over(place, end)
    )


def _over(place: Place, end: int) -> str:
    """`over` with its keys, as it stands behind a call."""
    found = _OVER.match(place.text, end)
    return found[0] if found else ""


def _without_call(owner: str, called: str, argument: str) -> str | None:
    """`config.get("lr")` as a field, `name.lower()` as a function."""
    if (new := rewritten(owner, called, argument)) is not None:
        return new
    key = re.fullmatch(r"""(["'])(.+?)\1(?:\s*,.*)?""", argument) if called == "get" else None
    return f"{owner}.{key[2] if _PLAIN_KEY.fullmatch(key[2]) else quote_name(key[2])}" if key else None


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
