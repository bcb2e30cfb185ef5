"""Tables of many rows as other languages make them: pivots, histograms, a row for each element of a list."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.lexer import END
from runql.syntax.mistake import Mistake, Place, idiom, replacing
from runql.syntax.recovery import next_piece
from runql.text.source import Span

_FIELD: Final = r"[\"']?(?P<{}>[\w./`]+)[\"']?"
_UNNEST: Final = re.compile(
    r"(?P<word>explode|mv-?_?expand|flatten|unwind|unlist|unnest|unnest_longer)\b\s*\(?\s*"
    r"(?:(?P<name>\w+)\s*=\s*)?" + _FIELD.format("field") + r"\s*\)?\s*",
    re.I,
)
_HISTOGRAM: Final = re.compile(
    r"(?P<word>hist|value_counts|cut|make-series)\b\s*\(?\s*(?:column\s*=\s*|x\s*=\s*)?"
    + _FIELD.format("field")
    + r"\s*"
    r"(?:,?\s*(?:n_?)?(?:bins|buckets|breaks)\s*[= ]\s*(?P<bins>\d+)|,?\s*(?P<plain>\d+))?\s*\)?\s*",
    re.I,
)
_BUCKET: Final = re.compile(
    r"(?P<word>width_bucket|bucket)\b\s*\(\s*"
    + _FIELD.format("field")
    + r"\s*(?:,\s*[\w.+-]+){2}\s*,\s*(?P<bins>\d+)\s*\)\s*",
    re.I,
)
_CALL: Final = re.compile(r"(?P<word>pivot_table|pivot|crosstab)\s*\((?P<inner>.*)\)\s*", re.I | re.S)
_ARGUMENT: Final = re.compile(r"\s*(?:(?P<key>\w+)\s*=\s*)?(?P<value>\[[^\]]*\]|[^,\[\]]+)\s*(?:,|\Z)")
_AGGREGATES: Final = {"avg": "mean", "average": "mean", "size": "count", "len": "count", "nunique": "n_unique"}
_OWNER: Final = {
    "explode": "pandas",
    "crosstab": "pandas",
    "pivot_table": "pandas",
    "pivot": "pandas",
    "hist": "pandas",
}


def table_stage(place: Place) -> Mistake | None:
    """`pivot_table(index=…)`, `crosstab(a, b)`, `hist(x, bins=10)`, `explode tags`, behind a pipe."""
    pipe = next((lexeme for lexeme in reversed(place.attempt.lexemes) if lexeme.terminal == "PIPE"), None)
    if pipe is None:
        return None
    behind = place.text[pipe.end : next_piece(place.text, pipe.end, frozenset({"PIPE", "SEMI"}))]
    start = pipe.end + len(behind) - len(behind.lstrip())
    written = behind.strip().rstrip(";").rstrip()
    new = _unnested(written) or _binned(written) or _pivoted(written)
    if new is None:
        return None
    span = Span(start, start + len(written))
    owner = _OWNER.get(re.split(r"\W", written, maxsplit=1)[0].lower())
    return idiom(owner, written, new, span, replacing(span.start, span.end, new))


def _unnested(written: str) -> str | None:
    found = _UNNEST.fullmatch(written)
    if found is None:
        return None
    named = f" as {found['name']}" if found["name"] else ""
    return f"unnest {found['field']}{named}"


def _binned(written: str) -> str | None:
    found = _HISTOGRAM.fullmatch(written) or _BUCKET.fullmatch(written)
    if found is None:
        return None
    bins = found["bins"] or found.groupdict().get("plain")
    return f"histogram {found['field']}{f' bins {bins}' if bins else ''}"


def _pivoted(written: str) -> str | None:
    """The call with its arguments by name, or in the order of pandas: of `crosstab` the rows and the columns."""
    found = _CALL.fullmatch(written)
    if found is None:
        return None
    order = ["index", "columns"] if found["word"].lower() == "crosstab" else ["values", "index", "columns"]
    given: dict[str, list[str]] = {}
    for argument in _ARGUMENT.finditer(found["inner"].strip()):
        key = (argument["key"] or (order.pop(0) if order else "")).lower()
        given[key] = [part.strip().strip("\"'") for part in argument["value"].strip("[] \n").split(",") if part.strip()]
    rows, across = given.get("index", []), given.get("columns", [])
    if not rows or len(across) != 1:
        return None
    values = given.get("values", [])
    names = [_AGGREGATES.get(name, name) for name in given.get("aggfunc", ["mean"] if values else ["count"])]
    folds = [f"{name}({value})" for name in names for value in values] if values else ["count()"]
    return f"pivot {', '.join(folds)} by {', '.join(rows)} across {across[0]}"


def pivot_keys(place: Place) -> Mistake | None:
    """`pivot mean(x)`, `pivot mean(x) by a`: a pivot has two keys."""
    ended = place.found.terminal in {END, "PIPE", "SEMI"}
    begun = next((lexeme for lexeme in reversed(place.attempt.lexemes) if lexeme.terminal in {"PIVOT", "PIPE"}), None)
    if not ended or begun is None or begun.terminal != "PIVOT" or not {"BY", "COMMA"} & place.accepted:
        return None
    hints = (
        "`pivot mean(summary.acc) by config.model, config.data`",
        "a table of one key is `group config.model : mean(summary.acc)`",
    )
    message = "`pivot` needs two keys: that of the rows and that of the columns"
    return Mistake("RQL102", message, Span(begun.start, begun.end), hints, certain=True)
