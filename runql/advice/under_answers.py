"""What stands under an answer, of its notices: what is to be said, the ways out, why no run passes, in few lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from runql.text.diagnostic import Diagnostic, Severity
from runql.text.frozen import frozen

MOST_OF_A_KIND = 3
"""How many notices of one code are shown: a folder of a thousand torn files has a thousand."""

_OF_ROWS = "RQL508"
_NO_RUN: Final = "RQL307"
"""Why no run passes: it stands below the others, a line a term of the condition."""


@frozen
class UnderAnswer:
    """The lines under an answer: `counts` and `cost` make its footer, `ladder` says why no run passes, a line a term of
    the condition, `ways_out` what would give another answer. `warnings`: those that were not shown before."""

    warnings: tuple[Diagnostic, ...]
    counts: tuple[str, ...]
    cost: str
    ladder: tuple[str, ...]
    ways_out: tuple[str, ...]


def under_answer(
    warnings: tuple[Diagnostic, ...],
    counts: tuple[str, ...],
    cost: str,
    notices: Iterable[Diagnostic],
    fresh: Collection[Diagnostic],
) -> UnderAnswer:
    """What stands under an answer of which this is to be said; in its footer only what was not shown before."""
    messages: dict[str, list[str]] = {}
    ways: dict[str, list[str]] = {}
    why: list[str] = []
    for notice in notices:
        if notice.code == _NO_RUN and notice.hints:
            why += notice.hints
        elif notice.severity is Severity.NOTICE and notice in fresh:
            code = f" ({notice.code})" if notice.names else ""  # whoever has heard enough of it can silence it
            messages.setdefault(notice.code, []).append(f"{notice.message}{code}")
            if notice.hints:
                ways.setdefault(notice.code, []).append("; ".join(notice.hints))
    return UnderAnswer(
        warnings,
        (*counts, *(line for alike in messages.values() for line in few([*dict.fromkeys(alike)]))),
        cost,
        tuple(f"{'      ' if at else _NO_RUN} {line}" for at, line in enumerate(why)),
        tuple(f"{code} {line}" for code, alike in ways.items() for line in few([*dict.fromkeys(alike)])),
    )


def few(lines: Sequence[str]) -> list[str]:
    """The first few of many lines of a kind, and how many more there are."""
    more = len(lines) - MOST_OF_A_KIND
    return [*lines] if more <= 0 else [*lines[:MOST_OF_A_KIND], f"and {more:,} more like it"]


def summed(notices: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The notices, those of rows that single runs left out as one."""
    result: list[Diagnostic] = []
    left_out: list[Diagnostic] = []
    for notice in notices:
        if notice.code == _OF_ROWS and notice.count:
            if not left_out:
                result.append(notice)
            left_out.append(notice)
        else:
            result.append(notice)
    if len(left_out) < 2:
        return tuple(result)
    rows = sum(notice.count for notice in left_out)
    # Each says `3 rows of run `a1` left out: no `epoch``; what comes after the colon is the same for all of an answer.
    reason = left_out[0].message.rpartition(": ")[2]
    whole = Diagnostic(_OF_ROWS, f"{rows:,} rows of {len(left_out):,} runs left out: {reason}", count=rows)
    return tuple(whole if notice is left_out[0] else notice for notice in result)
