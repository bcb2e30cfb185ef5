"""The rows of a run from all its folders, as whole columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from functools import partial
from math import inf
from pathlib import Path
from typing import TypeAlias

from runql.engine.values.column import column_of, constant
from runql.engine.values.concat import concat_columns
from runql.semantic.huge_values import outsize_notice
from runql.semantic.values import MISSING, Value
from runql.sources.files.system import printable, reason
from runql.sources.files.wire import MalformedWire
from runql.sources.local import records
from runql.sources.local.bulk import MOST_ROWS, Found, read_rows
from runql.sources.local.head import Head, LogState
from runql.sources.local.history import STEP, HistoryReader
from runql.sources.local.notices import bad_lines, file_notices, overlapping, torn, unnumbered, unreadable
from runql.sources.local.records import Damage, DamageKind, Frames
from runql.sources.local.run import LocalRun, Segment
from runql.sources.local.samples import SampleReader
from runql.sources.local.side_files import jsonl
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable

_Row: TypeAlias = tuple[bytes, int, int, int, bool]
"""Its bytes, its start and its end in them, its place in the file, and whether it may be numbered by counting."""

Columns = dict[str, Sequence[Value]]


@changeable
class Rows:
    """Columns of equal length in the order of the steps, and what is to be said about them."""

    columns: Columns = field(default_factory=dict)
    notices: list[Diagnostic] = field(default_factory=list)


def logged_rows(run: LocalRun, keys: Iterable[str] | None, *, in_bulk: bool = False) -> Rows:
    """What a run logged: `_step` and the wanted metrics (all with `None`), nested ones by names joined with dots.

    `in_bulk`: it is part of so much that rows are worth reading by NumPy; they are the same. The rows of a fork begin
    with those of the run that it was forked from; what a rewind abandoned is left out.
    """
    rows = Rows()
    parts: list[Columns] = []
    next_step = 0
    for strand in run.strands:
        start = strand.segment.head.starting_step
        first = next_step if start is None else start
        columns = _logged(run, strand.segment, keys, first, rows, in_bulk=in_bulk)
        columns = columns if strand.until == inf else _cut(columns, strand.until)
        if columns:
            parts.append(columns)
            next_step = max(next_step, max(columns[STEP][-1:]) + 1)
    if len(parts) == 1:
        rows.columns = parts[0]
    elif parts:
        rows.columns = _joined(parts)
        _put_in_order(run.record.id, parts, rows)
    return rows


def _logged(
    run: LocalRun, segment: Segment, keys: Iterable[str] | None, first: int, rows: Rows, *, in_bulk: bool
) -> Columns:
    """The rows of one folder."""
    if segment.head.history is not None:
        return _read_lines(segment, segment.head.history, rows, partial(jsonl.history, keys=keys, starting_step=first))
    reader = HistoryReader(keys, first)
    batches = Batches(reader) if in_bulk else None
    is_read = _read(segment, records.HISTORY, reader.add, rows.notices, batches)
    if reader.outsize:
        rows.notices.append(outsize_notice(run.record.id, reader.outsize))
    if reader.unnumbered:
        rows.notices.append(unnumbered(run.record.id, reader.unnumbered))
    if not is_read or not reader.steps:
        return {}
    every = list(range(len(reader.steps)))
    logged = {name: cells.dense(every) for name, cells in reader.columns.items() if cells.rows}
    return {STEP: column_of(reader.steps), **logged}


def _cut(columns: Columns, until: float) -> Columns:
    """The rows up to a step."""
    kept = [row for row, step in enumerate(columns.get(STEP, ())) if step <= until]
    if len(kept) == len(columns.get(STEP, ())):
        return columns
    return {name: [cells[row] for row in kept] for name, cells in columns.items()} if kept else {}


def system_rows(run: LocalRun, keys: Iterable[str] | None) -> Rows:
    """The machine metrics of a run: `_timestamp`, `_runtime` and the wanted `system.…` columns."""
    rows = Rows()
    parts: list[Columns] = []
    began = min((segment.started for segment in run.segments if segment.started), default=0.0)
    for segment in run.segments:
        if segment.head.events is not None:
            columns = _read_lines(segment, segment.head.events, rows, partial(jsonl.samples, keys=keys))
        else:
            reader = SampleReader(keys, began)
            is_read = _read(segment, records.STATS, reader.add, rows.notices)
            columns = {**reader.columns()} if is_read else {}
        if columns:
            parts.append(columns)
    rows.columns = _joined(parts)
    return rows


def _read_lines(
    segment: Segment, path: Path, rows: Rows, read: Callable[[jsonl.Lines], Mapping[str, Sequence[Value]]]
) -> Columns:
    """The columns of a file of JSON lines; what is wrong with it is said."""
    folder = segment.file.folder or path.parent
    shown = printable(f"{folder.name}/{path.relative_to(folder)}")
    lines = jsonl.Lines(path)
    try:
        columns = {**read(lines)}
    except OSError as problem:
        rows.notices.append(unreadable(shown, reason(problem)))
        return {}
    if lines.bad:
        rows.notices.append(bad_lines(shown, lines.bad))
    if lines.torn:
        rows.notices.append(torn(shown))
    return columns


def _read(
    segment: Segment,
    wanted: int,
    take: Callable[..., None],
    notices: list[Diagnostic],
    batches: Batches | None = None,
) -> bool:
    """Hand every record of a kind to `take` or `batches`, and what is wrong to `notices`. Whether the log could be
    read."""
    if segment.head.log is not LogState.HELD:
        return False
    try:
        with segment.file.path.open("rb") as file:
            frames = Frames(file, os.fstat(file.fileno()).st_size)
            _take_all(frames, wanted, take, batches)
    except OSError as problem:
        notices.append(unreadable(segment.file.shown, reason(problem)))
        return False
    if frames.damages:
        head = Head(frames.size, frames.version, damages=frames.damages)
        notices += file_notices(segment.file.shown, head, running=segment.running)
    return True


def _take_all(frames: Frames, wanted: int, take: Callable[..., None], batches: Batches | None) -> None:
    locate = records.locate
    malformed: list[Damage] = []
    for data, start, end, offset in frames:
        try:
            kind, begin, stop = locate(data, start, end)
            if kind == wanted:
                numbered = not (frames.damages or malformed)
                if batches is None:
                    take(data, begin, stop, numbered=numbered)
                else:
                    batches.add(data, begin, stop, offset, numbered=numbered)
        except MalformedWire:
            malformed.append(Damage(offset, DamageKind.RECORD, offset, 1))
    if batches is not None:
        batches.flush()
        malformed += [Damage(offset, DamageKind.RECORD, offset, 1) for offset in batches.malformed]
        malformed.sort(key=lambda damage: damage.offset)
    frames.damages += malformed


def _joined(parts: Sequence[Columns]) -> Columns:
    """Parts one below the other; a cell of a column that a part has not is missing."""
    if len(parts) < 2:
        return parts[0] if parts else {}
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: concat_columns([part.get(name) or _absent(part) for part in parts]) for name in names}


def _absent(part: Columns) -> Sequence[Value]:
    return constant(MISSING, len(next(iter(part.values()))))


def _put_in_order(run_id: str, parts: Sequence[Columns], rows: Rows) -> None:
    """Rows of several folders by step; of equal steps those of the older folder come first."""
    steps = rows.columns[STEP]
    order = sorted(range(len(steps)), key=steps.__getitem__)
    if order != list(range(len(steps))):
        rows.columns = {name: column_of(cells).take(order) for name, cells in rows.columns.items()}
    folders = Counter(step for part in parts for step in set(part[STEP]))
    twice = sorted(step for step, count in folders.items() if count > 1)
    if twice:
        shared = set(twice)
        sharing = sum(not shared.isdisjoint(part[STEP]) for part in parts)
        rows.notices.append(overlapping(run_id, sharing, len(twice), twice[0], twice[-1]))


class Batches:
    """Collects the rows of one file for a reader. `malformed`: the places of those that are not understood."""

    def __init__(self, reader: HistoryReader) -> None:
        self.malformed: list[int] = []
        self._reader = reader
        self._rows: list[_Row] = []

    def add(self, data: bytes, start: int, end: int, offset: int, *, numbered: bool) -> None:
        """Take in one history record."""
        self._rows.append((data, start, end, offset, numbered))
        if len(self._rows) >= MOST_ROWS:
            self.flush()

    def flush(self) -> None:
        """Give the reader all that was taken in."""
        rows, self._rows = self._rows, []
        reader = self._reader
        alike = read_rows([(data, start, end) for data, start, end, _, _ in rows], reader.wants)
        first = len(reader.steps)
        all_alike = len(alike) == 1 and len(alike[0].places) == len(rows)
        if all_alike:
            reader.add_steps(alike[0].steps)
            numbers = list(range(first, first + len(rows)))
        else:
            numbers = self._number(rows, alike)
        for cells in (cells for found in alike for cells in found.cells):
            is_whole = all_alike and len(cells.places) == len(numbers)
            own = numbers if is_whole else [numbers[place] for place in cells.places]
            reader.add_cells(cells.name, own, cells.values)

    def _number(self, rows: Sequence[_Row], alike: Sequence[Found]) -> list[int]:
        """Gives the reader the steps of the rows that were read, and the other rows to read; the number of each row."""
        reader = self._reader
        steps = {place: step for found in alike for place, step in zip(found.places, found.steps, strict=True)}
        begins: dict[int, list[str]] = {}
        for found in alike:
            for cells in found.cells:
                begins.setdefault(cells.places[0], []).append(cells.name)
        numbers = []
        for place, (data, start, end, offset, numbered) in enumerate(rows):
            numbers.append(len(reader.steps))
            if place in steps:
                reader.add_steps([steps[place]])
                reader.expect(begins.get(place, ()))
                continue
            try:
                reader.add(data, start, end, numbered=numbered and not self.malformed)
            except MalformedWire:
                self.malformed.append(offset)
        return numbers
