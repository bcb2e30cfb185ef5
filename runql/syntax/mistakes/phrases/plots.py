"""What of a chart is a stage of its own or a column: files, smoothing, and aggregates of the groups before."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import Mistake, Place, Repair, alone_from, closing, idiom, replacing, shown
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.text.diagnostic import Edit
from runql.text.source import Span

_SMOOTHED: Final = re.compile(
    r"(?i)(?:smooth(?:ed|ing)?|ema|ewma?)\s*(?:=|by|with)?\s*(?:ema\s+|mean\s+)?(?P<by>0?\.\d+|[1-9]\d{0,4})(?![\w.])"
)
_KEY: Final = re.compile(r"[^\W\d][\w./]*")
_SPACES: Final = re.compile(r"\s+")
_WORDS: Final = re.compile(r"\W+")
_SMOOTHING: Final = frozenset({"ema", "ewm", "smooth", "rolling", "sma"})


def part_of_chart(place: Place) -> Mistake | None:
    """`plot loss to "loss.svg"`, `plot loss smooth 0.9`, `plot mean(acc)`, `plot ema(loss, 0.9)`."""
    plot = place.clause
    if plot is None or plot.terminal != "PLOT":
        return None
    return _file(place) or _smoothed(place, plot) or _called(place, plot)


def _file(place: Place) -> Mistake | None:
    """`plot loss to "loss.svg"`: the stage behind it."""
    following = next(islice(place.ahead(), 1, 2), None)
    if place.word not in {"to", "into", "as"} or following is None or following.terminal != "STRING":
        return None
    if "." not in following.text:
        return None
    span = Span(place.found.start, following.end)
    new = f"| to {following.text}"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(*_ends(span), new))


def _smoothed(place: Place, plot: Lexeme) -> Mistake | None:
    """`plot loss smooth 0.9`: the stage before it."""
    found = _SMOOTHED.match(place.text, place.found.start)
    if found is None:
        return None
    stage = f"smooth {'ema' if '.' in found['by'] else 'mean'} {found['by']}"
    start = found.start() - (place.text[found.start() - 1] == " ")
    edits = (Edit(Span(plot.start, plot.start), f"{stage} | "), Edit(Span(start, found.end()), ""))
    message = f"`{found[0]}` is a stage of its own, before the chart: `| {stage} | {plot.text} …`"
    repair = Repair(f"write `{stage} | {plot.text}`", edits)
    return Mistake("RQL108", message, Span(*found.span()), repairs=(repair,), certain=True, resume=found.end())


def _called(place: Place, plot: Lexeme) -> Mistake | None:
    """`plot mean(acc)`: the column of that name; `plot ema(loss, 0.9)`: a stage before it."""
    name = place.back()
    end = closing(place.text, place.found.start) if place.found.terminal == "LPAR" else None
    if name is None or end is None or name.terminal not in {"PATH", "FUNCTION"}:
        return None
    inner, span = place.text[place.found.end : end.start], Span(name.start, end.end)
    given = arguments_of(inner)
    if name.text.lower() in _SMOOTHING and len(given) == len(("column", "by")) and _KEY.fullmatch(given[0]):
        smoothed = _SMOOTHED.fullmatch(f"smooth {given[1].rpartition('=')[2].strip()}")
        if smoothed is not None:
            stage = f"smooth {'ema' if '.' in smoothed['by'] else 'mean'} {smoothed['by']}"
            edits = (Edit(Span(plot.start, plot.start), f"{stage} | "), Edit(span, given[0]))
            old = place.text[span.start : span.end]
            message = f"`{old}` is a stage of its own, before the chart: `| {stage} | {plot.text} {given[0]}`"
            repair = Repair(f"write `{stage} | {plot.text} {given[0]}`", edits)
            return Mistake("RQL108", message, span, repairs=(repair,), certain=True, resume=end.end)
    return _of_groups(place, span) or _of_curves(place, span, given)


def _of_groups(place: Place, span: Span) -> Mistake | None:
    """An aggregate of the group before: it gets a name, and the chart is of that."""
    old = place.text[span.start : span.end]
    begun = [one for one in place.attempt.lexemes if one.terminal in {"GROUP", "PIVOT"}]
    if not begun or begun[-1].terminal != "GROUP":
        return None
    sought, at = _SPACES.sub("", old).lower(), 0
    for fold in _folds(place.text, begun[-1].end, span.start):
        text, at = place.text[fold.start : fold.end], fold.start
        name, sign, value = text.partition("=")
        if _SPACES.sub("", value if sign else text).lower() == sought:
            new = name.strip() if sign else _WORDS.sub("_", old.rstrip(")")).strip("_")
            naming = () if sign else (Edit(Span(at, at), f"{new} = "),)
            message = f"`{shown(old)}` was made before, and is a column: a chart takes it by its name, `{new}`"
            repair = Repair(f"write `{new}`", (*naming, Edit(span, new)))
            return Mistake("RQL108", message, span, proven=(repair,), certain=True, resume=span.end)
    return None


def _folds(text: str, start: int, end: int) -> list[Span]:
    """The aggregates behind the `:` of a group that begins at a place."""
    found, depth, begun = list[Span](), 0, -1
    for lexeme in alone_from(text[:end], start):
        depth += (lexeme.text == "(") - (lexeme.text == ")")
        if depth == 0 and lexeme.text in {":", ",", "|"}:
            if begun >= 0:
                found.append(Span(begun, begun + len(text[begun : lexeme.start].rstrip())))
            if lexeme.text == "|":
                break
            begun = -2 if lexeme.text == ":" or begun != -1 else -1
        elif begun == -2:
            begun = lexeme.start
    return found


def _of_curves(place: Place, span: Span, given: list[str]) -> Mistake | None:
    """`runs keys loss | plot mean(loss) by optimizer band`: the band of a colour is around the mean of its curves."""
    old = place.text[span.start : span.end]
    if len(given) != 1 or not _KEY.fullmatch(given[0]) or not old.lower().startswith(("mean", "avg", "average")):
        return None
    if not any(one.terminal in {"KEYS", "SCAN"} for one in place.attempt.lexemes):
        return None
    stop = re.compile(r"[|;]|\Z").search(place.text, span.end)
    rest = place.text[span.end : stop.start() if stop is not None else span.end]
    hint = f"the mean of all curves, and the band around it: `plot {given[0]} by KEY band`"
    message = f"a chart takes columns by their names, and `{shown(old)}` is none"
    repairs = (replacing(*_ends(span), given[0]),) if re.search(r"\bband\b", rest) else ()
    return Mistake("RQL108", message, span, (hint,), repairs=repairs, certain=True, resume=span.end)


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end
