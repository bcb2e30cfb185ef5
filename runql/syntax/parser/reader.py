"""Reading a text: its tree, and everything that is wrong with it. Nothing here raises.

Where the parser stops, the whole clauses before it are kept, the mistake is named, and reading goes on: with the
mistake put right if a repair takes the parser further, else at the next clause, stage or statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import takewhile
from typing import Final, TypeAlias, assert_never

from runql.syntax import tree as t
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, Attempt, Lexeme, replay, run
from runql.syntax.mistake import Mistake, Place, Repair, alone_from, replacing, separated
from runql.syntax.mistakes.checks import check_lexemes, check_statement
from runql.syntax.parser.build import Builder, Piece
from runql.syntax.parser.build_statements import Into
from runql.syntax.parser.edited_text import Shadow
from runql.syntax.parser.pieces_read import begun, tidied
from runql.syntax.recovery import begins_statement, next_piece
from runql.syntax.tokens import Token, lossless
from runql.syntax.tree import BrokenStage, PullStatement, query_of, with_query
from runql.text.collector import uncollected
from runql.text.diagnostic import Diagnostic, Edit, Fix, Label
from runql.text.frozen import changeable, frozen
from runql.text.source import NOWHERE, Source, Span

Refused: TypeAlias = tuple[str, Span]
"""A mistake by its message and place."""

MAX_REPAIRS: Final = 200
_MOST_TRIED: Final = 15_000
"""Lexemes that are read again while mistakes are put right: of a long clause full of them the first ones are."""
_LONG: Final = 20_000
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


def read(source: Source, refused: frozenset[Refused] = frozenset(), names: tuple[Diagnostic, ...] = ()) -> Parsed:
    """A text, as it is understood if the mistakes that are refused were not the ones that were made.

    `names`: what is wrong with names in it, found by somebody who knows them; it is read as with their first fixes.
    """
    if len(source.text) < _LONG:
        return _Reader(source, refused, names).read()
    with uncollected():
        return _Reader(source, refused, names).read()


@changeable
class _Draft:
    """A statement while it is read."""

    statement: t.Statement
    clauses: list[t.Clause] = field(default_factory=list)
    stages: list[t.Stage] = field(default_factory=list)
    into: Into | None = None
    end: int = 0

    def take(self, piece: t.Clause | t.Stage | Into) -> None:
        """Another part of it."""
        match piece:
            case t.ClauseNode():
                self.clauses.append(piece)
            case t.StageNode():
                self.stages.append(piece)
            case Into():
                self.into = piece
            case _:
                assert_never(piece)
        self.end = piece.span.end

    def finish(self, text: str, diagnostics: list[Diagnostic]) -> t.Statement:
        statement = self.statement
        query = query_of(statement)
        end = max(self.end, statement.span.end)
        if query is None:
            return replace(statement, span=Span(statement.span.start, end))
        if self.clauses or self.stages or end != query.span.end:
            query = replace(
                query,
                clauses=query.clauses + tuple(self.clauses),
                stages=query.stages + tuple(self.stages),
                span=Span(query.span.start, end),
            )
        checked = check_statement(query, text, diagnostics)
        if checked is not query_of(statement) or end != statement.span.end:
            statement = with_query(statement, checked, Span(statement.span.start, end))
        if self.into is None:
            return statement
        if isinstance(statement, PullStatement):
            return replace(statement, into=self.into.name)
        diagnostics.append(Diagnostic("RQL101", "only `pull` takes `into`", self.into.span))
        return statement


class _Reader:
    """Reads one text."""

    def __init__(self, source: Source, refused: frozenset[Refused], names: tuple[Diagnostic, ...]) -> None:
        self._source = source
        self._refused = refused
        self._shadow = Shadow(source.text)
        if names:
            self._shadow = self._shadow.apply([edit for one in names for edit in one.fixes[0].edits])
        self._diagnostics: list[Diagnostic] = [*names]
        self._lexemes: dict[int, Lexeme] = {}
        self._statements: list[t.Statement] = []
        self._open: _Draft | None = None
        self._repairs = 0
        self._tried = 0

    def read(self) -> Parsed:
        attempt = run(self._shadow.text)
        while attempt.failure is not None:
            attempt = self._recover(attempt)
        self._keep(attempt, len(attempt.lexemes))
        self._close()
        if not self._statements and not self._diagnostics:
            self._diagnostics.append(
                Diagnostic("RQL110", "the query is empty", NOWHERE, (f"for example: `{_EXAMPLE}`",))
            )
        ordered = sorted(self._diagnostics, key=lambda d: (d.span.start, d.span.end))
        return Parsed(
            self._source,
            t.Script(tuple(self._statements), span=Span(0, len(self._source.text))),
            tuple(self._lexemes.values()),
            tuple(ordered),
            self._is_exhausted,
        )

    @property
    def _is_exhausted(self) -> bool:
        return self._repairs >= MAX_REPAIRS or self._tried > _MOST_TRIED

    # ------------------------------------------------------------ what was read well

    def _keep(self, attempt: Attempt, count: int) -> None:
        """Take the first lexemes of an attempt, which are a whole, into the tree."""
        self._note(attempt)
        tree = attempt.tree if attempt.failure is None else replay(attempt, count)
        if tree is None:
            return
        builder = Builder(self._shadow.text, Span if self._shadow.is_original else self._shadow.place)
        for piece in builder.pieces(tree):
            self._add(piece)
        self._diagnostics.extend(builder.diagnostics)
        for mistake in check_lexemes(self._shadow.text, attempt.lexemes[:count]):
            self._diagnostics.append(self._diagnostic(mistake, mistake.repairs))

    def _note(self, attempt: Attempt) -> None:
        """Remember the lexemes that stand in the written text as they were read."""
        if self._shadow.is_original:
            self._lexemes.update((lexeme.start, lexeme) for lexeme in (*attempt.lexemes, *attempt.trivia))
            return
        for lexeme in (*attempt.lexemes, *attempt.trivia):
            if self._shadow.kept(lexeme.start, lexeme.end):
                start = self._shadow.place(lexeme.start, lexeme.end).start
                self._lexemes[start] = Lexeme(lexeme.terminal, lexeme.text, start)

    def _add(self, piece: Piece) -> None:
        match piece:
            case None:
                self._close()
            case t.StatementNode():
                self._close()
                self._open = _Draft(piece)
            case t.ClauseNode() | t.StageNode() | Into():
                if self._open is not None:
                    self._open.take(piece)
            case _:
                assert_never(piece)

    def _close(self) -> None:
        if self._open is not None:
            self._statements.append(self._open.finish(self._source.text, self._diagnostics))
            self._open = None

    # ------------------------------------------------------------ what was not

    def _recover(self, attempt: Attempt) -> Attempt:
        """Name the mistake where an attempt failed, and go on behind it."""
        from runql.syntax.mistakes.recognisers import mistakes

        assert attempt.failure is not None
        first = begun(attempt, at_pipe=False)
        place = Place(self._shadow.text, attempt, first, attempt.failure)
        resume = None
        for mistake in mistakes(place):
            if self._is_refused(mistake):
                continue
            repaired = self._try(mistake, place) if mistake.repairs else None
            if repaired is not None:
                return repaired
            if mistake.certain or not mistake.repairs:
                self._diagnostics.append(self._diagnostic(mistake, mistake.proven))
                resume = mistake.resume
                break
        ended = END in attempt.failure.accepted and (resume is None or resume >= place.found.start)
        whole = len(attempt.lexemes) if ended else begun(attempt, at_pipe=True)
        self._keep(attempt, whole)
        return self._skip(place, whole, resume)

    def _is_refused(self, mistake: Mistake) -> bool:
        """Whether the fix of a mistake was tried and does not hold, so that something else is wrong."""
        if not self._refused or not (mistake.repairs or mistake.proven):
            return False
        return (mistake.message, self._shadow.place(mistake.span.start, mistake.span.end)) in self._refused

    def _try(self, mistake: Mistake, place: Place) -> Attempt | None:
        """The attempt with a mistake put right, if that takes the parser further."""
        if self._is_exhausted:
            return None
        self._repairs += 1
        repairs = tuple(tidied(repair, place.text) for repair in mistake.repairs)
        shadow = self._shadow.apply(repairs[0].edits)
        begin = place.piece[0].start if place.piece else place.found.start
        trial = run(shadow.text, min(begin, len(shadow.text)), self._start_after(place))
        self._tried += len(trial.lexemes)
        failed = self._shadow.place(place.found.start, place.found.end)
        if trial.failure is not None:
            reached = shadow.place(trial.failure.found.start, trial.failure.found.end)
            # What is put in at the end of a text stands for the last word of it, and so does the end behind it.
            at_end = trial.failure.found.terminal == END and place.found.terminal != END
            is_further = (reached.start, reached.end) > (failed.start, failed.end) or at_end
            if not is_further and (mistake.reach or not self._is_mended(shadow, trial, place)):
                return None
            ahead = sum(shadow.place(lexeme.start, lexeme.end).end > failed.start for lexeme in trial.lexemes[-9:])
            if ahead < mistake.reach:
                return None
        self._keep(place.attempt, place.begun)
        self._diagnostics.append(self._diagnostic(mistake, repairs))
        places = {self._shadow.put_in(edit) for edit in repairs[0].edits}
        self._shadow = shadow
        if len(places) == 1 and (origin := places.pop()) is not None:
            self._mend(origin)
        return trial

    def _is_mended(self, shadow: Shadow, trial: Attempt, before: Place) -> bool:
        """Whether other repairs put right what one has put in, where the parser stops again."""
        from runql.syntax.parser.mended import Mending

        begin = before.piece[0].start if before.piece else before.found.start
        failed = self._shadow.place(before.found.start, before.found.end)
        mending = Mending(begin, self._start_after(before), failed)
        is_mended = mending.goes_on(shadow, trial)
        self._tried += mending.read
        return is_mended

    def _mend(self, origin: Span) -> None:
        """What a fix puts into a place was mended by another one: it puts the mended text there."""
        for index in range(len(self._diagnostics) - 1, -1, -1):
            one = self._diagnostics[index]
            if one.fixes and [edit.span for edit in one.fixes[0].edits] == [origin]:
                mended = replacing(origin.start, origin.end, self._shadow.instead_of(origin))
                fixes = (Fix(mended.title, mended.edits), *one.fixes[1:])
                self._diagnostics[index] = replace(one, fixes=fixes)
                return

    def _start_after(self, place: Place) -> str:
        """The start of the grammar from which the broken piece is read again."""
        if place.begun == 0:
            return "rest" if self._open else "script"
        return "script" if place.attempt.lexemes[place.begun - 1].terminal == "SEMI" else "rest"

    def _skip(self, place: Place, whole: int, resume_from: int | None) -> Attempt:
        """Leave out a broken piece, and read on at the next clause, stage or statement."""
        text = self._shadow.text
        piece = place.attempt.lexemes[whole:]
        broken = piece[0].start if piece else place.found.start
        wanted = self._wanted(piece, resume_from == place.found.start)
        resume = next_piece(text, place.found.start if resume_from is None else resume_from, wanted)
        if resume <= broken and not begins_statement(text, resume):
            resume = next_piece(text, max(place.found.end, broken + 1), wanted)
        self._leave_out(piece, broken, resume)
        if begins_statement(text, resume):
            self._separate(place, resume)
        return run(text, resume, "rest" if self._open else "script")

    def _wanted(self, piece: Sequence[Lexeme], anything: bool) -> frozenset[str]:
        """The terminals at which to read on behind a broken piece: behind a pipe, only at the next one."""
        query = query_of(self._open.statement) if self._open else None
        if query is None and not _opens_query(piece):
            return frozenset()
        staged = _is_stage(piece)
        if self._open is not None and query is not None and (self._open.stages or query.stages):
            staged = True
        return frozenset({"PIPE"}) if staged and not anything else frozenset({"PIPE", "INTO", *keywords().clauses})

    def _leave_out(self, piece: Sequence[Lexeme], broken: int, resume: int) -> None:
        """Put what is left out into the tree."""
        text = self._shadow.text
        span = self._shadow.place(broken, broken + len(text[broken:resume].rstrip()))
        written = self._source.text[span.start : span.end]
        ended = text[resume : resume + 1] in {"", ";"} or begins_statement(text, resume)
        if self._open is not None and query_of(self._open.statement) is not None:
            if written:
                self._add(BrokenStage(written, span=span) if _is_stage(piece) else t.BrokenClause(written, span=span))
        elif _opens_query(piece) and not ended:
            query = t.Query(t.Target.RUNS, (t.BrokenClause(written, span=span),), span=span)
            self._add(t.QueryStatement(query, span=span))
        elif written:
            self._add(t.BrokenStatement(written, span=span))

    def _separate(self, place: Place, resume: int) -> None:
        """A statement begins on a line of its own, and no `;` stands before it."""
        self._close()
        before = [lexeme for lexeme in place.attempt.lexemes if lexeme.end <= resume]
        before += takewhile(lambda lexeme: lexeme.end <= resume, alone_from(place.text, place.found.start))
        if before and before[-1].terminal != "SEMI":
            mistake = separated(before[-1].end, next(alone_from(place.text, resume)))
            self._diagnostics.append(self._diagnostic(mistake, mistake.repairs))

    def _diagnostic(self, mistake: Mistake, repairs: tuple[Repair, ...]) -> Diagnostic:
        """A mistake, placed in the written text."""
        place = self._shadow.place
        fixes = []
        for repair in repairs:
            edits = [self._shadow.written(edit) for edit in repair.edits]
            known = tuple(edit for edit in edits if isinstance(edit, Edit))
            if len(known) == len(edits):
                fixes.append(Fix(repair.title, known))
        return Diagnostic(
            mistake.code,
            mistake.message,
            place(mistake.span.start, mistake.span.end),
            hints=mistake.hints,
            fixes=tuple(fixes),
            labels=tuple(Label(place(span.start, span.end), text) for span, text in mistake.labels),
            expected=mistake.expected,
        )


def _is_stage(piece: Sequence[Lexeme]) -> bool:
    return bool(piece) and piece[0].terminal == "PIPE"


def _opens_query(piece: Sequence[Lexeme]) -> bool:
    """Whether the beginning of a query is in a piece, so that clauses can follow."""
    opening = {*keywords().queries, "EXPLAIN"}
    return any(lexeme.terminal in opening for lexeme in piece)
