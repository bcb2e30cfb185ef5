"""Statements as other languages write them, and statements that run into each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, Lexeme
from runql.syntax.lr_parser import accepted, beginning
from runql.syntax.mistake import (
    Mistake,
    Place,
    Repair,
    alone_from,
    closing,
    idiom,
    leaving_out,
    replacing,
    separated,
    shown,
    spaced,
)
from runql.syntax.mistakes.expected import needed
from runql.syntax.mistakes.phrases.selects import query_of_select
from runql.text.diagnostic import Edit
from runql.text.source import Span

_PROJECT: Final = re.compile(r"[\w.-]+/[\w.-]+")
_NAME: Final = re.compile(r"\w+(?:-\w+)*")
_STATEMENTS: Final[dict[str, tuple[str | None, str]]] = {
    "connect": (None, "use"),
    "cd": ("shell", "use"),
    "define": (None, "let"),
    "def": ("Python", "let"),
    "var": ("JavaScript", "let"),
    "const": ("JavaScript", "let"),
    "alias": ("shell", "let"),
    "declare": ("SQL", "param"),
    "parameter": (None, "param"),
    "plan": (None, "explain"),
    "download": (None, "pull"),
    "sync": (None, "pull"),
    "fetch": (None, "pull"),
}
_SHOWN: Final[dict[str, tuple[str | None, str]]] = {
    "databases": ("SQL", "sources"),
    "tables": ("SQL", "projects"),
    "columns": ("SQL", "fields"),
    "schema": ("SQL", "fields"),
    "metrics": (None, "fields logged"),
    "keys": (None, "fields logged"),
    "params": (None, "fields config"),
    "config": (None, "fields config"),
    "summary": (None, "fields summary"),
    "logged": (None, "fields logged"),
    "queries": (None, "lets"),
}


def second_statement(place: Place) -> Mistake | None:
    """A statement behind another without `;` between."""
    before = place.back()
    if before is None or place.word not in keywords().head_words or "SEMI" not in place.accepted:
        return None
    # On a line of its own it is enough: what follows the word may not be written yet, or be wrong.
    own_line = "\n" in place.text[before.end : place.found.start]
    return separated(before.end, place.found, reach=1 if own_line else 2)


def statement_taken_for_name(place: Place) -> Mistake | None:
    """`| distinct` and on the next line `runs where …`: the beginning of a statement was taken for a name."""
    lexemes = place.attempt.lexemes
    for count in range(1, min(4, len(lexemes))):
        name, before = lexemes[-count], lexemes[-count - 1]
        if name.text.lower() not in keywords().head_words or "\n" not in place.text[before.end : name.start]:
            continue
        if len(beginning(place.text, name.start, count + 1, "script")) <= count:
            continue
        could = accepted(place.attempt.start, lexemes[:-count])
        if "SEMI" in could:
            return separated(before.end, name)
        clause = place.clause.terminal if place.clause is not None else ""
        message = f"{needed(could, before.terminal, clause)} must follow `{shown(before.text)}`"
        span = Span(before.start, before.end)
        return Mistake("RQL102", message, span, certain=True, resume=name.start)
    return None


def one_word(place: Place) -> Mistake | None:
    """`let good-runs = …`: a name that is used again is one word."""
    name, head = place.back(1), place.back(2)
    if name is None or head is None or head.terminal not in {"LET", "DECLARE"} or name.end != place.found.start:
        return None
    match = _NAME.match(place.text, name.start)
    if match is None or match.end() <= name.end:
        return None
    new = re.sub(r"\W+", "_", match[0])
    span = Span(*match.span())
    message = f"the name `{match[0]}` is not one word"
    return Mistake("RQL101", message, span, repairs=(replacing(span.start, span.end, new),))


def several_described(place: Place) -> Mistake | None:
    """`describe config.lr, config.seed`."""
    if place.back_terminal(2) != "DESCRIBE" or place.found.terminal != "COMMA":
        return None
    repair = replacing(place.found.start, place.found.end, "; describe")
    return Mistake("RQL101", "`describe` takes one field", place.span, repairs=(repair,))


def name_alone(place: Place) -> Mistake | None:
    """`let ok = runs …; ok | group model`: a query with a name is asked by `runs from`."""
    following = next(islice(place.ahead(), 1, 2), None)
    if "LET" not in place.accepted or (following is not None and following.text not in {"|", ";"}):
        return None
    name = place.found
    if not re.search(rf"\blet\s+{re.escape(name.text)}\s*=", place.text[max(0, name.start - _FAR) : name.start]):
        return None
    repair = Repair(f"write `runs from {name.text}`", (Edit(Span(name.start, name.start), "runs from "),))
    message = f"`{name.text}` names a query, and is asked by `runs from {name.text}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


def into_of_query(place: Place) -> Mistake | None:
    """`runs into x`: only `pull` copies."""
    if place.word != "into" or END not in place.accepted:
        return None
    hint = 'a table goes into a file with `| to "table.csv"`'
    return Mistake("RQL101", "only `pull` takes `into`", place.span, (hint,), certain=True)


def _source_alone(place: Place) -> Mistake | None:
    """`demo`, `acme/vision`: a source is no statement."""
    following = next(islice(place.ahead(), 1, 2), None)
    is_source = place.word == "demo" or _PROJECT.fullmatch(place.found.text)
    if "LET" not in place.accepted or not is_source or (following is not None and following.text != ";"):
        return None
    start, name = place.found.start, place.found.text
    message = f"`{name}` names a source, and does not begin a statement"
    hint = f"`use {name}` asks it from here on, `runs from {name}` once"
    return Mistake("RQL106", message, place.span, (hint,), repairs=(replacing(start, start, "use ", "write `use`"),))


def statement_of_another_language(place: Place) -> Mistake | None:
    """`connect acme/vision`, `define good = runs`, `show tables`; and a source that stands alone."""
    if (alone := _source_alone(place)) is not None:
        return alone
    if place.found.terminal not in {"PATH", "FUNCTION"} and place.word not in _SHOWN:
        return None
    words = _STATEMENTS if "LET" in place.accepted else _SHOWN if place.back_terminal() == "SHOW" else {}
    if place.word not in words:
        return None
    language, new = words[place.word]
    mistake = idiom(language, place.found.text, new, place.span, replacing(place.found.start, place.found.end, new))
    return Mistake(mistake.code, mistake.message, mistake.span, mistake.hints, repairs=mistake.repairs)


def _described(place: Place) -> Mistake | None:
    following = [*islice(place.ahead(), 1, 2)]
    if place.word != "desc" or "LET" not in place.accepted or not following or following[0].text.lower() != "runs":
        return None
    span = Span(place.found.start, following[0].end)
    return idiom(
        "SQL", place.text[span.start : span.end], "show fields", span, replacing(span.start, span.end, "show fields")
    )


_SCALARS: Final = frozenset({"toscalar", "scalar", "value"})
_FAR: Final = 2_000


def value_named(place: Place) -> Mistake | None:
    """`let m = toscalar(runs | …); … x > m`: a name stands for a query, and its value is asked where it is used."""
    if place.back_terminal() != "EQ" or place.back_terminal(3) != "LET" or place.word not in _SCALARS:
        return None
    name, bracket = place.back(2), next(islice(place.ahead(), 1, 2), None)
    end = closing(place.text, bracket.start) if bracket is not None and bracket.text == "(" else None
    if name is None or bracket is None or end is None:
        return None
    used = re.compile(rf"(?<=[=<>(,+*/-])\s*\b{re.escape(name.text)}\b(?!\s*\()")
    uses = [(one.end() - len(name.text), one.end()) for one in used.finditer(place.text[: end.end + _FAR], end.end)]
    edits = [Edit(Span(place.found.start, bracket.end), ""), Edit(Span(end.start, end.end), "")]
    edits += [Edit(Span(*one), f"value(runs from {name.text})") for one in uses]
    message = f"`{name.text}` names a query: its value is asked where it is used, `value(runs from {name.text})`"
    repair = Repair(f"write `value(runs from {name.text})` there", tuple(edits))
    return Mistake("RQL108", message, Span(place.found.start, end.end), repairs=(repair,), reach=0)


def let_of_value(place: Place) -> Mistake | None:
    """`let x = 3; runs where seed = $x`: a name of `let` stands for a query, and a value is a parameter."""
    name = place.back(2)
    if place.back_terminal() != "EQ" or place.back_terminal(3) != "LET" or name is None:
        return None
    if place.found.terminal not in {"NUMBER", "STRING", "DURATION", "TIME", "TRUE", "FALSE"}:
        return None
    value = place.found.text
    hints = (
        f"a value comes from outside: `param {name.text}; …` and `-p {name.text}={value}`, or `{name.text}=` in Python",
    )
    message = f"`let` names a query, and `{value}` is a value"
    end = next((one.end for one in place.ahead() if one.terminal == "SEMI"), place.found.end)
    return Mistake("RQL101", message, place.span, hints, certain=True, resume=end)


def show_runs(place: Place) -> Mistake | None:
    """`show runs where …`: a query needs no verb. `desc runs`: what fields there are."""
    if (described := _described(place)) is not None:
        return described
    show = place.back()
    if place.word == "where" and place.back_terminal(2) == "SHOW" and show is not None:
        end = next((one.start for one in place.ahead() if one.terminal in {"SEMI", END}), len(place.text))
        hints = ('`show fields config` is one kind of them, `show fields like "val*"` those of a name',)
        message = f"`show {show.text}` takes no condition"
        return Mistake("RQL101", message, Span(place.found.start, end), hints, certain=True, resume=end)
    if show is None or show.terminal != "SHOW" or place.word not in keywords().query_words:
        return None
    repair = Repair(f"leave out `{show.text}`", (Edit(Span(show.start, place.found.start), ""),))
    message = f"a query begins with `{place.word}`"
    return Mistake("RQL101", message, Span(show.start, show.end), repairs=(repair,))


def let_left_out(place: Place) -> Mistake | None:
    """`good = runs where …`."""
    if "LET" not in place.accepted or place.found.terminal != "PATH":
        return None
    sign, query = [*islice(place.ahead(), 1, 3), None, None][:2]
    if sign is None or query is None or sign.text not in {"=", ":="}:
        return None
    if query.text.lower() not in {keywords().spelling(head) for head in keywords().queries}:
        return None
    repair = Repair("write `let` before it", (Edit(Span(place.found.start, place.found.start), "let "),))
    message = f"`let` is missing before `{place.found.text}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


def equals_left_out(place: Place) -> Mistake | None:
    """`let good runs`, `let good: runs`, `let good as runs`, `param lr: float 0.1`."""
    if "EQ" not in place.accepted or place.clause is None or place.clause.terminal not in {"LET", "DECLARE"}:
        return None
    if place.clause.terminal == "LET" and place.word in {":", "as", "be", "is", "<", ":="}:
        end = place.found.end
        if place.text[place.found.start : end + 1] in {":=", "<-"}:
            end += 1
        old = place.text[place.found.start : end]
        repair = replacing(place.found.start, end, spaced(place.text, place.found.start, end, "="), "write `=`")
        return idiom(None, old, "=", Span(place.found.start, end), repair)
    if place.found.terminal == END or (place.found.terminal == "PATH" and "COLON" in place.accepted):
        return None
    before = place.attempt.lexemes[-1]
    repair = Repair("write `=`", (Edit(Span(before.end, before.end), " ="),))
    message = f"`=` is missing behind `{before.text}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


def parameter_type(place: Place) -> Mistake | None:
    """`param $lr = 0.1`, `param lr float`."""
    before = place.back()
    if before is None or place.clause is None or place.clause.terminal != "DECLARE":
        return None
    if place.clause is before and place.found.terminal == "PARAM":
        repair = replacing(place.found.start, place.found.end, place.found.text[1:])
        message = f"the parameter's name stands without `$`: `{place.found.text[1:]}`"
        return Mistake("RQL101", message, place.span, repairs=(repair,))
    if place.found.terminal == "PATH" and "COLON" in place.accepted:
        repair = Repair("write `:`", (Edit(Span(before.end, before.end), ":"),))
        message = f"`:` is missing between `{before.text}` and its type"
        return Mistake("RQL101", message, place.span, repairs=(repair,))
    return None


def pull_source(place: Place) -> Mistake | None:
    """`pull acme/vision`: a query says which runs."""
    if place.back_terminal() != "PULL" or place.found.terminal == END or place.word in {"all", "the", "|", ";"}:
        return None
    start = place.found.start
    clause = place.word in keywords().clause_words
    new = "runs " if clause else "runs from "
    repair = Repair(f"write `{new.strip()}`", (Edit(Span(start, start), new),))
    message = f"`{new.strip()}` is missing before `{place.found.text}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


def pull_to(place: Place) -> Mistake | None:
    """`pull runs to local`."""
    lexemes = place.attempt.lexemes
    last = max((index for index, lexeme in enumerate(lexemes) if lexeme.terminal == "SEMI"), default=-1)
    if place.word not in {"to", "in", "as"} or all(lexeme.terminal != "PULL" for lexeme in lexemes[last + 1 :]):
        return None
    repair = replacing(place.found.start, place.found.end, "into")
    return Mistake("RQL101", "`pull` names its store behind `into`", place.span, repairs=(repair,), reach=2)


def use_and_query(place: Place) -> Mistake | None:
    """`use demo where a > 1`: `use` names a source, and a query stands by itself."""
    head = place.piece[0] if place.piece else None
    if head is None or head.terminal != "USE" or place.word not in keywords().clause_words:
        return None
    end = place.attempt.lexemes[-1].end
    repair = Repair("write `; runs`", (Edit(Span(end, end), "; runs"),))
    message = f"`use` takes no `{place.found.text}`; a query begins with `runs`"
    return Mistake("RQL101", message, place.span, repairs=(repair,), reach=2)


def common_table(place: Place) -> Mistake | None:
    """`with good as (runs where …), best as (select …) …`: SQL's way of naming queries."""
    if "LET" not in place.accepted or place.word != "with":
        return None
    named: list[tuple[str, str]] = []
    ahead: Iterator[Lexeme] = islice(place.ahead(), 1, None)
    end, behind = place.found, None
    while (name := next(ahead, None)) is not None:
        word, bracket = next(ahead, None), next(ahead, None)
        if word is None or bracket is None or word.text.lower() != "as" or bracket.terminal != "LPAR":
            return None
        closed = closing(place.text, bracket.start)
        inner = place.text[bracket.end : closed.start].strip() if closed is not None else ""
        first = inner.partition(" ")[0].lower()
        query = query_of_select(inner, rows=True) if first == "select" else inner
        if closed is None or query is None or (first != "select" and first not in keywords().head_words):
            return None
        named.append((name.text, query))
        end, ahead = closed, alone_from(place.text, closed.end)
        behind = next(ahead, None)
        if behind is None or behind.text != ",":
            break
    if not named:
        return None
    last = ";" if behind is not None and behind.text != ";" else ""
    new = "; ".join(f"let {name} = {query}" for name, query in named)
    old = ", ".join(f"{name} as (…)" for name, _ in named)
    shorter = "; ".join(f"let {name} = …" for name, _ in named)
    span = Span(place.found.start, end.end)
    return idiom("SQL", f"with {old}", shorter, span, replacing(span.start, span.end, f"{new}{last}", "write `let`"))


def set_colon(place: Place) -> Mistake | None:
    """`set limit: 50`."""
    if place.clause is None or place.clause.terminal != "SET" or place.found.text not in {":", "to"}:
        return None
    repair = leaving_out(place.found.start, place.found.end, place.found.text)
    return Mistake("RQL101", "`set` is written `set NAME value`", place.span, repairs=(repair,))
