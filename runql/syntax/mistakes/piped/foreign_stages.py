"""Stages under the names of other languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import Mistake, Place, alone_from, closing, idiom, replacing
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.window_calls import WindowRows
from runql.syntax.mistakes.phrases.columns_of_frames import beside_rows, is_of_history
from runql.syntax.mistakes.phrases.frame_stages import order_of_frame
from runql.syntax.mistakes.phrases.stages_of_others import as_here
from runql.syntax.mistakes.phrases.tables_of_others import join_of_frame
from runql.syntax.mistakes.phrases.tables_renamed import with_names_of_kusto
from runql.syntax.recovery import next_piece
from runql.text.source import Span

_PANDAS: Final = "pandas"
_DPLYR: Final = "dplyr"
_KUSTO: Final = "Kusto"
_SPLUNK: Final = "Splunk"
_SHELL: Final = "shell"
_STAGES: Final[dict[str, tuple[str | None, str]]] = {
    # what is written: whose word it is, and the stage that does it here
    "sort": (None, "order"),
    "sortby": (None, "order"),
    "sort_by": (None, "order"),
    "sort_values": (_PANDAS, "order"),
    "arrange": (_DPLYR, "order"),
    "orderby": ("SQL", "order"),
    "filter": (None, "where"),
    "query": (_PANDAS, "where"),
    "having": ("SQL", "where"),
    "grep": (_SHELL, "where"),
    "head": (None, "limit"),
    "take": (None, "limit"),
    "skip": (None, "offset"),
    "top": (None, "limit"),
    "tail": (None, "last"),
    "slice_tail": (_DPLYR, "last"),
    "slice_head": (_DPLYR, "limit"),
    "project": (_KUSTO, "select"),
    "keep": (None, "select"),
    "fields": (_SPLUNK, "select"),
    "columns": (None, "select"),
    "cut": (_SHELL, "select"),
    "remove": (None, "drop"),
    "exclude": (None, "drop"),
    "mutate": (_DPLYR, "derive"),
    "transmute": (_DPLYR, "derive"),
    "extend": (_KUSTO, "derive"),
    "eval": (_SPLUNK, "derive"),
    "assign": (_PANDAS, "derive"),
    **dict.fromkeys(("importance", "importances", "sensitivity", "correlation"), (None, "corr")),
    "with_columns": ("polars", "derive"),
    "compute": (None, "derive"),
    "add": (None, "derive"),
    "groupby": (_PANDAS, "group"),
    "group_by": (_DPLYR, "group"),
    "dedup": (_SPLUNK, "distinct"),
    "unique": (None, "distinct"),
    "uniq": (_SHELL, "distinct"),
    "drop_duplicates": (_PANDAS, "distinct"),
    "pivot_table": (_PANDAS, "pivot"),
    "ewm": (_PANDAS, "smooth ema"),
    "ema": (None, "smooth ema"),
    "rolling": (_PANDAS, "smooth mean"),
    "interpolate": (_PANDAS, "resample"),
    "correlate": (None, "corr"),
    "correlation": (None, "corr"),
    "compare": (None, "diff"),
    "summary": ("R", "describe"),
    "chart": (None, "plot"),
    "graph": (None, "plot"),
    "draw": (None, "plot"),
    "visualize": (None, "plot"),
    "visualise": (None, "plot"),
    "ggplot": ("R", "plot"),
    "write": (None, "to"),
    "save": (None, "to"),
    "export": (None, "to"),
    "to_csv": (_PANDAS, "to"),
    "to_parquet": (_PANDAS, "to"),
    "tee": (_SHELL, "to"),
    "duckdb": (None, "sql"),
    "check": (None, "assert"),
    "expect": (None, "assert"),
    "min": (None, "best min"),
    "max": (None, "best max"),
}
_FOLDING: Final = {"agg", "aggregate", "summarize", "summarise", "stats"}
_PAIRS: Final = {("sort", "by"): "order", ("order", "by"): "order", ("group", "by"): "group", ("filter", "by"): "where"}
_NONE_HERE: Final = {
    "merge": "two tables by a key: `| join NAME on KEY`; the runs of several sources: `runs from A, B`",
    "count": "`count runs …` counts runs; `| group KEY : n = count()` counts the rows of each group",
    "value_counts": "how often each value occurs: `| group FIELD : count()`",
    "dropna": "the rows that have a value: `| where FIELD is not null`",
    "fillna": "another value for what is not there: `| derive NAME = coalesce(FIELD, 0)`",
    "melt": "a row for each field and run is what `| diff` gives of many runs",
    "parse": 'a part of a text is `| derive NAME = split(name, "_", 0)`, or `extract(name, "lr([0-9.]+)")`',
    "separate": 'a part of a text is `| derive NAME = split(name, "_", 0)`, or `extract(name, "lr([0-9.]+)")`',
    "serialize": "the number of a row is `| derive NAME = row_number() over all order FIELD`",
    "iloc": "some rows are `| offset N | limit N`",
    "astype": "another kind is `| derive NAME = number(FIELD)`; also `text`, `bool`, `time`",
    "render": "a chart is `| plot`; the curves of the runs are `runs keys METRIC | plot`",
    "window": "a mean of the last values is `| derive mean(loss, last 3)`; other windows have `over KEY`",
    "wc": "`count runs …` counts runs; `| group KEY : n = count()` counts the rows of each group",
}
_FOLDS: Final = {"avg": "mean", "average": "mean", "stddev": "std", "stdev": "std", "dcount": "n_unique"}
_FOLD: Final = re.compile(rf"(?i)\b({'|'.join(_FOLDS)})\s*\(")
_QUOTED: Final = re.compile(r"""(["'])([^\W\d][\w./]*)\1""")
_DESCENDING: Final = re.compile(r"\bdesc\(\s*([\w./]+)\s*\)")
_HEAD: Final = "5"
"""How many rows `head()` and `tail()` give in pandas."""
_COUNTED: Final = {"limit", "last"}
_KEYWORD_ARGUMENT: Final = re.compile(r"\A(?:by|subset|columns|n|items)\s*=\s*")


def stage_of_another_language(place: Place) -> Mistake | None:
    """`| head 5`, `| groupby x`, `| filter(x > 1)`: the name of another language where a stage must begin."""
    if place.back_terminal() != "PIPE":
        return None
    word, start, end = place.word, place.found.start, place.found.end
    following = next(alone_from(place.text, end), None)
    if following is not None and (pair := _PAIRS.get((word, following.text.lower()))):
        return _renamed(place, None, Span(start, following.end), pair)
    called = _call(place.text, place.found)
    language, stage = _STAGES.get(word, (None, word))
    if called is not None and called[0] and stage == "distinct":
        stage = "distinct by"
    if called is not None and stage in {"distinct by", *keywords().stage_words, *(new for _, new in _STAGES.values())}:
        if stage == "where" and word != stage and not is_of_history(place):  # an aggregate in a filter is of all rows
            called = beside_rows(called[0], WindowRows("all")), called[1]
        new = f"{stage} {called[0] or _HEAD * (stage in _COUNTED)}".strip()
        return _renamed(place, language, Span(start, called[1]), new, language or "Python")
    if word in _STAGES:
        first, _, second = stage.partition(" ")
        is_said = following is not None and following.text.lower() == second
        if stage in _COUNTED and (following is None or following.text in {"|", ";"}):
            stage = f"{stage} {_HEAD}"
        return _renamed(place, language, place.span, first if is_said else stage)
    if word in _NONE_HERE:
        hint = _NONE_HERE[word]
        return Mistake("RQL108", f"there is no stage `{place.found.text}`", place.span, (hint,), certain=True)
    return None


_ALIASED: Final = re.compile(r"([^\W\d]\w*)\s*=(?![=~])\s*(.+)", re.DOTALL)


def named_columns(place: Place) -> Mistake | None:
    """`project name, acc = summary.acc`: a column gets its name with `as`."""
    if place.back_terminal() != "PIPE" or place.word not in {"project", "keep"}:
        return None
    end = next_piece(place.text, place.found.end, frozenset({"PIPE"}))
    listed = place.text[place.found.end : end].rstrip().removesuffix(";").rstrip()
    columns = arguments_of(listed.strip())
    found = [_ALIASED.fullmatch(one) for one in columns]
    if not any(found) or not listed[:1].isspace():
        return None
    names = (
        one if match is None else f"{match[2].strip()} as {match[1]}" for one, match in zip(columns, found, strict=True)
    )
    span, new = Span(place.found.start, place.found.end + len(listed)), f"select {', '.join(names)}"
    return idiom(_KUSTO, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def unpiped_stage_of_another_language(place: Place) -> Mistake | None:
    """`runs groupby config.model`: the same without its pipe."""
    if place.word not in _STAGES or "PIPE" not in place.accepted or place.found.terminal not in {"PATH", "FUNCTION"}:
        return None
    language, stage = _STAGES[place.word]
    called = _call(place.text, place.found)
    end, new = (called[1], f"{stage} {called[0]}") if called else (place.found.end, stage)
    return _renamed(place, language, Span(place.found.start, end), f"| {new}")


def _renamed(place: Place, language: str | None, span: Span, new: str, whose: str | None = None) -> Mistake:
    mistake = idiom(
        whose or language, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new)
    )
    return Mistake(mistake.code, mistake.message, mistake.span, mistake.hints, repairs=mistake.repairs)


def _call(text: str, name: Lexeme) -> tuple[str, int] | None:
    """The arguments of `name(…)` as a stage has them, and where the call ends; none if it is no call."""
    if text[name.end : name.end + 1] != "(":
        return None
    end = closing(text, name.end)
    if end is None:
        return None
    inner = text[name.end + 1 : end.start].strip()
    if stage_of_order(name.text):
        keys = order_of_frame(inner)
        return None if keys is None else (", ".join(keys), end.end)
    inner = _DESCENDING.sub(r"-\1", _KEYWORD_ARGUMENT.sub("", inner))
    if inner[:1] in {"[", "("} and inner[-1:] in {"]", ")"}:
        inner = inner[1:-1].strip()
    if "to" not in name.text.lower():
        given = [(one, _QUOTED.fullmatch(one)) for one in arguments_of(inner)]
        inner = ", ".join(one if quoted is None else quoted[2] for one, quoted in given)
    return inner, end.end


def stage_of_order(word: str) -> bool:
    """Whether it is `order` under another name."""
    return _STAGES.get(word.lower(), ("", ""))[1] == "order"


def folding(place: Place) -> Mistake | None:
    """`| agg mean(x)`, `| summarize n = count() by model`: aggregates are written behind the keys of `group`."""
    if place.back_terminal() != "PIPE" or place.word not in _FOLDING:
        return None
    pipe = place.attempt.lexemes[-1]
    stage = place.piece[:-1]
    called = _call(place.text, place.found)
    if [lexeme.terminal for lexeme in stage[:2]] == ["PIPE", "GROUP"] and all(x.terminal != "COLON" for x in stage):
        end = called[1] if called else place.found.end
        span = Span(pipe.start, end)
        old = place.text[span.start : span.end]
        return idiom(None, old, ":", span, replacing(span.start, end, f": {as_here(called[0])}" if called else ":"))
    lexemes = list(_stage_lexemes(place))
    by = next((index for index, lexeme in enumerate(lexemes) if lexeme.text.lower() == "by"), None)
    if by is None or by + 1 >= len(lexemes):
        hint = "aggregates stand behind the keys: `| group KEY : n = count()`"
        return Mistake("RQL108", f"there is no stage `{place.found.text}`", place.span, (hint,), certain=True)
    written = with_names_of_kusto(place.text[lexemes[0].end : lexemes[by].start].strip(), place.text, lexemes[-1].end)
    folds = _FOLD.sub(lambda call: _FOLDS[call[1].lower()] + "(", written)
    keys = place.text[lexemes[by].end : lexemes[-1].end].strip()
    span = Span(place.found.start, lexemes[-1].end)
    new = f"group {keys} : {folds}"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _stage_lexemes(place: Place) -> Iterator[Lexeme]:
    """The lexemes from what was found to the end of the stage."""
    return takewhile(lambda lexeme: lexeme.terminal not in {"PIPE", "SEMI"}, place.ahead())


def method_chain(place: Place) -> Mistake | None:
    """`runs.groupby("model").head(3)`: calls one behind the other, as pandas has them."""
    name = place.found
    if "RUNS" not in place.accepted or not name.text.lower().startswith("runs.") or name.terminal == "STRING":
        return None
    calls: list[str] = []
    end = name.start + len("runs")
    while match := re.compile(r"\s*\.\s*([^\W\d]\w*)(?=\()").match(place.text, end):
        if (joined := _joined(place.text, match)) is not None:
            calls.append(joined[0])
            end = joined[1]
            continue
        called = _call(place.text, Lexeme("PATH", match[1], match.start(1), match.end(1)))
        stage = _STAGES.get(match[1].lower(), (None, match[1].lower()))[1]
        if called is None or stage.split()[0] not in keywords().stage_words:
            return None
        grouped = calls[-1] if calls and calls[-1].startswith("group ") and ":" not in calls[-1] else None
        if grouped is not None and stage in _COUNTED:
            calls.pop()
            called = f"{called[0] or _HEAD} by {grouped.removeprefix('group ')}", called[1]
        calls.append(f"{stage} {called[0] or _HEAD * (stage in _COUNTED)}".strip())
        end = called[1]
    if not calls:
        return None
    new = " | ".join(["runs", *calls])
    span = Span(name.start, end)
    return idiom(_PANDAS, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _joined(text: str, name: re.Match[str]) -> tuple[str, int] | None:
    """The stage of a call of `merge` or `join`, and where it ends."""
    end = closing(text, name.end(1)) if name[1].lower() in {"merge", "join"} else None
    stage = join_of_frame(name[1], text[name.end(1) + 1 : end.start]) if end is not None else None
    return None if stage is None or end is None else (stage, end.end)
