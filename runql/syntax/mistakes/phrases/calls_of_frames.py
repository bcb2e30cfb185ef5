"""Calls on a whole table where a query begins, `df.pivot_table(…)`, `pd.cut(df.acc, 5)`, `df.melt(…)`, and stages that
make several columns of one, `separate(name, c("a", "b"))`."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.mistake import Mistake, Place, closing, shown
from runql.syntax.mistakes.functions.binned import bins_of_call
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.window_calls import WindowRows
from runql.syntax.mistakes.phrases.columns_of_frames import beside_rows, is_of_history
from runql.syntax.mistakes.phrases.stages_of_others import said
from runql.text.source import Span

_KEY: Final = r"[^\W\d][\w./]*"
_CALL: Final = re.compile(r"(?P<owner>df|runs|pd)\s*\.\s*(?P<name>[^\W\d]\w*)(?=\()")
_TABLE: Final = re.compile(r"\s*(?:df|runs)\s*(?:,|\Z)")
_OF_TABLE: Final = re.compile(rf"\b(?:df|runs)(?:\.(?P<a>{_KEY})|\[\s*[\"'](?P<b>[\w./]+)[\"']\s*\])")
_LAMBDA: Final = re.compile(r"\blambda\s+(?P<row>\w+)\s*:\s*")
_LONG: Final = (
    "the columns of a table stay columns here: `runs | select …` chooses some, `| plot line A, B` draws several"
)
_NO_CALL: Final = {
    **dict.fromkeys(("melt", "stack", "wide_to_long", "unpivot"), _LONG),
    **dict.fromkeys(
        ("unstack", "pivot"), "a column for each value of a field: `runs | pivot mean(METRIC) by KEY across FIELD`"
    ),
    "apply": "each row is worked on by an expression: `runs | derive NAME = round(summary.acc, 2)`",
    "iterrows": 'an answer is read row by row in Python: `for row in runql.query("runs")`',
}
_PARTS: Final = re.compile(r"(?is)(?P<word>separate_wider_delim|separate|str_split_fixed)\s*(?=\()")
_NAMES: Final = re.compile(r"[\"']?([^\W\d]\w*)[\"']?")
_LIST: Final = re.compile(r"(?s)c?\s*[\[(](?P<inner>.*)[\])]")
_NAMED: Final = re.compile(r"(?s)(?P<key>into|names|sep|delim|pattern|cols?|n)\s*=(?!=)\s*(?P<value>.+)")
_MOST: Final = 20
_PIVOT: Final = re.compile(r"(?P<word>pivot_table|pivot|crosstab)\s*\((?P<inner>.*)\)\s*", re.I | re.S)
_ARGUMENT: Final = re.compile(r"\s*(?:(?P<key>\w+)\s*=\s*)?(?P<value>\[[^\]]*\]|[^,\[\]]+)\s*(?:,|\Z)")
_FOLDS: Final = {"avg": "mean", "average": "mean", "size": "count", "len": "count", "nunique": "n_unique"}
_COLUMNS: Final = re.compile(
    r"(?i)(?P<word>extend|mutate|transmute|assign|with_columns|compute|eval|add)\s+(?P<body>[^\W\d]\w*\s*=(?!=)[^|;]+)"
)
_RANK: Final = re.compile(r"(?i)(?<![\w.])(?:dense_)?rank\(\s*\)")
_WHOSE: Final = {"extend": "Kusto", "mutate": "dplyr", "transmute": "dplyr", "assign": "pandas", "eval": "Splunk"}


def call_of_frame(place: Place) -> Mistake | None:
    """`df.pivot_table(index=…)`, `df.assign(z=lambda d: d.acc * 2)`, `pd.cut(df.acc, 5)`, `df.melt(…)`."""
    found = _CALL.match(place.text, place.found.start) if "RUNS" in place.accepted else None
    end = closing(place.text, found.end()) if found is not None else None
    if found is None or end is None:
        return None
    inner, name = place.text[found.end() + 1 : end.start], found["name"].lower()
    if found["owner"] == "pd":
        inner = inner[table.end() :] if (table := _TABLE.match(inner)) is not None else inner
    span = Span(found.start(), end.end)
    plain = _OF_TABLE.sub(lambda one: one["a"] or one["b"], inner)
    new = _stage_of(name, plain, place)
    if new is not None:
        return said("pandas", place, span, f"runs | {new}")
    if name in _NO_CALL:
        message = f"`{shown(place.text[span.start : span.end])}` is pandas"
        return Mistake("RQL108", message, span, (_NO_CALL[name],), certain=True, resume=span.end)
    return None


def _stage_of(name: str, inner: str, place: Place) -> str | None:
    match name:
        case "pivot_table" | "crosstab":
            return pivoted(f"{name}({inner})")
        case "assign" if inner.strip():
            return f"derive {', '.join(_assigned(one, place) for one in arguments_of(inner))}"
        case "cut" | "qcut":
            return bins_of_call(name, inner)
        case _:
            return None


def _assigned(column: str, place: Place) -> str:
    """`z=lambda d: d.acc * 2`: the column of an expression, as a `derive` has it."""
    name, _, value = column.partition("=")
    if (row := _LAMBDA.match(value.strip())) is not None:
        of_row = re.compile(rf"\b{re.escape(row['row'])}(?:\.({_KEY})|\[\s*[\"']([\w./]+)[\"']\s*\])")
        value = of_row.sub(lambda one: one[1] or one[2], value.strip()[row.end() :])
    return f"{name.strip()} = {beside_rows(value.strip(), WindowRows('' if is_of_history(place) else 'all'))}"


def parts_of_text(place: Place) -> Mistake | None:
    """`separate(name, c("a", "b"), sep = "-")`, `str_split_fixed(name, "-", 2)`, behind a pipe."""
    found = _PARTS.match(place.text, place.found.start) if place.back_terminal() == "PIPE" else None
    end = closing(place.text, found.end()) if found is not None else None
    if found is None or end is None:
        return None
    given = _given(found["word"].lower(), arguments_of(place.text[found.end() + 1 : end.start]))
    sign, column = given.get("sep", ""), given.get("col", "")
    names = _names(given.get("names", ""), given.get("n", ""))
    if not re.fullmatch(_KEY, column) or not re.fullmatch(r"\"[^\"\\]+\"|'[^'\\]+'", sign) or not names:
        return None
    new = ", ".join(f"{one} = split({column}, {sign}, {at})" for at, one in enumerate(names))
    return said("R", place, Span(found.start(), end.end), f"derive {new}", "a separator is itself here, no pattern")


def _given(word: str, arguments: list[str]) -> dict[str, str]:
    """The arguments by name: the column, the names of its parts or how many there are, the separator."""
    order = {"separate": ["col", "names", "sep"], "str_split_fixed": ["col", "sep", "n"]}.get(
        word, ["col", "sep", "names"]
    )
    same = {"into": "names", "delim": "sep", "pattern": "sep", "cols": "col"}
    given: dict[str, str] = {}
    for argument in arguments:
        named = _NAMED.fullmatch(argument)
        if named is None and order:
            given[order.pop(0)] = argument
        elif named is not None:
            given[same.get(named["key"], named["key"])] = named["value"].strip()
    return given


def _names(text: str, count: str) -> list[str]:
    if count.isdigit() and 0 < int(count) <= _MOST:
        return [f"part{at + 1}" for at in range(int(count))]
    inner = _LIST.fullmatch(text.strip())
    found = [_NAMES.fullmatch(one) for one in arguments_of(inner["inner"])] if inner is not None else []
    return [one[1] for one in found if one is not None] if all(found) else []


def columns_of_rows(place: Place) -> Mistake | None:
    """`extend x = row_number()`: a column of other rows under another language's word for `derive`."""
    found = _COLUMNS.match(place.text, place.found.start) if place.back_terminal() == "PIPE" else None
    if found is None:
        return None
    body = found["body"].rstrip()
    columns = beside_rows(body, WindowRows("" if is_of_history(place) else "all"))
    span = Span(found.start(), found.start("body") + len(body))
    if columns == body and _RANK.search(body):
        hint = "a rank says by what: `derive r = rank() over all order -METRIC`"
        message = f"for `{found['word']}`, in RunQL write `derive`"
        return Mistake(
            "RQL108", message, Span(found.start(), found.end("word")), (hint,), certain=True, resume=span.end
        )
    if columns == body:
        return None
    return said(_WHOSE.get(found["word"].lower()), place, span, f"derive {columns}")


def pivoted(written: str) -> str | None:
    """The call with its arguments by name, or in the order of pandas: of `crosstab` the rows and the columns."""
    found = _PIVOT.fullmatch(written)
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
    names = [_FOLDS.get(name, name) for name in given.get("aggfunc", ["mean"] if values else ["count"])]
    folds = [f"{name}({value})" for name in names for value in values] if values else ["count()"]
    return f"pivot {', '.join(folds)} by {', '.join(rows)} across {across[0]}"
