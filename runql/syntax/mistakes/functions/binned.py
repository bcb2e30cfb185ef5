"""Bins as pandas and R cut them: `pd.cut(acc, [0, 0.5, 1])` is a choice, `pd.qcut(acc, 4)` is `ntile`."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from runql.syntax.literals import write_string
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing, shown
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.text.source import Span

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NAMED: Final = re.compile(r"(?s)(?P<key>[^\W\d]\w*)\s*=(?!=)\s*(?P<value>.+)")
_LIST: Final = re.compile(r"(?s)(?:c\s*)?[\[(](?P<inner>.*)[\])]")
_MOST: Final = 20
_CUT: Final = frozenset({"pd.cut", "pd.qcut"})


def cut(place: Place) -> Mistake | None:
    """`pd.cut(acc, 5)`, `pd.cut(acc, bins=[0, 0.5, 1], labels=["low", "high"])`, `pd.qcut(acc, 4)`, as a value."""
    name = place.back()
    if place.found.terminal != "LPAR" or name is None or name.text not in _CUT:
        return None
    end = closing(place.text, place.found.start)
    if end is None:
        return None
    span = Span(name.start, end.end)
    old, given = place.text[span.start : span.end], _given(place.text[place.found.end : end.start])
    new = _choice(given) if name.text == "pd.cut" else _part(given)
    if new is not None:
        hints = ("the parts are counted from 1; equal values may lie in two of them",) if name.text == "pd.qcut" else ()
        return idiom("pandas", old, new, span, replacing(span.start, span.end, new), *hints)
    hint = f"how many values lie in each of so many bins: `| histogram {given.get('x', 'FIELD')} bins {_count(given)}`"
    return Mistake("RQL108", f"`{shown(old)}` is pandas", span, (hint,), certain=True, resume=span.end)


def bins_of_call(name: str, inner: str) -> str | None:
    """The stage of a call where a query begins."""
    given = _given(inner)
    column = given.get("x", "")
    if not re.fullmatch(r"[^\W\d][\w./]*", column):
        return None
    made = _choice(given) if name == "cut" else _part(given)
    return f"histogram {column} bins {_count(given)}" if made is None else f"derive part = {made}"


def _given(inner: str) -> dict[str, str]:
    order, given = ["x", "bins", "right", "labels"], dict[str, str]()
    for argument in arguments_of(inner):
        named = _NAMED.fullmatch(argument)
        if named is not None:
            given[{"q": "bins"}.get(named["key"], named["key"])] = named["value"].strip()
        elif order:
            given[order.pop(0)] = argument
    return given


def _count(given: dict[str, str]) -> str:
    return bins if (bins := given.get("bins", "")).isdigit() else "10"


def _choice(given: dict[str, str]) -> str | None:
    """The bin of each value as a text; none where the edges, or the labels, are not written out."""
    edges = _items(given.get("bins", ""))
    column, labels = given.get("x", ""), given.get("labels")
    if not column or not 2 <= len(edges) <= _MOST or not all(map(_NUMBER.fullmatch, edges)):
        return None
    if given.get("right", "True") != "True" or given.get("include_lowest", "False") != "False":
        return None
    pairs = list(pairwise(edges))
    names = [write_string(f"({low}, {high}]") for low, high in pairs] if labels is None else _items(labels)
    if len(names) != len(pairs) or any(float(low) >= float(high) for low, high in pairs):
        return None
    new = "null"
    for (_, high), label in reversed(list(zip(pairs, names, strict=True))):
        new = f"if({column} <= {high}, {label}, {new})"
    return f"if({column} > {edges[0]}, {new}, null)"


def _part(given: dict[str, str]) -> str | None:
    """`ntile` of the values in their order, for so many parts."""
    count, column = given.get("bins", ""), given.get("x", "")
    return f"ntile({count}) over all order {column}" if column and count.isdigit() and "labels" not in given else None


def _items(text: str) -> list[str]:
    found = _LIST.fullmatch(text.strip())
    return arguments_of(found["inner"]) if found is not None else []
