"""What is said about run files: damage, and runs that are still being written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from runql.backends.local.framing import Damage, DamageKind
from runql.backends.local.head import Head
from runql.text.diagnostic import Diagnostic

MOST_OF_A_CODE: Final = 10
"""So many files with the same trouble are named; of the others the number is told."""

_WHAT: Final = {
    DamageKind.HEADER: "its header is not that of a run file",
    DamageKind.CHECKSUM: "a wrong checksum",
    DamageKind.ZEROS: "zeros where records should be",
    DamageKind.ORDER: "parts of a record that do not belong together",
    DamageKind.RECORD: "a record that is not understood",
    DamageKind.TORN: "a record that is cut off",
}


def file_notices(shown: str, head: Head, *, running: bool) -> list[Diagnostic]:
    """What is wrong with one run file. The open end of a file that is being written is not."""
    damages = [damage for damage in head.damages if not (running and _is_open_end(damage))]
    if not damages:
        return []
    first = damages[0]
    if first.kind is DamageKind.VERSION:
        return [unreadable(shown, f"version {head.version} of the file format is not known here")]
    if first.kind is DamageKind.HEADER and first.resumed is None:
        return [unreadable(shown, "it is no W&B run file")]
    if len(damages) == 1 and _is_open_end(first):
        message = f"`{shown}` ends in the middle of a record, at byte {first.offset}"
        return [Diagnostic("RQL502", message, hints=("every record before it is shown",))]
    return [_damaged(shown, damages)]


def _damaged(shown: str, damages: Sequence[Damage]) -> Diagnostic:
    first = damages[0]
    more = f", and in {_count(len(damages) - 1, 'more place')}" if len(damages) > 1 else ""
    message = f"`{shown}` is damaged at byte {first.offset}{more}: {_WHAT[first.kind]}"
    if any(damage.resumed is None for damage in damages):
        last = next(damage for damage in damages if damage.resumed is None)
        hint = f"nothing after byte {last.offset} can be read; what came before is shown"
    else:
        hint = f"{_lost(damages)}; what came before the damage is shown, and what is whole after it"
    return Diagnostic("RQL501", message, hints=(hint,))


def _lost(damages: Iterable[Damage]) -> str:
    known = [damage.lost for damage in damages]
    total = sum(lost for lost in known if lost is not None)
    if None not in known:
        return f"{_count(total, 'record')} lost"
    return f"at least {_count(total, 'record')} lost" if total else "nothing tells how many records are lost"


def _is_open_end(damage: Damage) -> bool:
    return damage.kind is DamageKind.TORN and damage.resumed is None


def unreadable(shown: str, why: str) -> Diagnostic:
    """A file or a folder that gives nothing."""
    return Diagnostic("RQL503", f"`{shown}` could not be read: {why}")


def still_written(run_id: str, shown: str) -> Diagnostic:
    """A run that goes on."""
    hint = f"the newest rows are not yet in `{shown}`: the SDK writes 32 KiB at a time"
    return Diagnostic("RQL505", f"run `{run_id}` is still being written", hints=(hint,))


def copied(shown: str, original: str) -> Diagnostic:
    """A run file that is a copy of another one."""
    return Diagnostic("RQL514", f"`{shown}` is a copy of `{original}`, and is left out")


def overlapping(run_id: str, count: int, first: int, last: int) -> Diagnostic:
    """Steps that several folders of one run hold."""
    between = f"step {first}" if first == last else f"{_count(count, 'step')} between {first} and {last}"
    message = f"run `{run_id}` logged {between} more than once, in several folders: all rows are shown"
    return Diagnostic("RQL514", message)


def unnumbered(run_id: str, count: int) -> Diagnostic:
    """Rows that count on rows that were lost."""
    rows = _count(count, "row")
    return Diagnostic("RQL501", f"{rows} of run `{run_id}` left out: they hold no step, and rows before them are lost")


def gathered(notices: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """At most ten of a code, then one that tells how many more there are."""
    kept: list[Diagnostic] = []
    seen: dict[str, int] = {}
    for notice in notices:
        seen[notice.code] = seen.get(notice.code, 0) + 1
        if seen[notice.code] <= MOST_OF_A_CODE:
            kept.append(notice)
    for code, count in seen.items():
        if count > MOST_OF_A_CODE:
            kept.append(Diagnostic(code, f"{count - MOST_OF_A_CODE} more of this kind ({code})"))
    return tuple(kept)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
