"""Stages as somebody writes them who does not know their words yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from runql.syntax.lexer import END, STRAY, Lexeme
from runql.syntax.literals import write_string
from runql.syntax.mistake import Mistake, Place, Repair, idiom, leaving_out, replacing, shown
from runql.syntax.mistakes.phrases.calls_of_frames import pivoted
from runql.syntax.mistakes.phrases.distinct_rows import distinct_call, distinct_values
from runql.syntax.recovery import next_piece
from runql.text.diagnostic import Edit
from runql.text.source import Span

_SYNONYMS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    # the terminal that is accepted: the word for it, and what is written instead
    "BY": ("by", frozenset({"on", "over", "per", "across", "in", "of", "color", "colour", "hue", "for"})),
    "VS": ("vs", frozenset({"against", "versus", "with", "to", "from", "over", "on"})),
    "OVER": ("over", frozenset({"of", "in", "by", "on", "for", "across"})),
    "ACROSS": ("across", frozenset({"over", "columns", "cols", "against", "versus", "vs"})),
    "LIKE": ("like", frozenset({"glob", "matching", "matches", "contains", "where"})),
    "BAND": ("band", frozenset({"bands", "ribbon", "errorband", "fill"})),
    "TITLE": ("title", frozenset({"titled", "called", "caption", "label", "named"})),
    "LOG": ("log", frozenset({"logarithmic", "logscale"})),
    "NEAREST": ("nearest", frozenset({"closest", "near"})),
}
SHAPES: Final[dict[str, str]] = {
    **dict.fromkeys(("lines", "curve", "curves", "lineplot", "timechart", "linechart", "area", "areachart"), "line"),
    **dict.fromkeys(("histogram", "dist", "distribution", "histplot", "density", "kde", "kdeplot", "ecdf"), "hist"),
    **dict.fromkeys(("points", "scatterplot", "dots", "bubble", "swarm", "swarmplot", "stripplot"), "scatter"),
    **dict.fromkeys(("bars", "barplot", "barchart", "barh", "columnchart", "countplot"), "bar"),
    **dict.fromkeys(("pie", "piechart", "donut", "treemap", "funnel"), "bar"),
    **dict.fromkeys(("heatmap", "imshow", "contour", "surface", "hexbin"), "heat"),
    **dict.fromkeys(("boxplot", "boxes", "violin", "violinplot"), "box"),
    **dict.fromkeys(("parcoords", "parallel_coordinates", "radar", "spider", "pairplot"), "parallel"),
}
_SPELLINGS: Final[dict[str, dict[str, str]]] = {
    "GOAL": {
        **dict.fromkeys(("lowest", "smallest", "minimum", "minimize", "minimise", "least", "low"), "min"),
        **dict.fromkeys(("highest", "largest", "maximum", "maximize", "maximise", "most", "high"), "max"),
    },
    "METHOD": {
        **dict.fromkeys(("ewm", "ewma", "exp", "exponential"), "ema"),
        **dict.fromkeys(("average", "avg", "rolling", "moving", "window", "sma", "ma"), "mean"),
    },
    "SHAPE": SHAPES,
}
_OVER_STEPS: Final = re.compile(r"(?:over|on)\s+(?:the\s+)?steps?\b(?![\w./])", re.IGNORECASE)
_AGGREGATING: Final = {"agg", "aggregate", "summarize", "summarise", "compute", "with", "select", "derive", "to"}
_ARROW: Final = re.compile(r"->|=>|:(?!=)|(?:to|into)\b")
_VALUES: Final = {"PATH", "FUNCTION", "NUMBER", "LPAR"}
_LISTED: Final = re.compile(r"[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*")
_NEEDED: Final = {"DISTINCT": "by", "DUPLICATES": "by", "HOLES": "over", "DIFF": "vs"}


def group_by(place: Place) -> Mistake | None:
    """`group by x`: the `by` was taken for a key."""
    by, group = place.back(1), place.back(2)
    if by is None or group is None or by.text.lower() != "by" or group.terminal != "GROUP":
        return None
    repair = replacing(group.start, place.found.start, "group ", "write `group`")
    return idiom("SQL", place.text[group.start : by.end], "group", Span(group.start, by.end), repair)


def bare_question(place: Place) -> Mistake | None:
    """`sql select name from _`: a question without its quotes, up to the next pipe."""
    if place.back_terminal() != "SQL" or place.found.terminal in {END, "PIPE", "SEMI", STRAY}:
        return None
    start = place.found.start
    end = next((one.start for one in place.ahead() if one.terminal in {"PIPE", "SEMI", END}), len(place.text))
    question = place.text[start:end].rstrip()
    both = "'" in question and '"' in question and '"""' not in question and "\\" not in question
    quoted = f'"""{question}"""' if both else write_string(question)
    repair = replacing(start, start + len(question), quoted, "put it in quotes")
    span = Span(start, start + len(question))
    return Mistake("RQL101", "the question of `sql` stands in quotes", span, repairs=(repair,), certain=True)


def missing_colon(place: Place) -> Mistake | None:
    """`group config.model mean(summary.acc)`, `group config.model agg n = count()`."""
    if "COLON" not in place.accepted or place.clause is None or place.clause.terminal != "GROUP":
        return None
    before = place.attempt.lexemes[-1]
    if place.word in _AGGREGATING and place.found.terminal == "PATH":
        repair = replacing(place.found.start, place.found.end, ":")
        return tried(idiom(None, place.found.text, ":", place.span, repair))
    ahead = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)]
    named = len(ahead) == 2 and ahead[0].terminal == "PATH" and ahead[1].text == "="
    if not named and place.found.terminal != "FUNCTION":
        return None
    repair = Repair("write `:`", (Edit(Span(before.end, before.end), " :"),))
    message = f"`:` is missing between the keys and `{shown(place.found.text)}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


def named_key(text: str, lexemes: Sequence[Lexeme], index: int) -> Mistake | None:
    """`group config.model, n = count()`: among the keys, `=` would compare."""
    end = _end_of_key(lexemes, index) if index + 2 < len(lexemes) else None
    before = lexemes[index - 1]
    if end is None or lexemes[index + 1].text != "=" or before.terminal not in {"GROUP", "COMMA"}:
        return None
    name, sign, value = lexemes[index : index + 3]
    written = text[value.start : end.end]
    named = replacing(name.start, end.end, f"{written} as {name.text}")
    compared = replacing(name.start, end.end, f"({text[name.start : end.end]})")
    repairs: tuple[Repair, ...] = (named, compared)
    if value.terminal == "FUNCTION" and before.terminal == "COMMA":
        repairs = (replacing(before.start, before.end, " :", "write `:` before it"), *repairs)
    message = f"`{name.text} = …` among the keys could be a name or a comparison"
    hints = (
        "a key gets its name with `as`, an aggregate stands behind `:`",
        "a comparison as a key stands in parentheses",
    )
    return Mistake("RQL101", message, Span(name.start, sign.end), hints, repairs=repairs)


def _end_of_key(lexemes: Sequence[Lexeme], index: int) -> Lexeme | None:
    """The last lexeme of a key; none if the place is not among the keys of a `group`, outside of brackets."""
    depth = 0
    for lexeme in reversed(lexemes[:index]):
        depth += (lexeme.terminal == "RPAR") - (lexeme.terminal == "LPAR")
        if depth < 0 or lexeme.terminal == "COLON":
            return None
        if lexeme.terminal == "GROUP":
            break
    for current, following in zip(lexemes[index:], [*lexemes[index + 1 :], None], strict=True):
        depth += (current.terminal == "LPAR") - (current.terminal == "RPAR")
        if depth == 0 and (following is None or following.terminal in {"COMMA", "COLON", "PIPE", "SEMI", "INTO", "AS"}):
            return current
    return None


def name_behind(place: Place) -> Mistake | None:
    """`derive a + b as c`: a new column's name stands before its value."""
    if place.word != "as" or place.clause is None or place.clause.terminal not in {"DERIVE", "GROUP"}:
        return None
    depth = 0
    begin: Lexeme | None = None
    for lexeme in reversed(place.piece):
        depth += (lexeme.terminal == "RPAR") - (lexeme.terminal == "LPAR")
        if depth == 0 and lexeme.terminal == "EQ":
            return None  # `x = y as int`: it has a name already
        if depth == 0 and lexeme.terminal in {"COMMA", "COLON", "DERIVE"}:
            break
        begin = lexeme
    name = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)][-1]
    if begin is None or name.terminal != "PATH":
        return None
    span = Span(begin.start, name.end)
    value = place.text[begin.start : place.attempt.lexemes[-1].end]
    if place.clause.terminal == "GROUP" and any(one.terminal == "COLON" for one in place.piece):
        from runql.syntax.mistakes.sql_group_by import fold_of

        value = fold_of(value)
    new = f"{name.text} = {value}"
    return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def bare_definition(place: Place) -> Mistake | None:
    """`derive gap a - b`, `group model : mean acc`: a sign or brackets are missing behind the first name."""
    name, before = place.back(1), place.back(2)
    if name is None or before is None or name.terminal != "PATH" or place.found.terminal not in _VALUES:
        return None
    if before.terminal == "DERIVE":
        repair = Repair("write `=`", (Edit(Span(name.end, name.end), " ="),))
        message = f"`=` is missing between `{name.text}` and `{shown(place.found.text)}`"
        return Mistake("RQL101", message, place.span, repairs=(repair,))
    if place.clause is None or place.clause.terminal != "GROUP" or place.found.terminal != "PATH":
        return None
    if before.terminal not in {"COLON", "COMMA", "EQ"} or all(lexeme.terminal != "COLON" for lexeme in place.piece):
        return None
    span = Span(name.start, place.found.end)
    new = f"{name.text}({place.found.text})"
    message = f"`{name.text}` takes its column in parentheses"
    return Mistake("RQL101", message, span, repairs=(replacing(span.start, span.end, new),))


def extra(place: Place) -> Mistake | None:
    """`| describe config.lr`, `| drop config.* except config.lr`: what a stage does not take."""
    stage = place.back()
    if stage is not None and stage.terminal == "DESCRIBE" and place.found.terminal == "PATH" and END in place.accepted:
        listed = _LISTED.match(place.text, place.found.start)
        end = place.found.end if listed is None else listed.end()
        repair = replacing(stage.start, end, f"select {place.text[place.found.start : end]} | describe")
        message = "the stage `describe` takes no field: it describes each column"
        return Mistake("RQL101", message, place.span, repairs=(repair,))
    if place.word == "except" and place.clause is not None and place.clause.terminal in {"DROP", "DISTINCT"}:
        message = f"`{place.clause.text}` takes no `except`"
        hint = "`select` does: `select config.* except config.seed`"
        return Mistake("RQL101", message, place.span, (hint,), certain=True)
    return None


def rename_sign(place: Place) -> Mistake | None:
    """`rename a = b`, `rename a -> b`, `rename a b`."""
    old = place.back()
    if place.clause is None or place.clause.terminal != "RENAME" or old is None or "AS" not in place.accepted:
        return None
    if place.found.text in {"=", "=="}:
        new = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)][-1]
        span = Span(old.start, new.end)
        # With a sign the new name stands first, as in `derive` and in dplyr.
        ways = (f"{new.text} as {old.text}", f"{old.text} as {new.text}")
        repairs = tuple(replacing(span.start, span.end, way) for way in ways)
        return Mistake("RQL101", "`rename` is written `old as new`", span, repairs=repairs)
    arrow = _ARROW.match(place.text, place.found.start)
    if arrow is not None:
        repair = replacing(arrow.start(), arrow.end(), "as")
        return idiom(None, arrow[0], "as", Span(arrow.start(), arrow.end()), repair)
    repair = Repair("write `as`", (Edit(Span(place.found.start, place.found.start), "as "),))
    return Mistake("RQL101", "`rename` is written `old as new`", place.span, repairs=(repair,))


def synonym(place: Place) -> Mistake | None:
    """`holes of config.lr`, `best lowest loss`, `diff against abc`: another word for one that stands there."""
    if place.found.terminal not in {"PATH", "FUNCTION"}:
        return None
    is_axis = place.clause is not None and place.clause.terminal == "PLOT" and place.word in {"over", "on"}
    if is_axis and "VS" in place.accepted and (steps := _OVER_STEPS.match(place.text, place.found.start)):
        return tried(idiom(None, steps[0], "vs _step", Span(*steps.span()), replacing(*steps.span(), "vs _step")))
    for terminal, (word, others) in _SYNONYMS.items():
        if terminal in place.accepted and place.word in others and not (is_axis and terminal == "BY"):
            return tried(
                idiom(None, place.found.text, word, place.span, replacing(place.found.start, place.found.end, word))
            )
    for terminal, spellings in _SPELLINGS.items():
        if terminal in place.accepted and place.word in spellings:
            new = spellings[place.word]
            return tried(
                idiom(None, place.found.text, new, place.span, replacing(place.found.start, place.found.end, new))
            )
    return None


def missing_word(place: Place) -> Mistake | None:
    """`distinct config.model`, `holes config.lr`, `diff abc`: the word before the names is missing."""
    stage = place.back()
    if stage is None or stage.terminal not in _NEEDED or place.found.terminal in {END, "PIPE", "SEMI"}:
        return None
    if stage.terminal == "DISTINCT" and (each := distinct_call(place, stage) or distinct_values(place, stage)):
        return each
    word = _NEEDED[stage.terminal]
    repair = Repair(f"write `{word}`", (Edit(Span(place.found.start, place.found.start), f"{word} "),))
    message = f"`{word}` is missing between `{stage.text}` and `{shown(place.found.text)}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


def having(place: Place) -> Mistake | None:
    """`group k : a = mean(x) having a > 5`: a filter on the groups is a stage behind them."""
    if place.word != "having" or place.clause is None or place.clause.terminal != "GROUP":
        return None
    end = next_piece(place.text, place.found.end, frozenset({"PIPE"}))
    body = place.text[place.clause.end : place.found.start]
    condition = place.text[place.found.end : end].strip().rstrip(";").rstrip()
    if "PIPE" not in place.accepted or not condition:
        return None
    from runql.syntax.mistakes.sql_group_by import groups_where

    group, where = groups_where(body, condition)
    end = place.found.end + place.text[place.found.end : end].find(condition) + len(condition)
    start = place.found.start if group is None else place.clause.start
    new = f"| where {where}" if group is None else f"{group} | where {where}"
    span = Span(place.found.start, end)
    return idiom("SQL", place.text[span.start : end], new, span, replacing(start, end, new))


def preposition(place: Place) -> Mistake | None:
    """`corr with summary.acc`, `describe by x`: a word that was taken for the value."""
    word, stage = place.back(1), place.back(2)
    allowed = {"CORR": {"with", "of", "to", "vs"}, "HISTOGRAM": {"of"}}
    if word is None or stage is None or word.text.lower() not in allowed.get(stage.terminal, ()):
        return None
    repair = leaving_out(word.start, word.end, word.text)
    message = f"`{word.text}` is not needed behind `{stage.text}`"
    return Mistake("RQL101", message, Span(word.start, word.end), repairs=(repair,))


def tried(mistake: Mistake) -> Mistake:
    """A mistake that is only said if its repair takes the parser further."""
    return Mistake(mistake.code, mistake.message, mistake.span, mistake.hints, repairs=mistake.repairs)


# ---------------------------------------------------------------- tables of other languages

_FIELD: Final = r"[\"']?(?P<{}>[\w./`]+)[\"']?"
_UNNEST: Final = re.compile(
    r"(?P<word>explode|mv-?_?expand|flatten|unwind|unlist|unnest|unnest_longer)\b\s*\(?\s*"
    r"(?:(?P<name>\w+)\s*=\s*)?" + _FIELD.format("field") + r"\s*\)?\s*",
    re.I,
)
_HISTOGRAM: Final = re.compile(
    r"(?P<word>hist|cut|make-series)\b\s*\(?\s*(?:column\s*=\s*|x\s*=\s*)?" + _FIELD.format("field") + r"\s*"
    r"(?:,?\s*(?:n_?)?(?:bins|buckets|breaks)\s*[= ]\s*(?P<bins>\d+)|,?\s*(?P<plain>\d+))?\s*\)?\s*",
    re.I,
)
_BUCKET: Final = re.compile(
    r"(?P<word>width_bucket|bucket)\b\s*\(\s*"
    + _FIELD.format("field")
    + r"\s*(?:,\s*[\w.+-]+){2}\s*,\s*(?P<bins>\d+)\s*\)\s*",
    re.I,
)
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
    behind = place.text[pipe.end : next_piece(place.text, pipe.end, frozenset({"PIPE"}))]
    start = pipe.end + len(behind) - len(behind.lstrip())
    written = behind.strip().rstrip(";").rstrip()
    new = _unnested(written) or _binned(written) or pivoted(written)
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
