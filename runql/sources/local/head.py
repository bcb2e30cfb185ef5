"""All of a run file but its history: one pass, in which rows are only counted."""

from __future__ import annotations

import os
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from runql.sources.files.wire import BYTES, FIXED64, VARINT, MalformedWire, double, fields, signed, text, timestamp
from runql.sources.local import records
from runql.sources.local.fold import MOST_PENDING, BatchedFold, Fold
from runql.sources.local.framing import Damage, DamageKind, Frames
from runql.sources.local.history import own_step, step_of
from runql.sources.local.items import Outsize
from runql.text.frozen import changeable, frozen

_STATS_ITEM_TAG: Final = 0x1A
_NO_TAG: Final = -1
_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_ANNEXED: Final = b"/annex/objects/"


class LogState(StrEnum):
    """What there is of a run's log: `HELD` if it says which run it is of."""

    HELD = "held"
    EMPTY = "empty"
    MISSING = "missing"
    POINTER = "pointer"
    FOREIGN = "foreign"


@frozen
class BranchPoint:
    """The last step that a rewound or forked run shares with the run `run_id`."""

    run_id: str
    step: float


@changeable
class Head:
    """What one run file says of its run. Times are seconds since 1970.

    `exit_code` is `None` where there is no exit record. `summary_from_rows`: the log holds no summary, so it was taken
    from the last value of each metric. `starting_step` is the number of the first row that has none of its own.
    `first_step` and `last_step` are those of the first and last row that tell one.

    What comes from the files beside the log: `history` and `events` hold the rows and samples of a run whose log holds
    nothing, `state` is the state told there, `filled` names what the log lacks, `sign` is the last sign of life,
    `bad_sides` are files that could not be read, and `beside` tells whether any of them changed.
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
    exit_runtime: float | None = None
    last_sample: float = 0
    starting_step: int | None = None
    summary_from_rows: bool = False
    first_step: int | None = None
    last_step: int | None = None
    branch: BranchPoint | None = None
    log: LogState = LogState.HELD
    history: Path | None = None
    events: Path | None = None
    state: str | None = None
    filled: tuple[str, ...] = ()
    sign: float = 0
    bad_sides: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, int, int], ...] = ()
    damages: list[Damage] = field(default_factory=list)
    outsize: Outsize = field(default_factory=dict)

    @property
    def is_foreign(self) -> bool:
        """Whether this is no run file, or one of a version that nobody knows: nothing of it was read."""
        return any(
            damage.kind is DamageKind.VERSION or (damage.kind is DamageKind.HEADER and damage.resumed is None)
            for damage in self.damages
        )


def read_head(path: Path) -> Head:
    """Read a log, and the small file beside it that tells the first step of a resumed run.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if is_pointer(file.read(len(_POINTER))):
            return Head(size, log=LogState.POINTER)
        file.seek(0)
        frames = Frames(file, size)
        reader = _HeadReader(Head(size))
        reader.read(frames)
        head = reader.finish(frames)
        if head.rows and not head.summary:
            _summarise_rows(path, head)
    if not head.run:
        head.log = _log_without_run(path, head)
    return head


def is_pointer(beginning: bytes) -> bool:
    """Whether a file stands for one that Git keeps elsewhere."""
    return beginning.startswith((_POINTER, _ANNEXED))


def _log_without_run(path: Path, head: Head) -> LogState:
    if not head.is_foreign:
        holds = head.rows or any(not damage.is_open_end for damage in head.damages)
        return LogState.HELD if holds else LogState.EMPTY
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            if piece.strip(b"\0"):
                return LogState.FOREIGN
    head.damages.clear()
    return LogState.EMPTY


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
        first: tuple[bytes, int, int] | None = None
        last: tuple[bytes, int, int] | None = None
        for data, start, end, offset in frames:
            try:
                kind, begin, stop = locate(data, start, end)
                if kind == records.HISTORY:
                    rows += 1
                    last = (data, begin, stop)
                    first = first or last
                elif kind == records.SUMMARY:
                    pending.append((data[begin:stop], offset))
                    if len(pending) >= MOST_PENDING:
                        self._unread += self._summary.flush()
                elif kind:
                    self._add(kind, data, begin, stop, offset)
            except MalformedWire:
                self._unread.append(offset)
        self._head.rows = rows
        self._head.first_step, self._head.last_step = step_of(first), step_of(last)

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
            head.branch = head.run.pop("branch", head.branch)
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
        for space, fold in (("config", self._config), ("summary", self._summary), ("system", self._system)):
            head.outsize.update({f"{space}.{name}": what for name, what in fold.outsize.items()})
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
        elif number == 23:
            run["branch"] = _read_branch(data, a, b)
    return run


def _read_branch(data: bytes, start: int, end: int) -> BranchPoint | None:
    run_id, step, metric = "", 0.0, "_step"
    for number, wire, a, b in fields(data, start, end):
        if wire == BYTES and number == 1:
            run_id = text(data, a, b)
        elif wire == FIXED64 and number == 2:
            step = double(data, a)
        elif wire == BYTES and number == 3:
            metric = text(data, a, b)
    return BranchPoint(run_id, step) if run_id and metric == "_step" else None


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
    rows, step = Fold(remove_tag=_NO_TAG), None
    with path.open("rb") as file:
        for data, start, end, offset in Frames(file, head.size):
            try:
                kind, begin, stop = records.locate(data, start, end)
                if kind == records.HISTORY:
                    rows.add(data, begin, stop, offset)
                    step = own_step(data, begin, stop)
            except MalformedWire:
                continue  # the first pass has noted it
    head.summary, unread = rows.result()
    if step is not None:
        head.summary.setdefault("_step", step)
    head.summary_from_rows = True
    head.damages += [Damage(offset, DamageKind.RECORD, offset, 1) for offset in unread]
