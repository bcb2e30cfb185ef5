"""Notices that every run may have, summed up for a whole answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runql.text.diagnostic import Diagnostic

MOST_OF_A_KIND = 3
"""How many notices of one code are shown: a folder of a thousand torn files has a thousand."""

_OF_ROWS = "RQL508"


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
