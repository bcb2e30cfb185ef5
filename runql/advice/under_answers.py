"""The lines that stand under an answer, of its notices: what is to be said, the ways out, why no run passes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from runql.advice.notice_totals import few
from runql.text.diagnostic import Diagnostic, Severity

_NO_RUN: Final = "RQL307"
"""Why no run passes: it stands below the others, a line a term of the condition."""


def footnotes(notices: Iterable[Diagnostic], fresh: Collection[Diagnostic]) -> Iterator[Diagnostic]:
    """The notices that stand in the footer, of those that were not shown before."""
    return (
        notice
        for notice in notices
        if notice.severity is Severity.NOTICE and notice in fresh and not (notice.code == _NO_RUN and notice.hints)
    )


def footer_lines(notes: Iterable[Diagnostic]) -> list[str]:
    """What is to be said, few lines of each code."""
    alike: dict[str, list[str]] = {}
    for notice in notes:
        code = f" · {notice.code}" if notice.names else ""  # whoever has heard enough of it can silence it
        alike.setdefault(notice.code, []).append(f"{notice.message}{code}")
    return [note for messages in alike.values() for note in few([*dict.fromkeys(messages)])]


def ways_out(notes: Iterable[Diagnostic]) -> tuple[str, ...]:
    """What would give another answer, a line for each notice that knows: its code and the way."""
    alike: dict[str, list[str]] = {}
    for notice in notes:
        if notice.hints:
            alike.setdefault(notice.code, []).append("; ".join(notice.hints))
    return tuple(f"{code} {line}" for code, lines in alike.items() for line in few([*dict.fromkeys(lines)]))


def ladder(notices: Iterable[Diagnostic]) -> tuple[str, ...]:
    """Why no run passes, a line a term of the condition; nothing for an answer that has runs."""
    lines = [line for notice in notices if notice.code == _NO_RUN for line in notice.hints]
    return tuple(f"{'      ' if at else _NO_RUN} {line}" for at, line in enumerate(lines))
