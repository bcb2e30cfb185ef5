"""All of a run file but its history: one pass, in which rows are only counted."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from runql.backends.local import records
from runql.backends.local.fold import MOST_PENDING, BatchedFold, Fold
from runql.backends.local.framing import Damage, DamageKind, Frames
from runql.backends.local.wire import BYTES, VARINT, Malformed, fields, signed, text, timestamp

_STATS_ITEM_TAG: Final = 0x1A
_NO_TAG: Final = -1
_MOST_SIDE_FILE: Final = 1 << 20
"""More than the SDK writes into a metadata file by far."""


@dataclass(slots=True)
class Head:
    """What one run file says of its run. Times are seconds since 1970.

    `exit_code` is `None` where there is no exit record. `summary_from_rows`: the log holds no summary, so it was taken
    from the last value of each metric. `starting_step` is the number of the first row that has none of its own.
    """

    size: int
    version: int | None = None
    run: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    internal_config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    user: str | None = None
    rows: int = 0
    samples: int = 0
    exit_code: int | None = None
    exit_runtime: float = 0
    last_sample: float = 0
    starting_step: int | None = None
    summary_from_rows: bool = False
    damages: list[Damage] = field(default_factory=list)

    @property
    def is_foreign(self) -> bool:
        """Whether this is no run file, or one of a version that nobody knows: nothing of it was read."""
        return any(
            damage.kind is DamageKind.VERSION or (damage.kind is DamageKind.HEADER and damage.resumed is None)
            for damage in self.damages
        )


def read_head(path: Path) -> Head:
    """Read a run file, and the small files beside it for what the log lacks.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        frames = Frames(file, os.fstat(file.fileno()).st_size)
        reader = _HeadReader(Head(frames.size))
        reader.read(frames)
        head = reader.finish(frames)
        if head.rows and not head.summary:
            _summarise_rows(path, head)
    _read_side_files(path, head)
    return head


class _HeadReader:
    def __init__(self, head: Head) -> None:
        self._head = head
        self._config = Fold()
        self._summary = BatchedFold()
        self._unread: list[int] = []
        self._system = Fold(_STATS_ITEM_TAG, _NO_TAG)

    def read(self, frames: Frames) -> None:
        """Take all records. Nearly all are histories and summaries: these are only counted and held back."""
        locate, pending = records.locate, self._summary.pending
        rows = 0
        for data, start, end, offset in frames:
            try:
                kind, begin, stop = locate(data, start, end)
                if kind == records.HISTORY:
                    rows += 1
                elif kind == records.SUMMARY:
                    pending.append((data[begin:stop], offset))
                    if len(pending) >= MOST_PENDING:
                        self._unread += self._summary.flush()
                elif kind:
                    self._add(kind, data, begin, stop, offset)
            except Malformed:
                self._unread.append(offset)
        self._head.rows = rows

    def _add(self, kind: int, data: bytes, start: int, end: int, offset: int) -> None:
        head = self._head
        if kind == records.STATS:
            head.samples += 1
            self._system.add(data, start, end, offset)
            head.last_sample = max(head.last_sample, stats_time(data, start, end))
        elif kind == records.CONFIG:
            self._config.add(data, start, end, offset)
        elif kind == records.RUN:
            head.run = _read_run(data, start, end)
            for begin, stop in head.run.pop("config"):
                self._config.add(data, begin, stop, offset)
        elif kind == records.EXIT:
            _read_exit(data, start, end, head)
        elif kind == records.ENVIRONMENT:
            _read_environment(data, start, end, head)

    def finish(self, frames: Frames) -> Head:
        head = self._head
        head.version, head.damages = frames.version, frames.damages
        config, bad_config = self._config.result()
        summary, bad_summary = self._summary.result()
        system, bad_system = self._system.result()
        head.config = {key: _unwrapped(value) for key, value in config.items() if key != "_wandb"}
        head.internal_config = {key: _unwrapped(value) for key, value in config.items() if key == "_wandb"}
        head.summary = summary
        head.system = system
        for offset in (*self._unread, *bad_config, *bad_summary, *bad_system):
            head.damages.append(Damage(offset, DamageKind.RECORD, offset, 1))
        return head


_RUN_TEXTS: Final = {
    1: "id",
    2: "entity",
    3: "project",
    6: "group",
    7: "job_type",
    8: "name",
    9: "notes",
    12: "sweep",
    13: "host",
    16: "storage_id",
}
_RUN_NUMBERS: Final = {14: "starting_step", 18: "resumed", 20: "runtime"}


def _read_run(data: bytes, start: int, end: int) -> dict[str, Any]:
    run: dict[str, Any] = {"tags": [], "config": []}
    for number, wire, a, b in fields(data, start, end):
        if wire == VARINT and number in _RUN_NUMBERS:
            run[_RUN_NUMBERS[number]] = signed(a)
        elif wire != BYTES:
            continue
        elif number in _RUN_TEXTS:
            run[_RUN_TEXTS[number]] = text(data, a, b)
        elif number == 10:
            run["tags"].append(text(data, a, b))
        elif number == 4:
            run["config"].append((a, b))
        elif number == 17:
            run["started"] = timestamp(data, a, b)
        elif number == 21:
            run["commit"] = _text_of(data, a, b, 2)
    return run


def _text_of(data: bytes, start: int, end: int, wanted: int) -> str | None:
    found = None
    for number, wire, a, b in fields(data, start, end):
        if number == wanted and wire == BYTES:
            found = text(data, a, b)
    return found


def _read_exit(data: bytes, start: int, end: int, head: Head) -> None:
    head.exit_code = 0
    for number, wire, value, _ in fields(data, start, end):
        if wire == VARINT and number == 1:
            head.exit_code = signed(value)
        elif wire == VARINT and number == 2:
            head.exit_runtime = signed(value)


def _read_environment(data: bytes, start: int, end: int, head: Head) -> None:
    # The SDK writes several of these, some with only a few of the fields.
    for number, wire, a, b in fields(data, start, end):
        if wire != BYTES:
            continue
        if number == 13:
            head.user = text(data, a, b) or head.user
        elif number == 12 and not head.run.get("host"):
            head.run["host"] = text(data, a, b)
        elif number == 9 and not head.run.get("commit"):
            head.run["commit"] = _text_of(data, a, b, 2)


def stats_time(data: bytes, start: int, end: int) -> float:
    """When a sample of machine metrics was taken; 0 if it does not say."""
    for number, wire, a, b in fields(data, start, end):
        if number == 2 and wire == BYTES:
            return timestamp(data, a, b)
    return 0.0


def _unwrapped(value: Any) -> Any:
    """A config value without W&B's wrapper. A dict of the user's own that has a `value` has no `desc` beside it."""
    if isinstance(value, dict) and value.keys() == {"value", "desc"}:
        return value["value"]
    return value


def _summarise_rows(path: Path, head: Head) -> None:
    """The last value of each metric: SDKs before 0.16 write the summary only when a run ends."""
    rows = Fold(remove_tag=_NO_TAG)
    with path.open("rb") as file:
        for data, start, end, offset in Frames(file, head.size):
            try:
                kind, begin, stop = records.locate(data, start, end)
                if kind == records.HISTORY:
                    rows.add(data, begin, stop, offset)
            except Malformed:
                continue  # the first pass has noted it
    head.summary, unread = rows.result()
    head.summary_from_rows = True
    head.damages += [Damage(offset, DamageKind.RECORD, offset, 1) for offset in unread]


def _read_side_files(path: Path, head: Head) -> None:
    """The step at which a resumed run went on, and who ran it: old SDKs keep these outside of the log."""
    state = read_json(path.with_name(path.name + ".syncstate"))
    step = state.get("starting_step")
    if isinstance(step, int) and not isinstance(step, bool):
        head.starting_step = step
    elif head.run.get("starting_step"):
        head.starting_step = head.run["starting_step"]
    if head.user is None:
        user = read_json(path.parent / "files" / "wandb-metadata.json").get("username")
        head.user = user if isinstance(user, str) else None


def read_json(path: Path) -> dict[str, Any]:
    """A small JSON object; empty if there is no such file, or it holds something else: the log is what counts."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(_MOST_SIDE_FILE))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
