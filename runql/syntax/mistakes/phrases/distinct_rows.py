"""Rows or values once each, as SQL, pandas and dplyr ask for them, and how many there must be."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing, shown
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.window_calls import together
from runql.text.source import Span

_NAMES: Final = re.compile(r"[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*(?=\s*(?:[|;]|\Z))")


_DISTINCT_CALL: Final = re.compile(
    r"\(\s*(?P<keys>[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*)\s*(?P<rows>,\s*\.keep_all\s*=\s*T(?:RUE)?\s*)?\)"
    r"(?=\s*(?:[|;]|\Z))"
)


def distinct_call(place: Place, stage: Lexeme) -> Mistake | None:
    """`distinct(k, l)`, `distinct(k, .keep_all = TRUE)`, as dplyr has them."""
    found = _DISTINCT_CALL.match(place.text, place.found.start)
    if found is None:
        return None
    new = f"distinct by {found['keys']}" if found["rows"] else f"select {found['keys']} | distinct"
    span = Span(stage.start, found.end())
    return idiom("dplyr", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def distinct_values(place: Place, stage: Lexeme) -> Mistake | None:
    """`distinct k, l`: the values of these columns, or whole rows."""
    found = _NAMES.match(place.text, place.found.start)
    if found is None:
        return None
    values, rows = f"select {found[0]} | distinct", f"distinct by {found[0]}"
    message = f"`{stage.text} {shown(found[0])}` could be the values of these columns, or the first row of each"
    hints = (f"the values are `{shown(values)}`", f"the rows are `{shown(rows)}`")
    repairs = tuple(replacing(stage.start, found.end(), one) for one in (values, rows))
    return Mistake("RQL101", message, place.span, hints, repairs=repairs)


def select_distinct(place: Place) -> Mistake | None:
    """`| select distinct k, l`: the rows once each are a stage behind it."""
    word, select = place.back(1), place.back(2)
    if word is None or select is None or word.text.lower() != "distinct" or select.terminal != "SELECT":
        return None
    found = _NAMES.match(place.text, place.found.start) if place.back_terminal(3) == "PIPE" else None
    if found is None:
        return None
    span, new = Span(select.start, found.end()), f"select {found[0]} | distinct"
    return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_DROPPED: Final = re.compile(r"(?i)(?P<word>drop_duplicates|unique)\s*(?=\()")
_GIVEN: Final = re.compile(r"(?i)(?P<name>subset|keep|maintain_order|ignore_index|inplace)\s*=\s*(?P<value>.+)")
_KEY: Final = re.compile(r"([\"'])(?P<quoted>[^\W\d][\w./]*)\1|(?P<bare>[^\W\d][\w./]*)")


def without_duplicates(inner: str) -> str | None:
    """What `drop_duplicates(subset=["k", "l"], keep="last")` is here, by what stands in its parentheses."""
    keys, keep = list[str](), "first"
    for argument in arguments_of(inner):
        given = _GIVEN.fullmatch(argument)
        name, value = (given["name"].lower(), given["value"].strip()) if given is not None else ("subset", argument)
        if name == "keep":
            keep = value.strip("\"'").lower()
        elif name == "subset":
            listed = value[1:-1] if value[:1] in {"[", "("} and value[-1:] in {"]", ")"} else value
            found = [_KEY.fullmatch(one) for one in arguments_of(listed)]
            if not all(found):
                return None
            keys += [one["quoted"] or one["bare"] for one in found if one is not None]
    if keep in {"first", "any"} or (not keys and keep == "last"):
        return f"distinct by {', '.join(keys)}" if keys else "distinct"
    if keep == "last":
        return f"last 1 by {', '.join(keys)}"
    if keep not in {"false", "none"} or not keys:
        return None
    return f"derive copies = count() over {together(keys)} | where copies = 1 | drop copies"


def duplicates_dropped(place: Place) -> Mistake | None:
    """`| drop_duplicates(subset=["k", "l"], keep="last")`, `| unique(subset="k", keep="none")`."""
    found = _DROPPED.match(place.text, place.found.start) if place.back_terminal() == "PIPE" else None
    end = closing(place.text, found.end()) if found is not None else None
    new = None if found is None or end is None else without_duplicates(place.text[found.end() + 1 : end.start])
    if found is None or end is None or new is None:
        return None
    whose = "polars" if found["word"].lower() == "unique" else "pandas"
    span = Span(found.start(), end.end)
    return idiom(whose, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_COUNTED: Final = re.compile(
    r"(?i)assert\s+(?:count\s+(?:of\s+)?runs|count\s*\(\s*runs\b)(?P<rest>(?:\"[^\"\n]*\"|'[^'\n]*'|[^|;()\"'\n])*?)\)?\s*"
    r"(?P<sign>==?|!=|>=|<=|<|>)\s*(?P<number>\d+)\s*(?=;|\Z)"
)


def count_asserted(place: Place) -> Mistake | None:
    """`assert count runs where state = "crashed" = 0`: the stage behind the query."""
    found = _COUNTED.match(place.text, place.found.start) if place.word == "assert" else None
    if found is None or "RUNS" not in place.accepted:
        return None
    where = f" {found['rest'].strip()}" if found["rest"].strip() else ""
    new = f"runs{where} | assert count() {found['sign']} {found['number']}"
    return idiom(None, found[0], new, Span(*found.span()), replacing(*found.span(), new))
