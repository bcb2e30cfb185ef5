"""Parsing: any text gives a tree and everything that is wrong with it, with fixes that hold. Nothing here raises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from runql.syntax import tree as t
from runql.syntax.parser.reader import Parsed, Refused, read
from runql.syntax.tokens import Token
from runql.text.diagnostic import Diagnostic
from runql.text.source import Source

if TYPE_CHECKING:
    from runql.text.proof import ErrorsOf

__all__ = ["Parsed", "parse", "parse_proven", "parse_query", "parse_untried", "tokenize"]

MOST_TRIED_CHARACTERS: Final = 20_000
"""Of the texts that fixes make: of a long text full of mistakes not every one is tried, and those are not offered."""

MAX_READINGS: Final = 6
"""How often a text is read again because a fix did not hold."""


def parse(text: str | Source) -> Parsed:
    """The tree of any text, and its diagnostics in the order of their places. Never raises.

    Each fix was tried: the text that it makes parses, but for what else is wrong with it.
    """
    source = text if isinstance(text, Source) else Source(text)
    first = read(source)
    return first if not any(one.fixes for one in first.diagnostics) else parse_proven(source, _errors, first)


def parse_untried(source: Source) -> Parsed:
    """The same with fixes that nobody has tried: for whoever tries one."""
    return read(source)


def parse_proven(
    source: Source, errors_of: ErrorsOf, first: Parsed | None = None, names: tuple[Diagnostic, ...] = ()
) -> Parsed:
    """The same with only such fixes as `errors_of` finds right.

    A mistake whose fix does not hold was not the one that was made: the text is read again without it. `names` is what
    is wrong with names in it.
    """
    from runql.text.proof import Proof, without  # a right text needs none

    refused: frozenset[Refused] = frozenset()
    known = {source.text: first.diagnostics} if first is not None and errors_of is _errors else {}
    spent = 0

    def errors(text: str) -> tuple[Diagnostic, ...] | None:
        nonlocal spent
        if text not in known:
            if spent > MOST_TRIED_CHARACTERS:
                return None
            spent += len(text)
            found = errors_of(text)
            known[text] = () if found is None else tuple(found)
        return known[text]

    parsed = first if first is not None and not names else read(source, frozenset(), names)
    if parsed.is_exhausted:
        # What a fix leaves cannot be told from what was not looked for: none is offered, and the messages stay.
        return replace(parsed, diagnostics=tuple(replace(one, fixes=()) for one in parsed.diagnostics))
    proof = Proof(source.text, parsed.diagnostics, errors)
    for _ in range(MAX_READINGS):
        unproven = (one for one, fixes in proof.unproven.items() if one.fixes[0] in fixes and one not in proof.lacking)
        wrong = {(one.message, one.span) for one in unproven}
        if wrong <= refused:
            break
        refused |= wrong
        parsed = read(source, refused, names)
        proof = Proof(source.text, parsed.diagnostics, errors)
    return replace(parsed, diagnostics=without(parsed.diagnostics, proof))


def _errors(text: str) -> tuple[Diagnostic, ...]:
    return read(Source(text)).diagnostics


def parse_query(text: str | Source) -> tuple[t.Query | None, tuple[Diagnostic, ...]]:
    """The first query of a text, `explain` or not, with the diagnostics of the whole text."""
    parsed = parse(text)
    for statement in parsed.script.statements:
        if isinstance(statement, t.QueryStatement | t.ExplainStatement):
            return statement.query, parsed.diagnostics
    return None, parsed.diagnostics


def tokenize(text: str | Source) -> tuple[Token, ...]:
    """The tokens of any text; joined they are the text."""
    return parse(text).tokens
