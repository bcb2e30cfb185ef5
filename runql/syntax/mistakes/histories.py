"""Values of a metric's history as pandas and others write them: `loss.rolling(10).mean()`, `loss@1000`."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.mistake import Mistake, Place, idiom, replacing
from runql.syntax.mistakes.python import closing
from runql.text.source import Span

_METHODS: Final = {
    **{one: one for one in ("at", "min", "max", "mean", "first", "last", "std", "median", "sum", "count")},
    "argmin": "argmin",
    "argmax": "argmax",
    "idxmin": "argmin",
    "idxmax": "argmax",
    "asof": "at",
    "avg": "mean",
}
_LAST_OF: Final = frozenset({"last", "tail"})
_WINDOWS: Final = frozenset({"rolling", "ewm", "expanding"})
_AT: Final = re.compile(r"@(-?\d+(?:\.\d+)?)(?!\w)")
_TAIL: Final = re.compile(r"\[-(\d+):\]")
_CHAINED: Final = re.compile(r"\.(\w+)\(\)")
_COUNT: Final = re.compile(r"(?:\w+=)?([1-9]\d*)(?![\w.])")
_SOME: Final = 10


def history_call(place: Place) -> Mistake | None:
    """`loss.at(1000)`, `loss.last(10)`, `loss.rolling(10).mean()`, left of the pipe."""
    name = place.back()
    if place.found.terminal != "LPAR" or name is None or name.terminal != "PATH" or place.first_pipe is not None:
        return None
    owner, _, called = name.text.rpartition(".")
    end = closing(place.text, place.found.start)
    metric = _metric(owner)
    if end is None or metric is None:
        return None
    inside = place.text[place.found.end : end.start].strip()
    stop = end.end
    if called in _WINDOWS:
        rows = _COUNT.match(inside)
        chained = _CHAINED.match(place.text, stop)
        function = _METHODS.get(chained[1], "mean") if chained else "mean"
        stop = chained.end() if chained else stop
        new = f"{function}({metric}, last {rows[1] if rows else _SOME})"
    elif called in _LAST_OF and (rows := _COUNT.fullmatch(inside)):
        new = f"mean({metric}, last {rows[1]})"
    elif called in _METHODS and (not inside) is (_METHODS[called] != "at"):
        new = f"{_METHODS[called]}({metric}{f', {inside}' if inside else ''})"
    else:
        return None
    span = Span(name.start, stop)
    return idiom("pandas", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def history_place(place: Place) -> Mistake | None:
    """`loss@1000`, `max(logged.loss[-100:])`, left of the pipe."""
    name = place.back()
    if name is None or name.terminal != "PATH" or name.end != place.found.start or place.first_pipe is not None:
        return None
    metric = _metric(name.text)
    at, tail = _AT.match(place.text, name.end), _TAIL.match(place.text, name.end)
    if metric is None or not (at or tail):
        return None
    if at is not None:
        new, span = f"at({metric}, {at[1]})", Span(name.start, at.end())
        return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    assert tail is not None
    span = Span(name.start, tail.end())
    is_argument = place.back_terminal(2) == "LPAR" and place.back_terminal(3) == "FUNCTION"
    new = f"{metric}, last {tail[1]}" if is_argument else f"mean({metric}, last {tail[1]})"
    return idiom("Python", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _metric(name: str) -> str | None:
    """The history of a metric by its name, with the prefix that it has in other places."""
    first, _, rest = name.partition(".")
    if not name or first == "config":
        return None
    return f"logged.{rest}" if rest and first in {"logged", "summary", "history"} else f"logged.{name}"
