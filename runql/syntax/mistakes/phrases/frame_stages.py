"""Stages as data frames call them: `groupby("k")["x"].mean()`, `sort("x", descending=True)`, `filter(col("x") > 1)`."""

from __future__ import annotations

import re
from typing import Final

from runql.language.functions import FUNCTIONS
from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import Mistake, Place, closing, shown
from runql.syntax.mistakes.functions.chained_calls import with_choices
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.window_calls import turned
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS, said
from runql.text.source import Span

_KEY: Final = r"[^\W\d][\w./]*"
_NAME: Final = re.compile(rf"[\"'](?P<quoted>{_KEY})[\"']|(?P<bare>{_KEY})")
_COLUMN: Final = re.compile(rf"(?<![\w.])(?:(?:pl|F)\.)?col\(\s*[\"']({_KEY})[\"']\s*\)")
_POLARS_COLUMN: Final = re.compile(r"(?<![\w.])(?:pl|F)\.col\(")
_LITERAL: Final = re.compile(r"(?<![\w.])(?:pl|F)\.lit\(\s*([^()]*?)\s*\)")
_IS_IN: Final = re.compile(r"\.\s*is_in\(\s*\[([^\[\]]*)\]\s*\)")
_ARGUMENT: Final = re.compile(r"(?s)(?P<key>[^\W\d]\w*)\s*=(?!=)\s*(?P<value>.+)")
_DESCENDING: Final = re.compile(rf"(?i)desc\(\s*({_KEY})\s*\)")
_SORTS: Final = frozenset({"sort", "sortby", "sort_by", "sort_values", "orderby", "order_by"})
_FALLING: Final = {"ascending": "false", "descending": "true", "reverse": "true", "desc": "true"}
_IDLE: Final = frozenset({"inplace", "ignore_index", "maintain_order", "multithreaded", "kind", "axis"})
"""Arguments of a sort that say nothing of its order; here it is stable, and values that are not there come last."""
_STEP: Final = re.compile(
    rf"\s*(?:\.\s*(?P<name>[^\W\d]\w*)(?P<call>\()?|\[\s*\[?\s*[\"'](?P<key>{_KEY})[\"']\s*\]?\s*\])"
)
_GROUPING: Final = re.compile(r"(?i)group_?by\s*(?=\()")
_FOLDED: Final = re.compile(
    rf"(?:(?P<as>[^\W\d]\w*)\s*=\s*)?(?:(?:pl|F)\.)?(?:col\(\s*[\"'](?P<a>{_KEY})[\"']\s*\)\s*\.\s*(?P<f>\w+)\(\s*\)"
    rf"|(?P<g>\w+)\(\s*(?:[\"'](?P<b>{_KEY})[\"'])?\s*\))(?:\s*\.\s*alias\(\s*[\"'](?P<alias>[^\W\d]\w*)[\"']\s*\))?"
)
_NAMED_FOLD: Final = re.compile(
    rf"(?P<as>[^\W\d]\w*)\s*=\s*\(\s*[\"'](?P<key>{_KEY})[\"']\s*,\s*[\"'](?P<f>\w+)[\"']\s*\)"
)
_KEYED_FOLD: Final = re.compile(rf"[\"'](?P<key>{_KEY})[\"']\s*:\s*[\"'](?P<f>\w+)[\"']")
_IDLE_CALLS: Final = frozenset({"reset_index", "to_frame", "collect"})
"""What changes no value of the table."""
_HEAD: Final = re.compile(r"\s*\.\s*(?P<name>head|limit)\(\s*(?:n\s*=\s*)?(?P<n>\d*)\s*\)")
_ALIAS: Final = re.compile(r"(?s)(?P<value>.+)\.\s*alias\(\s*[\"'](?P<name>[^\W\d]\w*)[\"']\s*\)")
_COUNTS: Final = frozenset({"len", "size", "count"})
_ROWS: Final = re.compile(r"(?i)slice\s*\(?\s*(?P<from>\d{1,9})\s*:\s*(?P<to>\d{1,9})\s*\)?(?=\s*(?:[|;]|\Z))")
_BEST: Final = re.compile(
    rf"(?i)slice_(?P<goal>max|min)\s*\(\s*(?:order_by\s*=\s*)?(?P<key>{_KEY})\s*,\s*n\s*=\s*(?P<n>\d+)\s*,\s*"
    rf"(?:with_ties\s*=\s*\w+\s*,\s*)?\.?by\s*=\s*(?P<by>{_KEY})\s*\)(?=\s*(?:[|;]|\Z))"
)
_SELECT_KEEP: Final = re.compile(r"(?i)select-keep\b(?=\s+[^\W\d])")
_KEPT: Final = re.compile(r"(?i)project-keep\b")
_PIVOT: Final = "a column for each value of a field: `| pivot mean(METRIC) by KEY across FIELD`"
_LONG: Final = "the columns of a table stay columns here: `| select …` chooses some, `| plot line A, B` draws several"
_NO_CHANCE: Final = "nothing is left to chance, so that a question has one answer: `| limit 5` takes the first rows"
_NO_TEST: Final = (
    "there is no test of significance: `| group KEY : mean(METRIC), ci95(METRIC)` shows how sure the means are,"
    ' and in Python `runql.query("…").pandas()` gives SciPy the values'
)
_NO_STAGE: Final = {
    **dict.fromkeys(("ttest", "t_test", "ttest_ind", "anova", "mannwhitneyu", "wilcoxon", "bootstrap"), _NO_TEST),
    "pivot_wider": _PIVOT,
    "spread": _PIVOT,
    "unstack": _PIVOT,
    "pivot_longer": _LONG,
    "unpivot": _LONG,
    "gather": _LONG,
    "stack": _LONG,
    "wide_to_long": _LONG,
    "make-series": "a row for each day that has runs: `| group date(created) : m = mean(METRIC)`",
    **dict.fromkeys(("slice_sample", "sample_n", "sample_frac"), _NO_CHANCE),
    "slice": "some rows are `| offset N | limit N`",
    "project-reorder": "the columns in another order: `| select A, B, …`",
}
_HYPHENED: Final = re.compile(r"(?:project-reorder|make-series)\b")
_AGGREGATES: Final = "aggregates stand behind the keys: `| group KEY : m = mean(METRIC)`"
_CALLED: Final = re.compile(r"\s*(?:[|;]|\Z)")
_ASKING: Final = re.compile(
    r"(?i)(?:is|has|not|any|all|starts?|ends?|contains?|like|match|re|in|between)(?:_|with|null|na|\b)"
)


def frame_stage(place: Place) -> Mistake | None:
    """A stage of pandas, polars or dplyr of which the whole is read at once, or which is none here."""
    if place.back_terminal() != "PIPE":
        return None
    if _KEPT.match(place.text, place.found.start):
        return said("Kusto", place, Span(place.found.start, place.found.start + len("project-keep")), "select")
    if rows := _ROWS.match(place.text, place.found.start):
        first, last = int(rows["from"]), int(rows["to"])
        skipped = f"offset {first - 1} | " if first > 1 else ""
        return (
            said("dplyr", place, Span(*rows.span()), f"{skipped}limit {last - first + 1}")
            if last >= first > 0
            else None
        )
    if best := _BEST.match(place.text, place.found.start):
        sign = "-" if best["goal"].lower() == "max" else ""
        return said(
            "dplyr", place, Span(*best.span()), f"order {sign}{best['key']} | limit {best['n']} by {best['by']}"
        )
    return _grouped(place) or _sorted(place) or _chosen(place) or _derived(place) or _chained(place) or _no_stage(place)


def _chained(place: Place) -> Mistake | None:
    """`sort_values("x").query("x > 1")`: several stages in one."""
    called = re.compile(r"[^\W\d]\w*(?=\()").match(place.text, place.found.start)
    end = closing(place.text, called.end()) if called is not None else None
    if called is None or end is None or called[0].lower() in FUNCTIONS:
        return None
    step = _STEP.match(place.text, end.end)
    if step is None or not step["call"] or _ASKING.match(called[0]):
        return None
    span = Span(called.start(), _end_of_chain(place.text, end.end))
    message = f"`{shown(place.text[span.start : span.end])}` is a chain of calls; in RunQL each is a stage of its own"
    hint = "a stage begins behind `|`: `| order -A | limit 3`"
    return Mistake("RQL108", message, span, (hint,), certain=True, resume=span.end)


def _no_stage(place: Place) -> Mistake | None:
    hyphened = _HYPHENED.match(place.text, place.found.start)
    word = hyphened[0] if hyphened is not None else place.word
    if word not in _NO_STAGE:
        return None
    span = Span(place.found.start, place.found.start + len(word))
    written = place.text[span.start : span.end]
    return Mistake("RQL108", f"there is no stage `{written}`", span, (_NO_STAGE[word],), certain=True)


# ---------------------------------------------------------------- orders


def _sorted(place: Place) -> Mistake | None:
    """`sort_values(["k", "x"], ascending=[True, False])`, `sort("x", descending=True)`."""
    if place.word not in _SORTS or place.text[place.found.end : place.found.end + 1] != "(":
        return None
    end = closing(place.text, place.found.end)
    if end is None:
        return None
    keys = order_of_frame(place.text[place.found.end + 1 : end.start])
    head = _HEAD.match(place.text, end.end)
    span = Span(place.found.start, end.end if head is None else head.end())
    if head is None and _STEP.match(place.text, end.end):
        return None
    if keys is not None:
        whose = "pandas" if place.word == "sort_values" else "Python"
        limit = f" | limit {head['n'] or 5}" if head is not None else ""
        is_polars = place.word == "sort" and "nulls_last" not in place.text[span.start : span.end]
        nulls = ("what is not there stands last here, in polars first",) if is_polars else ()
        return said(whose, place, span, f"order {', '.join(keys)}{limit}", *nulls)
    message = f"`{shown(place.text[span.start : span.end])}` is Python; in RunQL an order has a sign at each key"
    hints = ("rising and falling: `order A, -B`",)
    return Mistake("RQL108", message, span, hints, certain=True, resume=span.end)


def order_of_frame(inner: str) -> list[str] | None:
    """The keys of an order as pandas, polars and dplyr write them in a call; none where they cannot be told."""
    keys: list[str] = []
    falling: list[bool] = []
    for argument in arguments_of(inner):
        named = _ARGUMENT.fullmatch(argument)
        name, value = (named["key"].lower(), named["value"]) if named is not None else ("by", argument)
        if name in {"by", "cols", "columns"}:
            found = [_order_key(one) for one in _items(value)]
            keys += [one for one in found if one is not None]
            if None in found:
                return None
        elif name in _FALLING and all(one.lower() in {"true", "false"} for one in _items(value)):
            falling = [one.lower() == _FALLING[name] for one in _items(value)]
        elif name not in _IDLE and (name, value.strip("\"'").lower()) not in {
            ("na_position", "last"),
            ("nulls_last", "true"),
        }:
            return None
    falling = falling * len(keys) if len(falling) == 1 else falling or [False] * len(keys)
    if not keys or len(falling) != len(keys):
        return None
    return [turned(key) if is_down else key for key, is_down in zip(keys, falling, strict=True)]


def _order_key(text: str) -> str | None:
    """`"x"`, `x`, `-x`, `desc(x)`, `pl.col("x")`."""
    plain = _COLUMN.sub(r"\1", text)
    if down := _DESCENDING.fullmatch(plain):
        return f"-{down[1]}"
    found = _NAME.fullmatch(plain.removeprefix("-"))
    return None if found is None else f"{'-' * plain.startswith('-')}{found['quoted'] or found['bare']}"


def _items(text: str) -> list[str]:
    """What a list holds; a value that is none, alone."""
    inner = text.strip()
    return arguments_of(inner[1:-1]) if inner[:1] in {"[", "("} and inner[-1:] in {"]", ")"} else [inner]


# ---------------------------------------------------------------- groups


def _grouped(place: Place) -> Mistake | None:
    """`groupby("k")["x"].mean()`, `group_by("k").agg(pl.col("x").mean())`: the keys and the aggregates of groups."""
    begun = _GROUPING.match(place.text, place.found.start)
    end = closing(place.text, begun.end()) if begun is not None else None
    if begun is None or end is None or _STEP.match(place.text, end.end) is None:
        return None
    keys = [found["quoted"] or found["bare"] for found in _NAME.finditer(place.text[begun.end() : end.start])]
    column, at, new = "", end.end, ""
    while (step := _STEP.match(place.text, at)) is not None:
        stop = closing(place.text, step.end() - 1) if step["call"] else None
        if step["call"] and stop is None:
            return None
        at = stop.end if stop is not None else step.end()
        if new and stop is not None and step["name"] in _IDLE_CALLS:
            continue
        if stop is None and not new:
            column = f"{column}.{step['name']}".lstrip(".") if step["name"] else step["key"]
        elif (
            stop is None or new or not (new := folds_of_call(step["name"], place.text[step.end() : stop.start], column))
        ):
            new, at = "", _end_of_chain(place.text, at)
            break
    span = Span(begun.start(), at)
    if new and keys:
        whose = "pandas" if begun[0].lower().startswith("groupby") else "polars"
        return said(whose, place, span, f"group {', '.join(keys)} : {new}")
    message = f"`{shown(place.text[span.start : span.end])}` is a chain of calls; in RunQL a group is one stage"
    return Mistake("RQL108", message, span, (_AGGREGATES,), certain=True, resume=span.end)


def _end_of_chain(text: str, at: int) -> int:
    while (step := _STEP.match(text, at)) is not None:
        stop = closing(text, step.end() - 1) if step["call"] else None
        if step["call"] and stop is None:
            break
        at = stop.end if stop is not None else step.end()
    return at


def folds_of_call(name: str, inner: str, column: str) -> str:
    """The aggregates of a call behind `groupby`; empty where they cannot be told."""
    name, inner = name.lower(), inner.strip()
    if name in FOLDS and column and not inner:
        return f"{FOLDS[name]}({column})"
    if name == "count" and column and not inner:
        return f"count({column})"
    if name in {"size", "len"} and not inner:
        return "count()"
    if name not in {"agg", "aggregate"}:
        return ""
    given = arguments_of(inner[1:-1] if inner[:1] in {"[", "{"} and inner[-1:] in {"]", "}"} else inner)
    folds = [_fold(one, column) for one in given]
    return ", ".join(folds) if folds and all(folds) else ""


def _fold(text: str, column: str) -> str:
    """One aggregate: `"mean"` of the column, `m=("x", "mean")`, `"x": "mean"`, `pl.col("x").mean().alias("m")`."""
    if column:
        bare = text.strip("\"'").lower()
        return f"{FOLDS[bare]}({column})" if bare in FOLDS else f"count({column})" if bare == "count" else ""
    if pair := (_NAMED_FOLD.fullmatch(text) or _KEYED_FOLD.fullmatch(text)):
        return _called(pair["f"], pair["key"], pair.groupdict().get("as"))
    found = _FOLDED.fullmatch(text)
    if found is None:
        return ""
    return _called(found["f"] or found["g"], found["a"] or found["b"] or "", found["alias"] or found["as"])


def _called(fold: str, key: str, name: str | None) -> str:
    fold = fold.lower()
    made = f"{FOLDS[fold]}({key})" if fold in FOLDS and key else ""
    if fold in _COUNTS:
        made = f"count({key})" if fold == "count" and key else "" if key else "count()"
    return f"{name} = {made}" if name and made else made


# ---------------------------------------------------------------- conditions and columns


def _chosen(place: Place) -> Mistake | None:
    """`filter(pl.col("x") > 0.9)`, `select("name", pl.col("x"))`: columns that are called by their names."""
    word = {"filter": "where", "where": "where", "select": "select"}.get(place.word)
    if word is None or place.text[place.found.end : place.found.end + 1] != "(":
        return None
    end = closing(place.text, place.found.end)
    inner = place.text[place.found.end + 1 : end.start].strip() if end is not None else ""
    if end is None or not _POLARS_COLUMN.search(inner):
        return None
    plain = plain_columns(inner)
    span = Span(place.found.start, end.end)
    if _POLARS_COLUMN.search(plain):
        message = f"`{shown(place.text[span.start : span.end])}` is polars; in RunQL a column is its name"
        return Mistake(
            "RQL108", message, span, ("for example: `where summary.acc > 0.9`",), certain=True, resume=span.end
        )
    parts = arguments_of(plain)
    if word == "where":
        plain = " and ".join(f"({one})" if len(parts) > 1 and re.search(r"\bor\b", one) else one for one in parts)
    return said("polars", place, span, f"{word} {plain}")


def _derived(place: Place) -> Mistake | None:
    """`with_columns((pl.col("x") * 2).alias("b"))`, `with_columns(b = pl.col("x") * 2)`."""
    if place.word != "with_columns" or place.text[place.found.end : place.found.end + 1] != "(":
        return None
    end = closing(place.text, place.found.end)
    parts = arguments_of(place.text[place.found.end + 1 : end.start]) if end is not None else []
    parts = [item for part in parts for item in (_items(part) if part[:1] == "[" else [part])]
    columns = [_column(part) for part in parts]
    if end is None or not columns or not all(columns):
        return None
    return said("polars", place, Span(place.found.start, end.end), f"derive {', '.join(columns)}")


def _column(text: str) -> str:
    """A column with its name before it; empty where calls of polars are left in it."""
    named, alias = _ARGUMENT.fullmatch(text), _ALIAS.fullmatch(text)
    found = alias or named
    if found is None:
        return ""
    name, value = (alias["name"], alias["value"]) if alias is not None else (found["key"], found["value"])
    plain = plain_columns(with_choices(value.strip()))
    whole = closing(plain, 0) if plain[:1] == "(" else None
    plain = plain[1:-1] if whole is not None and whole.end == len(plain) else plain
    return "" if re.search(r"\)\s*\.|(?<![\w.])(?:pl|F)\.|[\w.]\.\w+\(", plain) else f"{name} = {plain}"


def selected(place: Place) -> Mistake | None:
    """`select("name", pl.col("x"))`: the columns of a call."""
    stage = place.clause
    if stage is None or stage.terminal != "SELECT":
        return None
    if kept := _SELECT_KEEP.match(place.text, stage.start):
        return said(None, place, Span(*kept.span()), "select")
    if place.text[stage.end : stage.end + 1] != "(":
        return None
    end = closing(place.text, stage.end)
    if end is None or not stage.end <= place.found.start < end.end:
        return None
    inner = place.text[stage.end + 1 : end.start]
    keys = [_order_key(one) for part in arguments_of(inner) for one in _items(part)]
    names = [one for one in keys if one is not None and not one.startswith("-")]
    if len(names) != len(keys) or not names:
        return None
    return said("polars", place, Span(stage.start, end.end), f"select {', '.join(names)}")


def plain_columns(text: str) -> str:
    """A condition of polars with its columns as names, and with `and` and `or` for its signs."""
    plain = _IS_IN.sub(r" in (\1)", _LITERAL.sub(r"\1", _COLUMN.sub(r"\1", text)))
    pieces = re.split(r"(\"[^\"]*\"|'[^']*')", plain)
    return "".join(one if index % 2 else _signs(one) for index, one in enumerate(pieces))


def _signs(text: str) -> str:
    text = re.sub(r"\s*&\s*", " and ", re.sub(r"\s*\|\s*", " or ", text))
    return re.sub(r"~\s*(?=[(\w])", "not ", text)


def is_no_condition(text: str, name: Lexeme) -> bool:
    """Whether a call behind a pipe is the whole stage, and no function that asks: then no `where` is missing."""
    end = closing(text, name.end) if text[name.end : name.end + 1] == "(" else None
    if end is None or name.text.lower() in FUNCTIONS or _ASKING.match(name.text):
        return False
    return "." not in name.text and _CALLED.match(text, end.end) is not None
