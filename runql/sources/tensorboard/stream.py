"""The points of a run, in the order in which its files hold them, and all else that its events tell."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from runql.engine.histories.sampling import AXES
from runql.sources.files.wire import MalformedWire
from runql.sources.tensorboard import hparams
from runql.sources.tensorboard.discover import EventFile
from runql.sources.tensorboard.events import HPARAMS, SCALARS, Event, Value, read_event
from runql.sources.tensorboard.framing import EventDamage, EventDamageKind, Records, is_whole
from runql.sources.tensorboard.tensors import Number, scalar_of

_ALWAYS_CHECKED: Final = 1 << 14
"""Of longer records the checksum is computed only if something in them is shown: most are images."""

_CHECKSUM_SIZE: Final = 4


@dataclass(slots=True)
class Restarts:
    """Where a run was started again, so that what it had logged from a step on no longer counts.

    `everywhere` holds the number of the event and the step; `by_tag` the same where only one tag was started again.
    """

    everywhere: list[tuple[int, int]] = field(default_factory=list)
    by_tag: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.everywhere) + sum(len(found) for found in self.by_tag.values())


class Cuts:
    """From which step on the points before a restart are dropped."""

    def __init__(self, restarts: Restarts) -> None:
        self._everywhere = _lowest_from(restarts.everywhere)
        self._by_tag = {tag: _lowest_from(found) for tag, found in restarts.by_tag.items()}
        self.is_empty = not (restarts.everywhere or restarts.by_tag)

    def drops(self, event: int, step: int, tag: str) -> bool:
        """Whether a point was logged anew by a later restart."""
        return _is_after(self._everywhere, event, step) or _is_after(self._by_tag.get(tag, _NONE), event, step)


_RESERVED: Final = frozenset({"", *AXES})

_Lowest = tuple[list[int], list[int]]
_NONE: Final[_Lowest] = ([], [])


def _lowest_from(restarts: list[tuple[int, int]]) -> _Lowest:
    """The events of the restarts, and the lowest step of each and those after it."""
    events = [event for event, _ in restarts]
    lowest = [step for _, step in restarts]
    for at in range(len(lowest) - 2, -1, -1):
        lowest[at] = min(lowest[at], lowest[at + 1])
    return events, lowest


def _is_after(cuts: _Lowest, event: int, step: int) -> bool:
    events, lowest = cuts
    at = bisect_right(events, event)
    return at < len(events) and step >= lowest[at]


@dataclass(slots=True)
class EventStream:
    """What is known of a run as far as its files were read; `points` reads on.

    `others` counts what is not read, by kind. `plugins` says for each tag who wrote it, by its first metadata.
    """

    plugins: dict[str, str] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    started: hparams.SessionStart | None = None
    ended: hparams.SessionEnd | None = None
    changed_config: bool = False
    events: int = 0
    first_time: float | None = None
    last_time: float = 0.0
    restarts: Restarts = field(default_factory=Restarts)
    version: float = 0.0
    _is_started: bool = False
    _recent_step: int = -1

    def points(
        self, file: EventFile, start: int, size: int, state: FileState, lost: frozenset[int] | None = None
    ) -> Iterator[tuple[Event, list[tuple[str, Number]]]]:
        """The events of one file from a place on, each with the scalars in it. Files come in order of their names.

        `lost`: where the records begin that an earlier reading found damaged. If the file is as it was then, no
        checksum is computed anew.

        Raises:
            OSError: it cannot be read.
        """
        with Path(file.path).open("rb", buffering=1 << 20) as opened:
            known = lost if lost is not None and file.is_as_it_was(os.fstat(opened.fileno())) else None
            opened.seek(start)
            records = Records(opened, start, size)
            try:
                for payload, offset in records:
                    if known is not None:
                        event = None if offset in known else read_event(payload, len(payload) - _CHECKSUM_SIZE)
                    else:
                        event = _checked(payload, offset, records.damages)
                    if event is not None:
                        yield event, self._read(event, payload, state)
            finally:
                state.end, state.damages = records.end, [*state.damages, *records.damages]
                if records.too_long:
                    self.others["oversized record"] += records.too_long

    def _read(self, event: Event, payload: bytes, state: FileState) -> list[tuple[str, Number]]:
        self.events += 1
        if self.first_time is None:
            self.first_time = event.wall_time
        self.last_time = event.wall_time
        if event.version is not None:
            self.version = event.version
        self._watch_restarts(event, state)
        if event.other:
            self.others[event.other] += 1
        return [] if event.values is None else self._scalars(event.values, payload)

    def _watch_restarts(self, event: Event, state: FileState) -> None:
        """As TensorBoard: since version 2 a session that starts drops what came before it from its step on.

        The first start in the first file drops nothing: TensorFlow 1 wrote it from another thread, so that a few
        values of the same session may stand before it. Older files have no such marks: a step that is lower than the
        one before it drops the points of the same tags.
        """
        if self.version >= 2:
            if event.is_start:
                if self._is_started or not state.is_first:
                    self.restarts.everywhere.append((self.events, event.step))
                self._is_started = True
        elif event.values is not None:
            if event.step < self._recent_step:
                for tag in {value.tag for value in event.values}:
                    self.restarts.by_tag.setdefault(tag, []).append((self.events, event.step))
            self._recent_step = event.step

    def _scalars(self, values: list[Value], payload: bytes) -> list[tuple[str, Number]]:
        found: list[tuple[str, Number]] = []
        for value in values:
            number = value.number
            if number is None:
                try:
                    number = self._other_form(value, payload)
                except MalformedWire:
                    self.others["unreadable value"] += 1
            else:
                self.plugins.setdefault(value.tag, SCALARS)
            if number is None:
                continue
            if value.tag in _RESERVED:
                self.others["reserved tag"] += 1
            else:
                found.append((value.tag, number))
        return found

    def _other_form(self, value: Value, payload: bytes) -> Number | None:
        """The number of a tensor; `None` for what is none, which is counted."""
        if value.plugin is not None:
            self.plugins.setdefault(value.tag, SCALARS if value.is_scalar_class else value.plugin)
        plugin = self.plugins.get(value.tag, "")
        if plugin == HPARAMS:
            self._hparams(value)
            return None
        number = scalar_of(payload, *value.tensor) if value.tensor is not None and plugin == SCALARS else None
        if number is None:
            self.others[value.kind or _KINDS.get(plugin, "tensor")] += 1
        return number

    def _hparams(self, value: Value) -> None:
        if value.tag == hparams.START_TAG and value.content:
            started = hparams.session_start(value.content)
            if self.started is None:
                self.started = started
            elif started.config != self.started.config:
                self.changed_config = True
        elif value.tag == hparams.END_TAG and value.content and self.ended is None:
            self.ended = hparams.session_end(value.content)


@dataclass(slots=True)
class FileState:
    """How far a file was read. `is_first`: it is the first file of its run; `problem`: why it could not be read on."""

    is_first: bool
    end: int = 0
    damages: list[EventDamage] = field(default_factory=list)
    problem: str = ""


_KINDS: Final[dict[str, str]] = {
    "images": "image",
    "histograms": "histogram",
    "distributions": "histogram",
    "text": "text",
    "audio": "audio clip",
    "pr_curves": "PR curve",
    "mesh": "3D mesh plot",
    "custom_scalars": "layout",
    "graphs": "graph",
    "graph_keras_model": "graph",
    "graph_run_metadata": "run profile",
    "graph_run_metadata_graph": "run profile",
    "graph_tagged_run_metadata": "run profile",
}
"""What the values of TensorBoard's own plugins are called."""


def _checked(payload: bytes, offset: int, damages: list[EventDamage]) -> Event | None:
    """The event of a record; `None` if it is damaged. Nothing is used whose checksum was not computed."""
    end = len(payload) - _CHECKSUM_SIZE
    checked = end <= _ALWAYS_CHECKED
    if checked and not is_whole(payload):
        damages.append(EventDamage(offset, EventDamageKind.CHECKSUM))
        return None
    try:
        event = read_event(payload, end)
    except MalformedWire:
        is_record = checked or is_whole(payload)
        damages.append(EventDamage(offset, EventDamageKind.RECORD if is_record else EventDamageKind.CHECKSUM))
        return None
    if not checked and event.is_used and not is_whole(payload):
        damages.append(EventDamage(offset, EventDamageKind.CHECKSUM))
        return None
    return event
