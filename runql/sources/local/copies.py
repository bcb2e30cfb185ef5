"""Which folders of a run are copies of others."""

from __future__ import annotations

from typing import Final

from runql.sources.local.discover import RunFile
from runql.sources.local.head import LogState
from runql.sources.local.notices import copied
from runql.sources.local.run import Segment
from runql.text.diagnostic import Diagnostic

_COMPARED: Final = 1 << 16


def without_copies(group: list[Segment], trouble: list[Diagnostic]) -> list[Segment]:
    """The folders of a run in the order in which they were begun, each once."""
    # A file that does not say when it was begun is the youngest.
    ordered = sorted(group, key=lambda each: (not each.begun, each.begun, -each.file.size, each.file.shown))
    segments: list[Segment] = []
    for segment in ordered:
        original = next((each for each in segments if _is_copy(segment, each)), None)
        if original is None:
            segments.append(segment)
        else:
            trouble.append(copied(segment.file.shown, original.file.shown))
    return segments


def _is_copy(one: Segment, other: Segment) -> bool:
    """Whether a file begins as another one does, and was begun in the same instant."""
    if not one.started or one.started != other.started:
        return False
    if LogState.HELD not in (one.head.log, other.head.log):
        return one.head.config == other.head.config and one.head.summary == other.head.summary
    size = min(one.file.size, other.file.size, _COMPARED)
    return _beginning(one.file, size) == _beginning(other.file, size)


def _beginning(file: RunFile, size: int) -> bytes:
    try:
        with file.path.open("rb") as log:
            return log.read(size)
    except OSError:
        return str(file.path).encode()  # it was there a moment ago; equal to no other file
