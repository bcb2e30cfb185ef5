"""The lines that stand under an answer, of its notices: what is to be said, the ways out, why no run passes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from runql.advice.notice_totals import few
from runql.text.diagnostic import Diagnostic, Severity
from runql.text.frozen import frozen

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
