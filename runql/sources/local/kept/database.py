"""The one place where RunQL speaks to SQLite: rows of bytes with a digest, in a file of the user's own cache.

A file that cannot be read, or of which a digest is not right, is as good as none. Nothing is open between two calls;
any process may write at any time.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar
from zlib import crc32

from runql.text.frozen import frozen

if TYPE_CHECKING:
    import sqlite3

SUFFIX: Final = ".kept"
_UNUSED_SECONDS: Final = 60 * 86_400
_WAITS_SECONDS: Final = 0.2

T = TypeVar("T")
KeptTable: TypeAlias = Literal["heads", "logged", "catalogs", "pictures"]
KeptRow: TypeAlias = tuple[bytes, bytes, bytes]
"""What is kept under which name, and the stamp of what it was made of: name, stamp, body."""

_TABLES: Final[tuple[KeptTable, ...]] = ("heads", "logged", "catalogs", "pictures")
_MAKES: Final = {
    table: f"create table if not exists {table} (name blob primary key, stamp blob, body blob, digest integer)"
    for table in _TABLES
}
_READS: Final = {table: f"select name, stamp, body, digest from {table}" for table in _TABLES}
_WRITES: Final = {table: f"insert or replace into {table} values (?, ?, ?, ?)" for table in _TABLES}
_DELETES: Final = {table: f"delete from {table} where name = ?" for table in _TABLES}


@frozen
class KeptDatabase:
    """A file of rows. It is made with the first row, in a folder for the user alone."""

    file: Path

    def rows(self, table: KeptTable, names: Sequence[bytes] | None = None) -> Iterator[KeptRow]:
        """What a table holds, all or of some names, and is as it was written by this version of RunQL."""
        if not _is_own(self.file):
            return

        def read(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            if names is None:
                return connection.execute(_READS[table]).fetchall()
            found = (connection.execute(f"{_READS[table]} where name = ?", (name,)).fetchone() for name in names)
            return [row for row in found if row is not None]

        nothing: list[tuple[Any, ...]] = []
        for name, stamp, body, digest in self._do(read, nothing):
            are_bytes = isinstance(name, bytes) and isinstance(stamp, bytes) and isinstance(body, bytes)
            if are_bytes and digest == _digest(name, stamp, body):
                yield name, stamp, body

    def write(self, table: KeptTable, rows: Iterable[KeptRow], gone: Iterable[bytes] = ()) -> bool:
        """Keep rows, in the place of those of the same names; let go of some names in all tables.

        Whether it was done."""
        made, left = [*rows], [(name,) for name in gone]

        def written(connection: sqlite3.Connection) -> bool:
            with connection:
                for each in _TABLES:
                    connection.execute(_MAKES[each])
                    connection.executemany(_DELETES[each], left)
                connection.executemany(_WRITES[table], [(*row, _digest(*row)) for row in made])
            return True

        return bool(made or left) and self._is_made() and self._do(written, False)

    def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """What a piece of work on the file gives; where that fails the logs are read, as without the file."""
        try:
            import sqlite3
        except ImportError:  # a Python may be built without it
            return otherwise
        try:
            with closing(sqlite3.connect(self.file, timeout=_WAITS_SECONDS, isolation_level="IMMEDIATE")) as connection:
                connection.execute("pragma synchronous = off")
                found = work(connection)
            os.utime(self.file)
        except sqlite3.OperationalError:
            return otherwise  # another process writes just now, nothing was written yet, or there is no room
        except (sqlite3.Error, OSError):
            with suppress(OSError):
                self.file.unlink(missing_ok=True)  # it is damaged
            return otherwise
        return found

    def _is_made(self) -> bool:
        """Make the file, for the user alone. Whether it is there, and theirs."""
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.file.exists():
                _let_go(self.file.parent)
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
        except OSError:
            return False  # a full or read-only disk
        return _is_own(self.file)


def _is_own(file: Path) -> bool:
    """Whether a file is there, and nobody but the user can have written it."""
    try:
        found = file.lstat()
    except OSError:
        return False
    if not stat.S_ISREG(found.st_mode):
        return False
    return not hasattr(os, "geteuid") or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)


def _let_go(folder: Path) -> None:
    """Delete what was not asked for in a long time."""
    before = time.time() - _UNUSED_SECONDS
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def _digest(name: bytes, stamp: bytes, body: bytes) -> int:
    return crc32(body, crc32(stamp, crc32(name, _reader())))


@cache
def _reader() -> int:
    """A number of the code that reads logs, and of this Python: what another one kept is as good as none."""
    told = [sys.version]
    for folder in (
        "sources",
        "sources/local",
        "sources/local/kept",
        "sources/local/side_files",
        "sources/files",
        "semantic",
    ):
        for path in sorted((Path(__file__).parents[3] / folder).glob("*.py")):
            found = path.stat()
            told.append(f"{path.name} {found.st_size} {found.st_mtime_ns}")
    return crc32("\n".join(told).encode())
