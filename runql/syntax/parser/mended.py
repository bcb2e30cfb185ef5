"""Whether what a repair has put into a text, and where the parser stops again, is put right by other repairs."""

from __future__ import annotations

from typing import Final

from runql.syntax.lr_parser import Attempt, run
from runql.syntax.mistake import Mistake, Place
from runql.syntax.mistakes.recognisers import mistakes
from runql.syntax.parser.edited_text import Shadow
from runql.syntax.parser.pieces_read import begun, tidied
from runql.text.source import Span

_DEEPEST: Final = 3
"""How many mistakes are looked through, one behind the other."""


class Mending:
    """One look: the piece begins at `begin`, and is read from that start of the grammar. `failed`: where the parser
    stopped before any repair, as it is written; what gets behind it goes on. `read`: how many lexemes were read.
    """

    def __init__(self, begin: int, start: str, failed: Span) -> None:
        self._begin = begin
        self._start = start
        self._failed = failed
        self.read = 0

    def goes_on(self, shadow: Shadow, trial: Attempt, deep: int = 0) -> bool:
        """Whether other repairs get further than the place where the parser stopped first."""
        failure = trial.failure
        if failure is None or deep == _DEEPEST or shadow.kept(failure.found.start, failure.found.end):
            return False
        place = Place(shadow.text, trial, begun(trial, at_pipe=False), failure)
        for mistake in mistakes(place):
            if mistake.repairs and not mistake.reach:
                again = shadow.apply(tidied(mistake.repairs[0], place.text).edits)
                further = self._read(again)
                if self._is_behind(again, further):
                    return True
                if further.failure is not None and further.failure.found.start > failure.found.start:
                    return self.goes_on(again, further, deep + 1)
            elif _ends(mistake):
                return False
        return False

    def _read(self, shadow: Shadow) -> Attempt:
        attempt = run(shadow.text, min(self._begin, len(shadow.text)), self._start)
        self.read += len(attempt.lexemes)
        return attempt

    def _is_behind(self, shadow: Shadow, attempt: Attempt) -> bool:
        if attempt.failure is None:
            return True
        reached = shadow.place(attempt.failure.found.start, attempt.failure.found.end)
        return (reached.start, reached.end) > (self._failed.start, self._failed.end)


def _ends(mistake: Mistake) -> bool:
    """Whether a mistake is said though nothing puts it right."""
    return mistake.certain or not mistake.repairs
