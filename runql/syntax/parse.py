"""Parsing: any text gives a tree and everything that is wrong with it, with fixes that hold. Nothing here raises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from runql.syntax import tree as t
from runql.syntax.lexer import Lexeme
from runql.syntax.lr_parser import run
from runql.syntax.mistakes.checks import check_lexemes, without_second_clauses
from runql.syntax.parser.build import Builder, Into, Piece
from runql.syntax.tokens import Token, lossless
from runql.syntax.tree import query_of, with_query
from runql.text.collector import uncollected
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Source, Span

if TYPE_CHECKING:
    from runql.syntax.parser.recovery import Refused
    from runql.text.proof import ErrorsOf

__all__ = ["Parsed", "parse", "parse_proven", "parse_query", "parse_untried", "tokenize"]

MOST_TRIED_CHARACTERS: Final = 20_000
"""Of the texts that fixes make: of a long text full of mistakes not every one is tried, and those are not offered."""

MAX_READINGS: Final = 6
"""How often a text is read again because a fix did not hold."""

_LONG: Final = 20_000
"""Of so many characters a text is read without Python's collector, which would take most of the time."""
_EXAMPLE: Final = "runs where config.lr > 0.01 order -summary.loss limit 10"


@frozen(slots=False)
class Parsed:
    """What a text is: its tree, its tokens (which joined are the text) and what is wrong with it.

    `is_exhausted`: there are so many mistakes that not all were looked for.
    """

    source: Source
    script: t.Script
    lexemes: tuple[Lexeme, ...]
    diagnostics: tuple[Diagnostic, ...]
    is_exhausted: bool = False

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Made when they are asked for: who only wants to know what is wrong does not."""
        return lossless(self.source.text, self.lexemes)

    @property
    def ok(self) -> bool:
        return not any(diagnostic.is_error for diagnostic in self.diagnostics)


def parse(text: str | Source) -> Parsed:
    """The tree of any text, and its diagnostics in the order of their places. Never raises.

    Each fix was tried: the text that it makes parses, but for what else is wrong with it.
    """
    source = text if isinstance(text, Source) else Source(text)
    first = _read(source)
    return first if not any(one.fixes for one in first.diagnostics) else parse_proven(source, _errors, first)


def parse_untried(source: Source) -> Parsed:
    """The same with fixes that nobody has tried: for whoever tries one."""
    return _read(source)


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

    parsed = first if first is not None and not names else _read(source, frozenset(), names)
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
        parsed = _read(source, refused, names)
        proof = Proof(source.text, parsed.diagnostics, errors)
    return replace(parsed, diagnostics=without(parsed.diagnostics, proof))


def _errors(text: str) -> tuple[Diagnostic, ...]:
    return _read(Source(text)).diagnostics


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


def _read(source: Source, refused: frozenset[Refused] = frozenset(), names: tuple[Diagnostic, ...] = ()) -> Parsed:
    """A text, as it is understood if the mistakes that are refused were not the ones that were made.

    `names`: what is wrong with names in it, found by somebody who knows them; it is read as with their first fixes.
    """
    text, is_exhausted = source.text, False
    with uncollected() if len(text) >= _LONG else nullcontext():
        builder = Builder(text)
        attempt = None if names else run(text, build=builder.reduced)
        if attempt is None or attempt.failure is not None:
            from runql.syntax.parser.recovery import Recovery  # a right text needs none

            recovery = Recovery(text, refused, names)
            recovery.read(attempt)
            pieces, diagnostics, is_exhausted = recovery.pieces, recovery.diagnostics, recovery.is_exhausted
            lexemes = tuple(recovery.lexemes.values())
        else:
            pieces, diagnostics, lexemes = attempt.built, builder.diagnostics, (*attempt.lexemes, *attempt.trivia)
            slips = check_lexemes(text, attempt.lexemes)
            if slips:
                from runql.syntax.parser.edited_text import Shadow

                diagnostics += [Shadow(text).diagnostic(one, one.repairs) for one in slips]
        statements = _statements(pieces, text, diagnostics)
    if not statements and not diagnostics:
        diagnostics.append(Diagnostic("RQL110", "the query is empty", NOWHERE, (f"for example: `{_EXAMPLE}`",)))
    diagnostics.sort(key=lambda one: (one.span.start, one.span.end))
    script = t.Script(statements, span=Span(0, len(text)))
    return Parsed(source, script, lexemes, tuple(diagnostics), is_exhausted)


def _statements(pieces: Iterable[Piece], text: str, diagnostics: list[Diagnostic]) -> tuple[t.Statement, ...]:
    """The statements, each with the clauses and stages that were read behind it."""
    found: list[tuple[t.Statement, list[t.Clause | t.Stage | Into]]] = []
    is_open = False
    for piece in pieces:
        if piece is None:
            is_open = False
        elif isinstance(piece, t.StatementNode):
            found.append((piece, []))
            is_open = True
        elif is_open:
            found[-1][1].append(piece)
    return tuple([_whole(statement, behind, text, diagnostics) for statement, behind in found])


def _whole(
    statement: t.Statement, behind: Sequence[t.Clause | t.Stage | Into], text: str, diagnostics: list[Diagnostic]
) -> t.Statement:
    """A statement with what was read behind it, and with each kind of clause once."""
    written = query = query_of(statement)
    end = max([statement.span.end, *(piece.span.end for piece in behind)])
    span = Span(statement.span.start, end)
    if query is None:
        return replace(statement, span=span)
    if behind or end != query.span.end:
        query = replace(
            query,
            clauses=(*query.clauses, *(piece for piece in behind if isinstance(piece, t.ClauseNode))),
            stages=(*query.stages, *(piece for piece in behind if isinstance(piece, t.StageNode))),
            span=Span(query.span.start, end),
        )
    if len({type(clause) for clause in query.clauses}) < len(query.clauses):
        query = without_second_clauses(query, text, diagnostics)
    if query is not written or end != statement.span.end:
        statement = with_query(statement, query, span)
    for into in (piece for piece in behind if isinstance(piece, Into)):
        if isinstance(statement, t.PullStatement):
            statement = replace(statement, into=into.name)
        else:
            diagnostics.append(Diagnostic("RQL101", "only `pull` takes `into`", into.span))
    return statement
