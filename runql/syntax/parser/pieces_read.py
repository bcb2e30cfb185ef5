"""How far a text was read when the parser stopped, and repairs as they are tried."""

from __future__ import annotations

from runql.syntax.keywords import keywords
from runql.syntax.lr_parser import Attempt, is_whole
from runql.syntax.mistake import Repair, tidy


def begun(attempt: Attempt, *, at_pipe: bool) -> int:
    """How many lexemes of a failed attempt stand before the clause, stage or statement that it failed in.

    `at_pipe` is whether a pipe that was read last begins a stage: else the clause before it is meant.
    """
    table = keywords()
    begins = {*table.clauses, *table.heads, "PIPE", "SEMI", "INTO"}
    lexemes = attempt.lexemes
    last = len(lexemes) - 1
    for index in range(last, -1, -1):
        terminal = lexemes[index].terminal
        if terminal not in begins or (terminal == "PIPE" and index == last and not at_pipe):
            continue
        count = index + (terminal == "SEMI")
        if is_whole(attempt, count):
            return count
    return 0


def tidied(repair: Repair, text: str) -> Repair:
    """A repair that leaves no second space where it takes something out."""
    return Repair(repair.title, tuple(tidy(edit, text) for edit in repair.edits))
