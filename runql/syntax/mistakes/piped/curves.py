"""Slips in the stages that work along histories, and in those at the end: `best`, `smooth`, `plot`, `to`, `assert`; and
values of a metric's history as pandas and others write them: `loss.rolling(10).mean()`, `loss@1000`."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.language.goals import less_is_better
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END
from runql.syntax.literals import write_string
from runql.syntax.mistake import Mistake, Place, Repair, closing, idiom, leaving_out, replacing, shown
from runql.syntax.mistakes.piped.stages import SHAPES, tried
from runql.text.diagnostic import Edit
from runql.text.nearest import nearest
from runql.text.source import Span

_FILE: Final = re.compile(r"[^\s|;\"'`]+")
_FORMATS: Final = {"csv", "tsv", "json", "jsonl", "parquet", "md", "markdown", "tex", "latex", "yaml", "file"}
_ENDINGS: Final = {"markdown": "md", "latex": "tex"}
_FILLERS: Final = {"by", "to", "into", "every", "width", "of", "x", "points", "n"}

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


def goal(place: Place) -> Mistake | None:
    """`best loss`, `pareto summary.loss`, `best min(loss)`: what is better must be said."""
    found, before = place.found, place.back()
    if found.terminal == "LPAR" and before is not None and before.terminal == "GOAL":
        end = place.text.find(")", found.end)
        inner = place.text[found.end : end].strip() if end >= 0 else ""
        if not inner:
            return None
        span = Span(before.start, end + 1)
        new = f"{before.text} {inner}"
        return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    if "GOAL" not in place.accepted or found.terminal not in {"PATH", "FUNCTION"} or before is None:
        return None
    following = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)][1:]
    if following and following[0].terminal == "PATH":
        return None
    ways = ["min", "max"] if less_is_better(found.text) else ["max", "min"]
    start = Span(found.start, found.start)
    repairs = tuple(Repair(f"write `{way}`", (Edit(start, f"{way} "),)) for way in ways)
    message = f"`min` or `max` must stand before `{shown(found.text)}`"
    return Mistake("RQL101", message, place.span, repairs=repairs, expected=("min", "max"))


def smoothing(place: Place) -> Mistake | None:
    """`smooth 0.9`, `smooth 20`, `smooth loss ema 0.9`."""
    before = place.back()
    if before is None or before.terminal != "SMOOTH":
        return None
    if place.found.terminal == "NUMBER":
        method = "ema" if place.found.text.startswith(("0.", ".")) else "mean"
        repair = Repair(f"write `{method}`", (Edit(Span(place.found.start, place.found.start), f"{method} "),))
        hint = "an exponential mean is `smooth ema 0.9`, one of the last values `smooth mean 20`"
        message = f"`ema` or `mean` must stand before `{place.found.text}`"
        return Mistake("RQL101", message, place.span, (hint,), repairs=(repair,))
    if place.found.terminal != "PATH":
        return None
    repair = leaving_out(place.found.start, place.found.end, place.found.text)
    message = "`smooth` takes no metric: it smooths those of the table"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


def binning(place: Place) -> Mistake | None:
    """`bin 50`, `bin x by 50`, `bin x, 50`, `resample to 50`."""
    before, found = place.back(), place.found
    if before is None:
        return None
    if before.terminal == "BIN" and found.terminal == "NUMBER":
        repair = Repair("write `x`", (Edit(Span(found.start, found.start), "x "),))
        return Mistake("RQL101", f"`x` is missing before `{found.text}`", place.span, repairs=(repair,))
    axis = place.back_terminal(2) == "BIN"
    if (axis or before.terminal in {"RESAMPLE", "LIMIT"}) and place.word in {*_FILLERS, ",", "/", "="}:
        return Mistake(
            "RQL101",
            f"`{found.text}` cannot stand here",
            place.span,
            repairs=(leaving_out(found.start, found.end, found.text),),
        )
    return None


def plot_shape(place: Place) -> Mistake | None:
    """`plot histogram loss`, `plot pie loss`: the shape was taken for a metric."""
    shape, plot = place.back(1), place.back(2)
    if shape is None or plot is None or plot.terminal != "PLOT":
        return None
    new = SHAPES.get(shape.text.lower())
    if new is None:
        return None
    span = Span(shape.start, shape.end)
    return tried(idiom(None, shape.text, new, span, replacing(span.start, span.end, new), shapes_said()))


def shapes_said() -> str:
    """Which shapes there are."""
    return f"the shapes are {', '.join(f'`{word}`' for word in keywords().words['SHAPE'])}"


def plot_axes(place: Place) -> Mistake | None:
    """`plot scatter summary.acc config.lr`, `plot summary.acc config.lr`: the word before the x is missing."""
    before, plot = place.back(1), place.back(2)
    if before is None or plot is None or before.terminal != "PATH" or place.found.terminal != "PATH":
        return None
    if plot.terminal not in {"PLOT", "SHAPE"} or "VS" not in place.accepted:
        return None
    following = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)][1:]
    if following and following[0].terminal in {"PATH", "COMMA"}:
        return None  # a list without its commas
    against = Repair("write `vs` between", (Edit(Span(place.found.start, place.found.start), "vs "),))
    comma = Repair("write `,` between", (Edit(Span(before.end, before.end), ","),))
    message = f"`vs` or a comma is missing between `{shown(before.text)}` and `{shown(place.found.text)}`"
    hint = "`vs` stands before the x axis, a comma between two columns along y"
    is_scatter = plot.text.lower() == "scatter"
    repairs = (against,) if is_scatter else (comma, against)
    near = nearest(before.text, keywords().words["SHAPE"], most=1) if plot.terminal == "PLOT" else ()
    hints = (*(f"the nearest shape is `{word}`" for word in near), hint)
    shapes = tuple(replacing(before.start, before.end, word) for word in near)
    return Mistake("RQL101", message, place.span, hints, repairs=(*shapes, *repairs))


_AXES: Final = re.compile(
    r"(?P<one>[xy])\s*=\s*(?P<a>[^\W\d][\w./]*)\s*,?\s*(?P<other>[xy])\s*=\s*(?P<b>[^\W\d][\w./]*)"
)
_LABELS: Final = frozenset({"xlabel", "ylabel", "x_label", "y_label", "xtitle", "ytitle"})


def plot_named_axes(place: Place) -> Mistake | None:
    """`plot x=epoch y=acc`: the axes by name, as Python's libraries have them."""
    before, plot = place.back(1), place.back(2)
    if before is None or plot is None or plot.terminal not in {"PLOT", "SHAPE"} or before.text not in {"x", "y"}:
        return None
    match = _AXES.match(place.text, before.start)
    if match is None or match["one"] == match["other"]:
        return None
    x, y = (match["a"], match["b"]) if match["one"] == "x" else (match["b"], match["a"])
    span = Span(*match.span())
    return idiom(None, match[0], f"{y} vs {x}", span, replacing(span.start, span.end, f"{y} vs {x}"))


def plot_label(place: Place) -> Mistake | None:
    """`plot loss xlabel "steps"`, `plot loss by model, seed`: what `plot` has no option for."""
    clause, found = place.clause, place.found
    if clause is None or clause.terminal != "PLOT":
        return None
    if place.word in _LABELS:
        hint = "an axis is called as its column: `| rename COLUMN as NAME` before `plot`"
        return Mistake("RQL106", f"`plot` has no `{found.text}`", place.span, (hint,), certain=True)
    y, x = place.back(3), next(islice(place.ahead(), 1, 2), None)
    is_heat = place.back_terminal(4) == "SHAPE" and (place.back(4) or found).text.lower() == "heat"
    if found.terminal == "COMMA" and place.back_terminal(2) == "BY" and is_heat and y is not None and x is not None:
        # A cell of a heat map is one of two keys: one stands along x, the other along y.
        one = place.attempt.lexemes[-1]
        span, new = Span(y.start, x.end), f"{y.text} vs {x.text} by {one.text}"
        message = "a heat map has a column along each axis, and its color by a third"
        return Mistake("RQL101", message, span, repairs=(replacing(span.start, span.end, new),), certain=True)
    if found.terminal == "COMMA" and place.back_terminal(2) == "BY":
        hint = 'of two columns make one before: `| derive both = concat(A, " ", B) | plot … by both`'
        return Mistake("RQL101", "`by` of `plot` takes one column", place.span, (hint,), certain=True)
    return None


def file_name(place: Place) -> Mistake | None:
    """`to table.csv`, `to csv "table.csv"`."""
    before = place.back()
    if before is None or before.terminal != "TO" or place.found.terminal in {END, "PIPE", "SEMI"}:
        return None
    match = _FILE.match(place.text, place.found.start)
    if match is None:
        return None
    following = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)][1:]
    if place.word in _FORMATS and following and following[0].terminal == "STRING":
        repair = leaving_out(place.found.start, place.found.end, place.found.text)
        message = "the format is that of the file's ending"
        return Mistake("RQL101", message, place.span, repairs=(repair,))
    name = match[0].lower()
    new = write_string(f"runs.{_ENDINGS.get(name, name)}" if name in _FORMATS - {"file"} else match[0])
    span = Span(*match.span())
    message = f"a file's name stands in quotes: `{new}`"
    return Mistake("RQL101", message, span, repairs=(replacing(*match.span(), new),))


def assert_message(place: Place) -> Mistake | None:
    """`assert count() > 0 : "none"`, `assert a > 1 else "none"`."""
    if place.clause is None or place.clause.terminal != "ASSERT" or "COMMA" not in place.accepted:
        return None
    if place.word not in {":", "else", "otherwise", "message"}:
        return None
    before = place.attempt.lexemes[-1]
    repair = replacing(before.end, place.found.end, ",", "write `,`")
    return Mistake("RQL101", "a message stands behind a comma", place.span, repairs=(repair,))


# ---------------------------------------------------------------- values of histories


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
