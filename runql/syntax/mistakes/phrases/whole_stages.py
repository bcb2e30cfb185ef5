"""Stages of Kusto, PRQL, dplyr and pandas of which the whole is read at once, and `select` of aggregates alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from runql.syntax.mistake import Mistake, Place, shown
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS, as_here, said
from runql.syntax.mistakes.sql_group_by import with_percentiles
from runql.text.source import Span

_KEY: Final = r"[^\W\d][\w./]*"
_KEYS: Final = rf"{_KEY}(?:\s*,\s*{_KEY})*"
_END: Final = r"(?=\s*(?:[|;]|\Z))"
_BEST_OF_EACH: Final = re.compile(
    rf"(?i)(?:summari[sz]e\s+)?arg_(?P<goal>max|min)\s*\(\s*(?P<key>{_KEY})\s*,\s*\*\s*\)\s+by\s+(?P<by>{_KEYS}){_END}"
)
_SLICED: Final = re.compile(
    rf"(?i)group_?by\s*\(?\s*(?P<by>{_KEYS})\s*\)?\s*\|\s*slice_(?P<goal>max|min)\s*\(?\s*(?:order_by\s*=\s*)?"
    rf"(?P<key>{_KEY})\s*,?\s*(?:n\s*=\s*)?(?P<n>\d+)\s*\)?{_END}"
)
_HEADS: Final = re.compile(
    rf"(?i)group_?by\s*\(?\s*[\"']?(?P<by>{_KEYS})[\"']?\s*\)?\s*\|\s*(?P<end>head|tail|slice_head|slice_tail)\s*\(?\s*(?:n\s*=\s*)?"
    rf"(?P<n>\d+)\s*\)?{_END}"
)
_PARTITION: Final = re.compile(
    rf"(?i)partition\s+by\s+(?P<by>{_KEY})\s*\(\s*top\s+(?P<n>\d+)\s+by\s+(?P<key>{_KEY})(?:\s+(?P<way>asc|desc))?\s*\){_END}"
)
_GROUP_TAKE: Final = re.compile(
    rf"(?i)group\s+\{{?\s*(?P<by>{_KEYS})\s*\}}?\s*\(\s*(?:(?:sort|order)\s+\{{?\s*(?P<key>-?{_KEY})\s*\}}?\s*\|\s*)?"
    rf"(?:take|limit|head)\s+(?P<n>\d+)\s*\){_END}"
)
_SUMMARISED: Final = re.compile(
    rf"(?i)(?:summari[sz]e|reframe)\s*\(\s*(?P<folds>.+?)\s*,\s*\.by\s*=\s*(?:c\s*\(\s*)?(?P<by>{_KEYS})\s*\)?\s*\){_END}"
)
_RENAMED: Final = re.compile(rf"(?i)project-rename\s+(?P<pairs>{_KEY}\s*=\s*{_KEY}(?:\s*,\s*{_KEY}\s*=\s*{_KEY})*)")
_TAKEN: Final = re.compile(rf"(?i)take\s+(?P<from>\d+)\s*\.\.\s*(?P<to>\d+){_END}")
_PULLED: Final = re.compile(rf"(?i)pull\s+(?P<key>{_KEY}){_END}")
_HISTOGRAM: Final = re.compile(
    rf"(?i)histogram\s*(?:\(\s*)?(?P<key>{_KEY})\s*(?:,\s*)?(?:bins\s*=\s*)?(?P<n>\d+)\s*\)?{_END}"
)
_CORRELATED: Final = re.compile(
    rf"(?i)corr(?:\s*\(\s*|\s+)(?P<a>(?!(?:with|of|to|by|between)\b){_KEY})(?:\s*,\s*|\s+(?:with|and|vs)\s+|\s+)(?P<b>{_KEY})\s*\)?{_END}"
)
_AGGREGATES: Final = re.compile(
    r"(?is)select\s+(?P<columns>(?:(?!\bfrom\b)[^;|])+?)\s+from\s+runs\b(?![./])"
    r"(?P<where>\s+where\s+(?:(?!\b(?:group|order|having|limit|join)\b)[^;|])+)?\s*(?=;|\Z)"
)
_SPREADS: Final = {
    **dict.fromkeys(("variance", "var", "var_samp"), "var(X)"),
    **dict.fromkeys(("stddev_samp", "stdev", "stddev"), "std(X)"),
    **dict.fromkeys(("stddev_pop", "stdevp"), "sqrt(var(X) * (count(X) - 1) / count(X))"),
    **dict.fromkeys(("var_pop", "varp"), "var(X) * (count(X) - 1) / count(X)"),
}
_CAST_FOLD: Final = re.compile(
    r"(?is)(?P<fold>\w+\s*\([^()]*\))\s*::\s*(?:numeric|decimal|float[48]?|real|double(?:\s+precision)?)"
    r"(?:\s*\(\s*\d+\s*(?:,\s*(?P<places>\d+)\s*)?\))?(?:\s+(?:as\s+)?(?P<as>[^\W\d]\w*))?"
)
_EXTREME: Final = re.compile(rf"(?:\w+ = )?(?P<fold>min|max)\((?P<key>{_KEY})\)")
_PAIR: Final = re.compile(rf"(?i)corr\s*\(\s*(?P<a>{_KEY})\s*,\s*(?P<b>{_KEY})\s*\)(?:\s+as\s+\w+)?")
_FOLDED: Final = re.compile(
    r"(?is)(?P<call>(?P<name>[^\W\d]\w*)\s*\((?P<inner>.*)\))(?:\s+(?:as\s+)?(?P<as>[^\W\d]\w*))?"
)


def _ordered(found: re.Match[str], falling: bool, count: str) -> str:
    return f"order {'-' * falling}{found['key']} | limit {count} by {found['by'].strip()}"


def _best_of_each(found: re.Match[str]) -> str:
    return _ordered(found, found["goal"].lower() == "max", "1")


def _sliced(found: re.Match[str]) -> str:
    return _ordered(found, found["goal"].lower() == "max", found["n"])


def _heads(found: re.Match[str]) -> str:
    stage = "last" if found["end"].lower().endswith("tail") else "limit"
    return f"{stage} {found['n']} by {found['by'].strip()}"


def _parted(found: re.Match[str]) -> str:
    return _ordered(found, (found["way"] or "desc").lower() == "desc", found["n"])


def _summarised(found: re.Match[str]) -> str:
    return f"group {found['by'].strip()} : {as_here(found['folds'])}"


def _renamed(found: re.Match[str]) -> str:
    pairs = (pair.split("=") for pair in found["pairs"].split(","))
    return "rename " + ", ".join(f"{old.strip()} as {new.strip()}" for new, old in pairs)


def _taken(found: re.Match[str]) -> str | None:
    first, last = int(found["from"]), int(found["to"])
    return f"offset {first - 1} | limit {last - first + 1}" if 0 < first <= last else None


def _pulled(found: re.Match[str]) -> str:
    return f"select {found['key']}"


_STAGES: Final[tuple[tuple[re.Pattern[str], str | None, Callable[[re.Match[str]], str | None]], ...]] = (
    (_BEST_OF_EACH, "Kusto", _best_of_each),
    (_PARTITION, "Kusto", _parted),
    (_RENAMED, "Kusto", _renamed),
    (_SLICED, "dplyr", _sliced),
    (_HEADS, None, _heads),
    (_SUMMARISED, "dplyr", _summarised),
    (_PULLED, "dplyr", _pulled),
    (_TAKEN, "PRQL", _taken),
)


def whole_stage(place: Place) -> Mistake | None:
    """`summarize arg_max(x, *) by k`, `group_by k | slice_max x n = 2`, `project-rename a = b`, `take 2..5`."""
    if place.back_terminal() != "PIPE":
        return None
    for pattern, language, written in _STAGES:
        found = pattern.match(place.text, place.found.start)
        new = written(found) if found is not None else None
        if found is not None and new is not None:
            return said(language, place, Span(*found.span()), new)
    return None


def group_and_take(place: Place) -> Mistake | None:
    """`group k (sort {-x} | take 2)`: the first rows of each group."""
    group = place.clause
    found = _GROUP_TAKE.match(place.text, group.start) if group is not None and group.terminal == "GROUP" else None
    if found is None or not found.start() < place.found.start < found.end():
        return None
    order = f"order {found['key']} | " if found["key"] else ""
    return said("PRQL", place, Span(*found.span()), f"{order}limit {found['n']} by {found['by'].strip()}")


def bins_of_histogram(place: Place) -> Mistake | None:
    """`histogram x 20`, `histogram(x, bins=20)`."""
    stage = place.clause
    if stage is None or stage.terminal != "HISTOGRAM" or place.found.text not in {",", "="} | _digits(place):
        return None
    found = _HISTOGRAM.match(place.text, stage.start)
    if found is None or place.found.start >= found.end():
        return None
    return said(None, place, Span(*found.span()), f"histogram {found['key']} bins {found['n']}")


def corr_of_two(place: Place) -> Mistake | None:
    """`corr a, b`, `corr(a, b)`: how strongly one column goes with another, where `corr` is of each that there is."""
    stage = place.clause
    found = _CORRELATED.match(place.text, stage.start) if stage is not None and stage.terminal == "CORR" else None
    if found is None or not found.start() < place.found.start < found.end():
        return None
    field, value = (found["a"], found["b"]) if found["a"].startswith("config.") else (found["b"], found["a"])
    if not field.startswith("config."):
        message = "`corr` takes one value, and sets each field of the config beside it"
        hint = f"for example: `| corr {found['b']}`"
        return Mistake("RQL101", message, Span(*found.span()), (hint,), certain=True, resume=found.end())
    new = f"select {field}, {value} | corr {value}"
    return said(None, place, Span(*found.span()), new, "`corr` is of each field of the config with one value")


def _digits(place: Place) -> set[str]:
    return {place.found.text} if place.found.terminal == "NUMBER" else set()


def _cast(found: re.Match[str]) -> str | None:
    """`avg(x)::numeric(5,3)` is rounded; of a number a cast to one changes nothing."""
    fold = _fold(found["fold"])
    if fold is None or " = " in fold:
        return None
    made = f"round({fold}, {found['places']})" if found["places"] else fold
    return f"{found['as']} = {made}" if found["as"] else made


def aggregates_beside_columns(place: Place) -> Mistake | None:
    """`select max(acc), name from runs`: one row of all beside one row a run, which SQL refuses too."""
    found = _AGGREGATES.match(place.text, place.found.start) if "RUNS" in place.accepted else None
    if found is None or place.word != "select":
        return None
    columns = arguments_of(found["columns"])
    folds = [fold for fold in map(_fold, columns) if fold is not None]
    others = [column for column in columns if _fold(column) is None]
    if (pair := _PAIR.fullmatch(found["columns"].strip())) is not None:
        message = "in RunQL `corr` is a stage: how one value goes with each field of the config"
        hint = f"for example: `runs | corr {pair['b']}`"
        return Mistake("RQL108", message, Span(*found.span()), (hint,), certain=True, resume=found.end())
    if not folds or not others or not all(re.fullmatch(_KEY, one) for one in others):
        return None
    where = f" {found['where'].strip()}" if found["where"] else ""
    message = f"`{shown(columns[0])}` and `{shown(columns[-1])}`: one is of all runs, the other of each"
    hints = [f"of all runs: `runs{where} | group : {', '.join(folds)}`"]
    hints += [f"of each value: `runs{where} | group {', '.join(others)} : {', '.join(folds)}`"]
    if (best := _EXTREME.fullmatch(folds[0])) is not None and len(folds) == 1:
        order = f"order {'-' * (best['fold'] == 'max')}{best['key']}"
        hints += [
            f"the run that has it: `runs{where} | {order} | limit 1 | select {', '.join((*others, best['key']))}`"
        ]
    return Mistake("RQL108", message, Span(*found.span()), tuple(hints), certain=True, resume=found.end())


def selected_aggregates(place: Place) -> Mistake | None:
    """`select max(acc), avg(loss) as l from runs where …`: one row of the whole table."""
    if "RUNS" not in place.accepted or place.word != "select":
        return None
    found = _AGGREGATES.match(place.text, place.found.start)
    folds = [_fold(column) for column in arguments_of(found["columns"])] if found is not None else []
    written = [fold for fold in folds if fold is not None]
    if found is None or not folds or len(written) != len(folds) or written == ["count()"]:
        return None
    where = f" {found['where'].strip()}" if found["where"] else ""
    new = f"runs{where} | group : {', '.join(written)}"
    notes = ("of one value it is missing here",) if " - 1) / count(" in new else ()
    return said("SQL", place, Span(*found.span()), new, *notes)


def _fold(column: str) -> str | None:
    """`avg(x) as a` as `a = mean(x)`; none for what is no aggregate."""
    column = with_percentiles(column.strip())
    if (cast := _CAST_FOLD.fullmatch(column)) is not None:
        return _cast(cast)
    found = _FOLDED.fullmatch(column)
    if found is None or found["inner"].count("(") != found["inner"].count(")"):
        return None
    name, inner = found["name"].lower(), found["inner"].strip()
    if name == "count":
        distinct = re.fullmatch(r"(?is)distinct\s+(.+)", inner)
        call = f"n_unique({distinct[1]})" if distinct else f"count({'' if inner in {'*', '1'} else inner})"
    elif name == "percentile" and len(arguments_of(inner)) == len(("value", "percent")):
        call = found["call"]
    elif name in FOLDS and inner and not re.match(r"(?i)distinct\b", inner) and len(arguments_of(inner)) == 1:
        call = f"{FOLDS[name]}({inner})"
    elif name in _SPREADS and re.fullmatch(_KEY, inner):
        call = _SPREADS[name].replace("X", inner)
    else:
        return None
    return f"{found['as']} = {call}" if found["as"] else call
