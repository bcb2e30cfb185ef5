"""Reading on where the parser stopped: nothing here raises.

The whole clauses before that place are kept, the mistake is named, and reading goes on: with the mistake put right if a
repair takes the parser further, else at the next clause, stage or statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final, TypeAlias

from runql.syntax import tree as t
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, Lexeme
from runql.syntax.lr_parser import Attempt, built_of, run
from runql.syntax.mistake import Mistake, Place, alone_from, replacing, separated
from runql.syntax.mistakes.checks import check_lexemes
from runql.syntax.mistakes.recognisers import mistakes
from runql.syntax.parser.build import Builder, Piece
from runql.syntax.parser.edited_text import Shadow
from runql.syntax.parser.mended import Mending
from runql.syntax.parser.pieces_read import begun, tidied
from runql.syntax.recovery import begins_statement, next_piece
from runql.syntax.tree import query_of
from runql.text.diagnostic import Diagnostic, Fix
from runql.text.source import Span

Refused: TypeAlias = tuple[str, Span]
"""A mistake by its message and place."""

MAX_REPAIRS: Final = 200
_MOST_TRIED: Final = 15_000
"""Lexemes that are read again while mistakes are put right: of a long clause full of them the first ones are."""


class Recovery:
    """Reads a text that is wrong: as it is understood if the mistakes that are refused were not those that were made.

    `names`: what is wrong with names in it, found by somebody who knows them; it is read as with their first fixes.
    `pieces`, `lexemes` and `diagnostics` are what was read, and what was wrong with it.
    """

    def __init__(self, text: str, refused: frozenset[Refused], names: Sequence[Diagnostic]) -> None:
        self._text = text
        self._refused = refused
        self._shadow = Shadow(text)
        if names:
            self._shadow = self._shadow.apply([edit for one in names for edit in one.fixes[0].edits])
        self._repairs = 0
        self._tried = 0
        self.diagnostics: list[Diagnostic] = [*names]
        self.lexemes: dict[int, Lexeme] = {}
        self.pieces: list[Piece] = []

    def read(self, attempt: Attempt | None) -> None:
        """Go on behind a failed attempt to read the text; `names` need none."""
        attempt = attempt or run(self._shadow.text)
        while attempt.failure is not None:
            attempt = self._recover(attempt)
        self._keep(attempt, len(attempt.lexemes))

    @property
    def is_exhausted(self) -> bool:
        return self._repairs >= MAX_REPAIRS or self._tried > _MOST_TRIED

    # ------------------------------------------------------------ what was read well

    def _keep(self, attempt: Attempt, count: int) -> None:
        """Take the first lexemes of an attempt, which are a whole, into the tree."""
        self._note(attempt)
        shadow = self._shadow
        builder = Builder(shadow.text, Span if shadow.is_original else shadow.place)
        pieces = built_of(attempt, count, builder.reduced)
        if pieces is None:
            return
        self.pieces += pieces
        self.diagnostics += builder.diagnostics
        slips = check_lexemes(shadow.text, attempt.lexemes[:count])
        self.diagnostics += [shadow.diagnostic(one, one.repairs) for one in slips]

    def _note(self, attempt: Attempt) -> None:
        """Remember the lexemes that stand in the written text as they were read."""
        if self._shadow.is_original:
            self.lexemes.update((lexeme.start, lexeme) for lexeme in (*attempt.lexemes, *attempt.trivia))
            return
        for lexeme in (*attempt.lexemes, *attempt.trivia):
            if self._shadow.kept(lexeme.start, lexeme.end):
                place = self._shadow.place(lexeme.start, lexeme.end)
                self.lexemes[place.start] = Lexeme(lexeme.terminal, lexeme.text, place.start, place.end)

    def _open(self) -> tuple[t.Statement | None, bool]:
        """The statement that is being read, none behind its end, and whether a stage of it was."""
        is_staged = False
        for piece in reversed(self.pieces):
            if piece is None:
                break
            if isinstance(piece, t.StatementNode):
                query = query_of(piece)
                return piece, is_staged or (query is not None and bool(query.stages))
            is_staged |= isinstance(piece, t.StageNode)
        return None, False

    # ------------------------------------------------------------ what was not

    def _recover(self, attempt: Attempt) -> Attempt:
        """Name the mistake where an attempt failed, and go on behind it."""
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
                self.diagnostics.append(self._shadow.diagnostic(mistake, mistake.proven))
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
        if self.is_exhausted:
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
        self.diagnostics.append(self._shadow.diagnostic(mistake, repairs))
        places = {self._shadow.put_in(edit) for edit in repairs[0].edits}
        self._shadow = shadow
        if len(places) == 1 and (origin := places.pop()) is not None:
            self._mend(origin)
        return trial

    def _is_mended(self, shadow: Shadow, trial: Attempt, before: Place) -> bool:
        """Whether other repairs put right what one has put in, where the parser stops again."""
        begin = before.piece[0].start if before.piece else before.found.start
        failed = self._shadow.place(before.found.start, before.found.end)
        mending = Mending(begin, self._start_after(before), failed)
        is_mended = mending.goes_on(shadow, trial)
        self._tried += mending.read
        return is_mended

    def _mend(self, origin: Span) -> None:
        """What a fix puts into a place was mended by another one: it puts the mended text there."""
        for index in range(len(self.diagnostics) - 1, -1, -1):
            one = self.diagnostics[index]
            if one.fixes and [edit.span for edit in one.fixes[0].edits] == [origin]:
                mended = replacing(origin.start, origin.end, self._shadow.instead_of(origin))
                fixes = (Fix(mended.title, mended.edits), *one.fixes[1:])
                self.diagnostics[index] = replace(one, fixes=fixes)
                return

    def _start_after(self, place: Place) -> str:
        """The start of the grammar from which the broken piece is read again."""
        if place.begun == 0:
            return self._start()
        return "script" if place.attempt.lexemes[place.begun - 1].terminal == "SEMI" else "rest"

    def _start(self) -> str:
        """The start of the grammar from which what follows is read."""
        statement, _ = self._open()
        return "script" if statement is None else "rest"

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
        return run(text, resume, self._start())

    def _wanted(self, piece: Sequence[Lexeme], anything: bool) -> frozenset[str]:
        """The terminals at which to read on behind a broken piece: behind a pipe, only at the next one."""
        statement, is_staged = self._open()
        has_query = statement is not None and query_of(statement) is not None
        if not has_query and not _opens_query(piece):
            return frozenset()
        is_staged = _is_stage(piece) or (has_query and is_staged)
        return frozenset({"PIPE"}) if is_staged and not anything else frozenset({"PIPE", "INTO", *keywords().clauses})

    def _leave_out(self, piece: Sequence[Lexeme], broken: int, resume: int) -> None:
        """Put what is left out into the tree."""
        text = self._shadow.text
        span = self._shadow.place(broken, broken + len(text[broken:resume].rstrip()))
        written = self._text[span.start : span.end]
        ended = text[resume : resume + 1] in {"", ";"} or begins_statement(text, resume)
        statement, _ = self._open()
        if statement is not None and query_of(statement) is not None:
            if written:
                self.pieces.append(
                    t.BrokenStage(written, span=span) if _is_stage(piece) else t.BrokenClause(written, span=span)
                )
        elif _opens_query(piece) and not ended:
            query = t.Query(t.Target.RUNS, (t.BrokenClause(written, span=span),), span=span)
            self.pieces.append(t.QueryStatement(query, span=span))
        elif written:
            self.pieces.append(t.BrokenStatement(written, span=span))

    def _separate(self, place: Place, resume: int) -> None:
        """A statement begins on a line of its own, and no `;` stands before it."""
        self.pieces.append(None)
        before = [lexeme for lexeme in place.attempt.lexemes if lexeme.end <= resume]
        before += takewhile(lambda lexeme: lexeme.end <= resume, alone_from(place.text, place.found.start))
        if before and before[-1].terminal != "SEMI":
            mistake = separated(before[-1].end, next(alone_from(place.text, resume)))
            self.diagnostics.append(self._shadow.diagnostic(mistake, mistake.repairs))


def _is_stage(piece: Sequence[Lexeme]) -> bool:
    return bool(piece) and piece[0].terminal == "PIPE"


def _opens_query(piece: Sequence[Lexeme]) -> bool:
    """Whether the beginning of a query is in a piece, so that clauses can follow."""
    opening = {*keywords().queries, "EXPLAIN"}
    return any(lexeme.terminal in opening for lexeme in piece)
