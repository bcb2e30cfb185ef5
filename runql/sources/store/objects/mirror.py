"""The copy of a store that is in an object store: what is new there is fetched, what is made here is put there.

Parts do not change, so each is fetched once. A version is seen in the copy once all its parts are here; it is made by
an entry of the log that is put there last, and only if no other writer's is there.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import RLock
from typing import Final

from runql.errors import OutputError, SourceError
from runql.sources.store import table
from runql.sources.store.layout import PARTITION, Fact
from runql.sources.store.objects import log
from runql.sources.store.objects.addresses import ObjectAddress
from runql.sources.store.objects.bucket import Bucket
from runql.sources.store.objects.many import side_by_side
from runql.sources.store.remote import FarFile, Taken
from runql.sources.store.writer import digest_of

_BESIDE: Final = {"_points": ".parquet", "_catalog": ".json"}
_LOOKED: Final = "_looked.json"
_BESIDE_NAME: Final = re.compile(r"(\d{1,20})-[0-9a-f]{8,64}\.(parquet|json)", re.ASCII)
_MOST_TRIES: Final = 100
_KEEP_SECONDS: Final = 7 * 86_400.0
"""So long a part stays in the copy that the newest version does not have."""


class ObjectMirror:
    """The copy of a store. Threads may share it, and so may processes.

    Args:
        address: Where the store is.
        folder: The folder of the copy.
        asks: Whether the object store is asked at all.
        seconds: The limit of one request.
        on_wait: Told what is being fetched.
    """

    def __init__(
        self,
        address: ObjectAddress,
        folder: Path,
        *,
        asks: bool = True,
        seconds: float | None = None,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.shown = address.shown
        self.folder = folder
        self.asks = asks
        self._address = address
        self._seconds = seconds
        self._on_wait = on_wait
        self._lock = RLock()
        self._looked = float("-inf")
        self._is_there = False
        self._held: Bucket | None = None
        self._whole = -1

    @property
    def bucket(self) -> Bucket:
        """Who speaks to the object store. Raises `SourceError` where nothing does."""
        if self._held is None:
            self._held = Bucket(self._address, self._seconds)
        return self._held

    # ------------------------------------------------------------ reading

    def look(self, *, at_most_every: float = 0.0) -> bool:
        """Bring the copy up to date; whether the store is there. Raises `BackendError`."""
        with self._lock:
            if not self.asks:
                return table.is_store(self.folder)
            if time.monotonic() - self._looked < at_most_every:
                return self._is_there
            with self._here():
                self._make_folder()
                asked: list[Callable[[], object]] = [self.look_at_log, self._fetch_looked]
                self._is_there = bool(side_by_side(lambda ask: ask(), asked)[0])
                if self._is_there:
                    self._fetch_version()
            self._looked = time.monotonic()
            return self._is_there

    @contextmanager
    def _here(self) -> Iterator[None]:
        """Say that the copy cannot be written. Raises `SourceError`."""
        try:
            yield
        except OSError as error:
            message = f"the copy of `{self.shown}` in `{self.folder}` cannot be written: {error.strerror or error}"
            raise SourceError.of("RQL511", message, "`RUNQL_CACHE` names another folder for copies") from error

    def look_at_log(self) -> bool:
        """Bring what is known of the log up to date, and no more; whether the store is there."""
        note = log.read_note(self.folder)
        self._make_folder()
        try:
            found = log.fetch_log(self.bucket, self.folder, note)
        finally:
            with suppress(OSError):
                self.folder.rmdir()  # of a store that is not there
        if found is None:
            return False
        if not table.is_store(self.folder):  # it was made anew
            self._whole = -1
        log.write_note(self.folder, self.shown, *found)
        return True

    def _make_folder(self) -> None:
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def _fetch_version(self, number: int | None = None) -> None:
        """Fetch the parts of the newest known version, or of one of a number, and have it in the copy."""
        newest = table.newest_number(self.folder / log.KNOWN)
        is_here = newest == table.newest_number(self.folder)
        if number is None and is_here and newest == self._whole:
            return
        found = table.version(self.folder / log.KNOWN, self.shown, number)
        self._fetch_parts(found.parts)
        if number is None:
            if not is_here:
                self._fetch_beside()
                log.publish(self.folder)
                self._tidy({part.path for part in found.parts})
            self._whole = -1 if newest is None else newest

    def fetch_version(self, number: int) -> None:
        """Fetch the parts of a version, as far as they are there.

        Raises:
            SourceError: there is no such version, or it is not whole here and nothing is asked.
        """
        with self._lock:
            if self.asks:
                with self._here():
                    self._fetch_version(number)
                return
            missing = sum(not self._has(part) for part in table.version(self.folder, self.shown, number).parts)
            if missing:
                lacks = f"it lacks {missing:,} of its files"
                message = f"version {number:,} of `{self.shown}` is not whole on this computer: {lacks}"
                raise SourceError.of("RQL511", message, "without `--offline` they are fetched")

    def _fetch_parts(self, parts: Iterable[table.StorePart]) -> None:
        missing = [part for part in parts if not self._has(part)]
        size, done = sum(part.size for part in missing), 0

        def fetch(part: table.StorePart) -> None:
            nonlocal done
            self.restore(part.path, part.size)
            done += part.size
            if self._on_wait is not None and done < size:
                self._on_wait(f"{self.shown}: {done / 1e6:,.0f} of {size / 1e6:,.0f} MB are here")

        side_by_side(fetch, missing)

    def _has(self, part: table.StorePart) -> bool:
        try:
            return (self.folder / part.path).stat().st_size == part.size
        except OSError:
            return False

    def restore(self, path: str, size: int) -> None:
        """Fetch a part. One that is gone there, or not as it was written, is not put here: who reads says that."""
        home = (self.folder / path).parent
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = home / f".{secrets.token_hex(8)}.part"
        try:
            if self.bucket.fetch(path, size, scratch) and digest_of(scratch) == _digest_in(path):
                scratch.replace(self.folder / path)
        finally:
            scratch.unlink(missing_ok=True)

    def _fetch_looked(self) -> None:
        """When the store was last found to be as its source; a note of another pull says nothing."""
        content = self.bucket.read(_LOOKED)
        if content is not None and self.folder.is_dir():
            log.put_here(self.folder / _LOOKED, content)

    def _fetch_beside(self) -> None:
        """What was worked out beside the table need not be worked out here."""
        for below in _BESIDE:
            there = [file for file in self.bucket.files(below) if _BESIDE_NAME.fullmatch(file.path.partition("/")[2])]
            for file in there:
                content = None if (self.folder / file.path).is_file() else self.bucket.read(file.path)
                if content is not None:
                    log.put_here(self.folder / file.path, content)
            self._tidy_beside(below)

    def _tidy_beside(self, below: str) -> None:
        for path in self._beside(below)[1:]:
            path.unlink(missing_ok=True)

    def _beside(self, below: str) -> list[Path]:
        """The files of a folder beside the table, the newest first."""
        home = self.folder / below
        named = [path for path in home.iterdir() if _BESIDE_NAME.fullmatch(path.name)] if home.is_dir() else []
        return sorted(named, key=lambda path: int(path.name.partition("-")[0]), reverse=True)

    def _tidy(self, counts: set[str]) -> None:
        """Delete parts of the copy that the newest version does not have, once they are old."""
        before = time.time() - _KEEP_SECONDS
        for path in self.folder.glob(f"{PARTITION}=*/*"):
            with suppress(OSError):
                if path.relative_to(self.folder).as_posix() not in counts and path.stat().st_mtime < before:
                    path.unlink()

    # ------------------------------------------------------------ writing

    def commit(self, write: Callable[[Path], int], paths: Sequence[str], *, again: bool) -> int:
        """Put parts there, then the entry of the log that names them. Raises `Taken` or `OutputError`."""
        with self._lock, self._writing():
            side_by_side(lambda path: self.bucket.write(path, self.folder / path), paths)
            for _ in range(_MOST_TRIES):
                with log.staged(self.folder) as stage:
                    number = write(stage)
                    if self._put_entry(number, stage):
                        return number
                self.look()
                if not again:
                    raise Taken
        raise OutputError.of("RQL506", f"`{self.shown}` cannot be written: others write it all the time")

    def _put_entry(self, number: int, stage: Path) -> bool:
        """Put an entry there unless another one has its number; a request that was sent twice found its own."""
        name = log.entry_name(number)
        content = (stage / name).read_bytes()
        tag = self.bucket.write_new(name, content)
        if tag is None and self.bucket.read(name) != content:
            return False
        for path in log.made_checkpoints(stage, self.folder):
            self.bucket.write(f"{table.LOG}/{path.name}", path)
        log.put_here(self.folder / log.KNOWN / name, content)
        if tag:
            log.write_note(self.folder, self.shown, number, tag)
        log.publish(self.folder)
        self._is_there, self._whole = True, number
        return True

    def forget(self) -> None:
        """Forget the log of a store that is there no more: a new one begins."""
        with self._lock:
            for name in (log.KNOWN, table.LOG):
                log.remove(self.folder / name)
            (self.folder / _LOOKED).unlink(missing_ok=True)
            self._whole = -1

    def keep_beside(self) -> None:
        """Put the files there that stand beside the table, in the place of older ones."""
        with self._lock:
            if (self.folder / _LOOKED).is_file():
                self.bucket.write(_LOOKED, (self.folder / _LOOKED).read_bytes())
            for below in _BESIDE:
                newest = self._beside(below)[:1]
                there = [file.path for file in self.bucket.files(below)]
                new = [path for path in newest if f"{below}/{path.name}" not in there]
                for path in new:
                    self.bucket.write(f"{below}/{path.name}", path)
                    self.bucket.delete(each for each in there if _BESIDE_NAME.fullmatch(each.partition("/")[2]))

    def files(self) -> Mapping[str, FarFile]:
        """The files of parts that are there, by their paths."""
        found = side_by_side(self.bucket.files, [f"{PARTITION}={fact.value}" for fact in Fact])
        return {file.path: file for files in found for file in files}

    def delete(self, paths: Iterable[str]) -> int:
        """Delete parts there and here, and give how many were there."""
        with self._lock, self._writing():
            there = self.files()
            gone = [path for path in paths if path in there]
            self.bucket.delete(gone)
            for path in gone:
                (self.folder / path).unlink(missing_ok=True)
            return len(gone)

    def drop(self) -> None:
        """Delete the store: what a store writes, its log last, so that a cut one can be dropped again; and the copy."""
        with self._lock, self._writing():
            self.bucket.delete(path for path in self.files() if table.is_own(path.rpartition("/")[2]))
            for below in _BESIDE:
                self.bucket.delete(file.path for file in self.bucket.files(below))
            self.bucket.delete([_LOOKED])
            self.bucket.delete(file.path for file in self.bucket.files(table.LOG))
            shutil.rmtree(self.folder, ignore_errors=True)
            self._is_there, self._whole = False, -1

    def _writing(self) -> AbstractContextManager[None]:
        if not self.asks:
            message = f"`{self.shown}` is not written: with `--offline` nothing is sent"
            raise OutputError.of("RQL506", message, "leave `--offline` out")
        return nullcontext()


def _digest_in(path: str) -> str:
    """The digest of its bytes in which the name of a part ends."""
    return path.removesuffix(".parquet").rpartition("-")[2]
