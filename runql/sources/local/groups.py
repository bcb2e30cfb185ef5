"""Which folders are of one run, and which of them are copies of another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from runql.sources.local.discover import RunFile
from runql.sources.local.head import LogState
from runql.sources.local.notices import copied
from runql.sources.local.run import Segment
from runql.text.diagnostic import Diagnostic

_COMPARED: Final = 1 << 16


def groups_of(segments: Iterable[Segment]) -> list[list[Segment]]:
    """The run files by run: those of one id, entity and project.

    A file so young that it does not name its project belongs to the only run of its id in the same `wandb` folder.
    """
    groups: dict[tuple[str, str, str], list[Segment]] = {}
    nameless: list[Segment] = []
    for segment in segments:
        if segment.names_project:
            groups.setdefault((*segment.owner, segment.run_id), []).append(segment)
        else:
            nameless.append(segment)
    for segment in nameless:
        fitting = [
            key
            for key, group in groups.items()
            if key[2] == segment.run_id and any(each.home == segment.home for each in group)
        ]
        key = fitting[0] if len(fitting) == 1 else ("", "", segment.run_id)
        groups.setdefault(key, []).append(segment)
    return list(groups.values())


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
