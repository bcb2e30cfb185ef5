"""Adds runs to a store. What is committed is whole: all rows of a run, of all facts, or none of them."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from runql.errors import OutputError
from runql.semantic.record import RunHistory, RunRecord
from runql.sources.protocol import RunMetadata, Stream
from runql.sources.store import table
from runql.sources.store.duck import Duck, SqlColumn, Unreadable
from runql.sources.store.layout import FACTS, FACTS_OF_STREAM, PARTITION, AttrSpace, Fact
from runql.sources.store.points import PointRows, columns_of_rows
from runql.sources.store.records import (
    StoredRun,
    attributes_of,
    key_of,
    parts_of,
    plain_of,
    row_of,
    rows_of_metadata,
    written_said,
)
from runql.text.diagnostic import Diagnostic

MOST_CELLS: Final = 2_000_000
"""So many values of histories are held before they are written."""
_MOST_ATTRIBUTES: Final = 500_000
_COMMIT_SECONDS: Final = 5.0
"""After so long what is whole is committed: so much at the most is read again after a cut."""
_BITS_OF_CHANCE: Final = 10
_DIGEST_BYTES: Final = 8


@dataclass(slots=True)
class OpenRun:
    """A run of which rows are added: how many there are so far, and the names of its columns. `metadata`: where it ran,
    if that is known."""

    record: RunRecord
    mark: str
    metadata: RunMetadata | None = None
    rows: dict[Stream, int] = field(default_factory=dict)
    names: dict[Stream, dict[str, None]] = field(default_factory=dict)
    said: dict[Stream, list[Diagnostic]] = field(default_factory=dict)


class StoreWriter:
    """Adds runs to a store, as one pull. One thread at a time; other writers may add at the same time.

    `add` one run after the other, then `commit`. Without it, or where the process ends, what came after the last
    commit is not there. Memory is bounded: rows become files as they come, and are part of the store with a commit.

    Raises:
        OutputError: the store cannot be written.
    """

    def __init__(self, folder: Path, *, newest_pull: int = 0) -> None:
        self._folder = folder
        self._duck = Duck()
        self.pull = _pull_number(newest_pull)
        self.commits = 0
        self.kept = 0
        self.version: int | None = None
        self._place = 0
        self._runs: list[dict[str, Any]] = []
        self._attributes: list[tuple[Any, ...]] = []
        self._points = self._no_points()
        self._parts: list[table.StorePart] = []
        self._since = time.monotonic()
        self._is_broken = False
        self._pulls: list[tuple[Any, ...]] = []
        self._began = datetime.now(UTC)

    def begin(self, record: RunRecord, mark: str) -> OpenRun:
        """Begin a run. It takes the place of the rows that the store has of it so far."""
        return OpenRun(record, mark)

    def add(self, run: OpenRun, stream: Stream, history: RunHistory) -> None:
        """Add rows to a run, behind those that it has."""
        first = run.rows.get(stream, 0)
        if history.length:
            self._points[stream].add(key_of(run.record), history.columns, first)
        run.rows[stream] = first + history.length
        run.names.setdefault(stream, {}).update(dict.fromkeys(history.columns))
        run.said.setdefault(stream, []).extend(history.notices)
        if sum(points.cells for points in self._points.values()) >= MOST_CELLS:
            with self._all_or_nothing():
                self._write_points()

    def end(self, run: OpenRun) -> None:
        """End a run: from the next commit on the store has it."""
        record, key = run.record, key_of(run.record)
        spaces = {*parts_of(record), *([AttrSpace.LOGGED] if record.logged is not None else [])}
        stored = StoredRun(
            run=key,
            pull=self.pull,
            body=self.pull,
            record=record,
            mark=run.mark,
            gone=None,
            last_step=None if record.logged is None else record.logged.last_step,
            parts=frozenset(spaces),
            metrics={stream: tuple(names) for stream, names in run.names.items()},
            said={stream: tuple(dict.fromkeys(said)) for stream, said in run.said.items()},
        )
        self._attributes += [(key, self.pull, *row) for row in attributes_of(record)]
        if run.metadata is not None:
            self._attributes += [(key, self.pull, *row) for row in rows_of_metadata(run.metadata)]
        self._add_row(stored)

    def add_metadata(self, stored: StoredRun, told: RunMetadata) -> None:
        """Add to the rows that the store has of a run where it ran."""
        self._attributes += [(stored.run, stored.body, *row) for row in rows_of_metadata(told)]
        if len(self._attributes) >= _MOST_ATTRIBUTES:
            self.commit()

    def mark_gone(self, stored: StoredRun) -> None:
        """Say of a run that its source has it no more. Its rows stay."""
        self._add_row(replace(stored, pull=self.pull, gone=datetime.now(UTC)))

    def _add_row(self, stored: StoredRun) -> None:
        self._runs.append(row_of(stored, self._place))
        self._place += 1
        if len(self._attributes) >= _MOST_ATTRIBUTES or time.monotonic() - self._since >= _COMMIT_SECONDS:
            self.commit()

    def finish(self, listed: int, said: Sequence[Diagnostic]) -> None:
        """End the pull: what there was to say of its listing is said by every answer until the next one."""
        now = datetime.now(UTC)
        told = written_said({"listing": said})
        self._pulls = [(self.pull, plain_of(self._began), plain_of(now), listed, told)]
        self.commit()

    def commit(self) -> None:
        """Make what was added so far part of the store, as one version.

        Where a write was broken off, by an error or a signal, nothing more is added: some rows of a run may be lost.
        """
        if self._is_broken:
            return
        with self._all_or_nothing():
            runs, attributes = self._runs, self._attributes
            self._runs, self._attributes, self._since = [], [], time.monotonic()
            self._write_points()
            if attributes:
                self._write(Fact.ATTR, columns_of_rows(Fact.ATTR, attributes), len(attributes))
            if runs:
                names = FACTS[Fact.RUNS].columns
                rows = [[row[name] for name in names] for row in runs]
                self._write(Fact.RUNS, columns_of_rows(Fact.RUNS, rows), len(rows))
            pulls, self._pulls = self._pulls, []
            if pulls:
                self._write(Fact.PULLS, columns_of_rows(Fact.PULLS, pulls), len(pulls))
            parts, self._parts = self._parts, []
            if parts:
                self.version = table.commit(self._folder, parts, self.pull)
                self.commits += 1
                self.kept += len(runs)

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        self._is_broken = True
        yield
        self._is_broken = False

    def close(self) -> None:
        """Let go what was not committed. Its files are swept later."""
        self._duck.close()

    def _write_points(self) -> None:
        held, self._points = self._points, self._no_points()
        for stream, points in held.items():
            names = tuple(points.places)
            numbers, others = FACTS_OF_STREAM[stream]
            for fact, columns, rows in points.tables(numbers, others):
                self._write(fact, columns, rows, names, is_sorted=fact is numbers)

    def _no_points(self) -> dict[Stream, PointRows]:
        return {stream: PointRows(self.pull) for stream in FACTS_OF_STREAM}

    def _write(
        self,
        fact: Fact,
        columns: Mapping[str, SqlColumn],
        rows: int,
        names: Sequence[str] = (),
        *,
        is_sorted: bool = False,
    ) -> None:
        home = self._folder / f"{PARTITION}={fact.value}"
        scratch = home / f".{secrets.token_hex(8)}.part"
        try:
            home.mkdir(mode=0o700, exist_ok=True)
            self._duck.write(scratch, columns, () if is_sorted else FACTS[fact].order, names)
            digest, size = settled(scratch)
            path = home / f"part-{self.pull}-{secrets.token_hex(4)}-{digest}.parquet"
            scratch.replace(path)
        except (OSError, Unreadable) as error:
            raise OutputError.of("RQL506", f"the store `{self._folder}` cannot be written: {error}") from error
        self._parts.append(table.StorePart(fact, path.relative_to(self._folder).as_posix(), size, rows))


def digest_of(path: Path) -> str:
    """The digest of a file's bytes that the name of a part ends in. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_DIGEST_BYTES)).hexdigest()


def settled(path: Path) -> tuple[str, int]:
    """The digest and the size of a new file, which is on the disk now."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return digest_of(path), path.stat().st_size


def _pull_number(newest: int) -> int:
    """A number that no other pull has, above that of every earlier one: the time, and chance for two of one moment."""
    now = (time.time_ns() // 1000 << _BITS_OF_CHANCE) | secrets.randbits(_BITS_OF_CHANCE)
    return max(now, newest + 1 + secrets.randbits(_BITS_OF_CHANCE))
