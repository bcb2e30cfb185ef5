"""Stages as somebody writes them who does not know their words yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from runql.syntax.lexer import END, Lexeme
from runql.syntax.literals import write_string
from runql.syntax.mistakes import Mistake, Place, Repair, idiom, leaving_out, replacing, shown
from runql.text.diagnostic import Edit
from runql.text.source import Span

_SYNONYMS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    # the terminal that is accepted: the word for it, and what is written instead
    "BY": ("by", frozenset({"on", "over", "per", "across", "in", "of", "color", "colour", "hue", "for"})),
    "VS": ("vs", frozenset({"against", "versus", "with", "to", "from", "over", "on"})),
    "OVER": ("over", frozenset({"of", "in", "by", "on", "for", "across"})),
    "LIKE": ("like", frozenset({"glob", "matching", "matches", "contains", "where"})),
    "LOG": ("log", frozenset({"logarithmic", "logscale"})),
    "NEAREST": ("nearest", frozenset({"closest", "near"})),
}
_SPELLINGS: Final[dict[str, dict[str, str]]] = {
    "GOAL": {
        **dict.fromkeys(("lowest", "smallest", "minimum", "minimize", "minimise", "least", "low"), "min"),
        **dict.fromkeys(("highest", "largest", "maximum", "maximize", "maximise", "most", "high"), "max"),
    },
    "METHOD": {
        **dict.fromkeys(("ewm", "ewma", "exp", "exponential"), "ema"),
        **dict.fromkeys(("average", "avg", "rolling", "moving", "window", "sma", "ma", "gaussian"), "mean"),
    },
    "SHAPE": {"lines": "line", "curve": "line", "curves": "line", "points": "scatter", "bars": "bar"}
    | dict.fromkeys(("histogram", "dist", "distribution"), "hist"),
}
_SMALL_IS_GOOD: Final = re.compile(r"(?i)loss|err|mae\b|mse|perplexity|ppl|wer\b|fid\b|time|latency")
_FILE: Final = re.compile(r"[^\s|;\"'`]+")
_FORMATS: Final = {"csv", "tsv", "json", "jsonl", "parquet", "md", "markdown", "tex", "latex", "yaml", "file"}
_AGGREGATING: Final = {"agg", "aggregate", "summarize", "summarise", "compute", "with", "select", "derive", "to"}
_ARROW: Final = re.compile(r"->|=>|:(?!=)|(?:to|into)\b")
_NEEDED: Final = {"DISTINCT": "by", "DUPLICATES": "by", "HOLES": "over", "DIFF": "vs"}


def group_by(place: Place) -> Mistake | None:
    """`group by x`: the `by` was taken for a key."""
    by, group = place.back(1), place.back(2)
    if by is None or group is None or by.text.lower() != "by" or group.terminal != "GROUP":
        return None
    repair = replacing(group.start, place.found.start, "group ", "write `group`")
    return idiom("SQL", place.text[group.start : by.end], "group", Span(group.start, by.end), repair)


def missing_colon(place: Place) -> Mistake | None:
    """`group config.model mean(summary.acc)`, `group config.model agg n = count()`."""
    if "COLON" not in place.accepted or place.clause is None or place.clause.terminal != "GROUP":
        return None
    before = place.attempt.lexemes[-1]
    if place.word in _AGGREGATING and place.found.terminal == "PATH":
        repair = replacing(place.found.start, place.found.end, ":")
        return _tried(idiom(None, place.found.text, ":", place.span, repair))
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
        if depth == 0 and lexeme.terminal in {"COMMA", "COLON", "DERIVE"}:
            break
        begin = lexeme
    name = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)][-1]
    if begin is None or name.terminal != "PATH":
        return None
    span = Span(begin.start, name.end)
    value = place.text[begin.start : place.attempt.lexemes[-1].end]
    new = f"{name.text} = {value}"
    return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def rename_sign(place: Place) -> Mistake | None:
    """`rename a = b`, `rename a -> b`, `rename a b`."""
    old = place.back()
    if place.clause is None or place.clause.terminal != "RENAME" or old is None or "AS" not in place.accepted:
        return None
    if place.found.text in {"=", "=="}:
        new = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)][-1]
        span = Span(old.start, new.end)
        ways = (f"{old.text} as {new.text}", f"{new.text} as {old.text}")
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
    for terminal, (word, others) in _SYNONYMS.items():
        if terminal in place.accepted and place.word in others:
            return _tried(
                idiom(None, place.found.text, word, place.span, replacing(place.found.start, place.found.end, word))
            )
    for terminal, spellings in _SPELLINGS.items():
        if terminal in place.accepted and place.word in spellings:
            new = spellings[place.word]
            return _tried(
                idiom(None, place.found.text, new, place.span, replacing(place.found.start, place.found.end, new))
            )
    return None


def missing_word(place: Place) -> Mistake | None:
    """`distinct config.model`, `holes config.lr`, `diff abc`: the word before the names is missing."""
    stage = place.back()
    if stage is None or stage.terminal not in _NEEDED or place.found.terminal in {END, "PIPE", "SEMI"}:
        return None
    word = _NEEDED[stage.terminal]
    repair = Repair(f"write `{word}`", (Edit(Span(place.found.start, place.found.start), f"{word} "),))
    message = f"`{word}` is missing between `{stage.text}` and `{shown(place.found.text)}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


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
    ways = ["min", "max"] if _SMALL_IS_GOOD.search(found.text) else ["max", "min"]
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


_FILLERS: Final = {"by", "to", "into", "every", "width", "of", "x", "points", "n"}


def preposition(place: Place) -> Mistake | None:
    """`corr with summary.acc`, `describe by x`: a word that was taken for the value."""
    word, stage = place.back(1), place.back(2)
    if word is None or stage is None or stage.terminal != "CORR" or word.text.lower() not in {"with", "of", "to", "vs"}:
        return None
    repair = leaving_out(word.start, word.end, word.text)
    message = f"`{word.text}` is not needed behind `{stage.text}`"
    return Mistake("RQL101", message, Span(word.start, word.end), repairs=(repair,))


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
    new = write_string(match[0])
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


def plot_shape(place: Place) -> Mistake | None:
    """`plot histogram loss`: the shape was taken for a metric."""
    shape, plot = place.back(1), place.back(2)
    if shape is None or plot is None or plot.terminal != "PLOT":
        return None
    new = _SPELLINGS["SHAPE"].get(shape.text.lower())
    if new is None:
        return None
    span = Span(shape.start, shape.end)
    return _tried(idiom(None, shape.text, new, span, replacing(span.start, span.end, new)))


def rows_of_edge(place: Place) -> Mistake | None:
    """`first 5`, `last 5`: they take no number."""
    edge = place.back()
    if (
        edge is None
        or edge.terminal not in {"FIRST_ROW", "LAST_ROW"}
        or place.found.terminal not in {"NUMBER", "PARAM"}
    ):
        return None
    span = Span(edge.start, place.found.end)
    message = f"`{edge.text}` is one row of each run, and takes no number"
    if edge.terminal == "LAST_ROW":
        hint = "for the last rows, `order` the other way and `limit`"
        return Mistake("RQL101", message, span, (hint,), certain=True)
    repair = replacing(edge.start, edge.end, "limit")
    return Mistake("RQL101", message, span, repairs=(repair,), certain=True)


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


def _tried(mistake: Mistake) -> Mistake:
    """A mistake that is only said if its repair takes the parser further."""
    return Mistake(mistake.code, mistake.message, mistake.span, mistake.hints, repairs=mistake.repairs)
