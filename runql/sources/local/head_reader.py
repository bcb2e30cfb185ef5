"""Reads all of a run but its history: its log in one pass, in which rows are only counted, and what that lacks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from runql.sources.files.wire import BYTES, FIXED64, VARINT, MalformedWire, double, fields, signed, text, timestamp
from runql.sources.local import records
from runql.sources.local.discover import RunFile, stamps
from runql.sources.local.head import BranchPoint, Head, LogState
from runql.sources.local.history import own_step, step_of
from runql.sources.local.items import MOST_PENDING, Fold, lasting
from runql.sources.local.records import Damage, DamageKind, Frames
from runql.sources.local.side_files.complete import complete, first_step
from runql.text.frozen import changeable

_STATS_ITEM_TAG: Final = 0x1A
_NO_TAG: Final = -1
_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_ANNEXED: Final = b"/annex/objects/"
"""With one of these a file begins that stands for one that Git keeps elsewhere."""


def read_run(file: RunFile) -> Head:
    """Read what a run has on disk. The log is what counts; the files beside it are asked for what it lacks.

    Raises:
        OSError: the log cannot be read.
    """
    head = Head(0, log=LogState.MISSING)
    if file.is_log:
        with file.path.open("rb") as log:
            head = _HeadReader(Head(os.fstat(log.fileno()).st_size)).read(log)
        if head.rows and not head.summary:
            _summarise_rows(file.path, head)
        if not head.run and head.log is LogState.HELD:
            head.log = _log_without_run(file.path, head)
        head.starting_step = head.run.get("starting_step") or None
        if os.path.isfile(beside := f"{file.path}.syncstate"):  # noqa: PTH113 - a name may be too long
            told = first_step(Path(beside))
            head.starting_step = head.starting_step if told is None else told
    is_whole = head.log is LogState.HELD and head.exit_code is not None and head.user is not None
    if not is_whole and file.folder is not None:
        head.beside = tuple(stamps(file.folder))
        if head.beside:
            complete(file, head)
    return head


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


@changeable
class _HeadReader:
    head: Head
    config: Fold = field(default_factory=Fold)
    summary: Fold = field(default_factory=Fold)
    system: Fold = field(default_factory=partial(Fold, _STATS_ITEM_TAG, _NO_TAG))

    def read(self, log: BinaryIO) -> Head:
        """Take all records. Nearly all are histories and summaries: these are only counted and held back."""
        head = self.head
        if log.read(len(_POINTER)).startswith((_POINTER, _ANNEXED)):
            head.log = LogState.POINTER
            return head
        log.seek(0)
        frames = Frames(log, head.size)
        locate, pending = records.locate, list[tuple[bytes, int]]()
        rows, unread = 0, list[int]()
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
                        unread += self.summary.add_all(lasting(pending))
                        pending.clear()
                elif kind:
                    self._add(kind, data, begin, stop, offset)
            except MalformedWire:
                unread.append(offset)
        unread += self.summary.add_all(lasting(pending))
        head.version, head.damages = frames.version, frames.damages
        head.rows, head.first_step, head.last_step = rows, step_of(first), step_of(last)
        self._decode(unread)
        return head

    def _add(self, kind: int, data: bytes, start: int, end: int, offset: int) -> None:
        head = self.head
        if kind == records.STATS:
            head.samples += 1
            self.system.add(data, start, end, offset)
            for number, wire, a, b in fields(data, start, end):
                if number == 2 and wire == BYTES:
                    head.last_sample = max(head.last_sample, timestamp(data, a, b))
                    break
        elif kind == records.CONFIG:
            self.config.add(data, start, end, offset)
        elif kind == records.RUN:
            head.run = _read_run(data, start, end)
            head.branch = head.run.pop("branch", head.branch)
            for begin, stop in head.run.pop("config"):
                self.config.add(data, begin, stop, offset)
        elif kind == records.EXIT:
            head.exit_code = 0
            for number, wire, value, _ in fields(data, start, end):
                if wire == VARINT and number == 1:
                    head.exit_code = signed(value)
                elif wire == VARINT and number == 2:
                    head.exit_runtime = signed(value)
        elif kind == records.ENVIRONMENT:
            _read_environment(data, start, end, head)

    def _decode(self, unread: Iterable[int]) -> None:
        """What the last of each key of the config, the summary and the machine metrics says."""
        head = self.head
        config, bad_config = self.config.result()
        head.summary, bad_summary = self.summary.result()
        head.system, bad_system = self.system.result()
        for key, value in config.items():
            # W&B's wrapper is taken off: a dict of the user's own that has a `value` has no `desc` beside it.
            is_wrapped = isinstance(value, dict) and value.keys() == {"value", "desc"}
            (head.internal_config if key == "_wandb" else head.config)[key] = value["value"] if is_wrapped else value
        for space, fold in (("config", self.config), ("summary", self.summary), ("system", self.system)):
            head.outsize.update({f"{space}.{name}": what for name, what in fold.outsize.items()})
        for offset in (*unread, *bad_config, *bad_summary, *bad_system):
            head.damages.append(Damage(offset, DamageKind.RECORD, offset, 1))


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
