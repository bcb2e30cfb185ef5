"""What the grammar can't say: clauses given twice, and hyphens that could be part of a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from runql.syntax import tree as t
from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import quote_name
from runql.syntax.mistakes import Mistake, Repair
from runql.text.diagnostic import Diagnostic, Edit, Fix, Label
from runql.text.source import Span

CLAUSE_TERMINALS: Final[dict[type[t.Clause], str]] = {
    t.FromClause: "FROM",
    t.WhereClause: "WHERE",
    t.OrderClause: "ORDER",
    t.LimitClause: "LIMIT",
    t.PageClause: "PAGE",
    t.LazyClause: "LAZY",
    t.SweepsClause: "WITH",
    t.SampleClause: "SAMPLE",
    t.ScanClause: "SCAN",
    t.KeysClause: "KEYS",
    t.XClause: "X",
    t.StepsClause: "STEPS",
    t.AlignClause: "ALIGN",
    t.StreamClause: "STREAM",
    t.SelectClause: "SELECT",
}
"""Each kind of clause and the keyword that begins it, in the order of the formatter."""


def check_statement(query: t.Query, diagnostics: list[Diagnostic]) -> t.Query:
    """The query with each kind of clause once: a second one is reported, with both places, and left out."""
    first: dict[type[t.Clause], t.Clause] = {}
    kept: list[t.Clause] = []
    for clause in query.clauses:
        kind = type(clause)
        earlier = first.get(kind)
        if earlier is None or kind is t.BrokenClause:
            first[kind] = clause
            kept.append(clause)
            continue
        fix = Fix("leave out the second", (Edit(clause.span, ""),))
        diagnostics.append(
            Diagnostic(
                "RQL105",
                f"`{keywords().spelling(CLAUSE_TERMINALS[kind])}` is given twice",
                clause.span,
                hints=("the conditions of one `where` are joined with `and`",) if kind is t.WhereClause else (),
                labels=(Label(earlier.span, "first given here"),),
                fixes=(fix,),
            )
        )
    return replace(query, clauses=tuple(kept))


def check_lexemes(lexemes: Sequence[Lexeme]) -> list[Mistake]:
    """Hyphens without spaces between two names, or a name and a number: nobody knows what was meant."""
    found = []
    for left, sign, right in zip(lexemes, lexemes[1:], lexemes[2:], strict=False):
        if sign.terminal == "MINUS" and left.end == sign.start and sign.end == right.start:
            mistake = hyphen_mistake(left, right)
            if mistake is not None:
                found.append(mistake)
    return found


def hyphen_mistake(left: Lexeme, right: Lexeme) -> Mistake | None:
    """What to say about `left-right`; none if a subtraction is plain."""
    span = Span(left.start, right.end)
    written = f"{left.text}-{right.text}"
    if left.terminal == "NUMBER" and right.terminal == "NUMBER" and len(left.text) == 4 and len(right.text) == 2:
        repair = Repair(f"write `{written}-01`", (Edit(span, f"{written}-01"),))
        return Mistake("RQL107", f"`{written}` is no whole date", span, ("a date is `2026-01-31`",), repairs=(repair,))
    if left.terminal != "PATH" or right.terminal not in {"PATH", "NUMBER", "DURATION"}:
        return None
    named = hyphenated(left.text, right.text)
    apart = f"{left.text} - {right.text}"
    return Mistake(
        "RQL101",
        f"`{written}` could be a name or a subtraction",
        span,
        (f"the name is written `` {named} ``", f"the subtraction is written `{apart}`"),
        repairs=(
            Repair(f"write the name: {named}", (Edit(span, named),)),
            Repair(f"write the subtraction: {apart}", (Edit(span, apart),)),
        ),
    )


def hyphenated(left: str, right: str) -> str:
    """A name whose last segment is hyphenated, in backticks: ``config.`batch-size` ``."""
    namespace, dot, last = left.rpartition(".")
    if "`" in left or "`" in right or "[" in left:
        return f"{left} - {right}"
    return f"{namespace}{dot}{quote_name(f'{last}-{right}')}"
