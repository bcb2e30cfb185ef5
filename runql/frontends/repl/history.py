"""The queries of earlier prompts: a file that several prompts write, that nobody else reads, and that loses nothing.

One line of JSON an entry, oldest first, so that an entry of several lines stays one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from prompt_toolkit.history import History

from runql.text.replace import replace_with, write_whole
from runql.text.signals import undisturbed

FILE_NAME: Final = "history.jsonl"
_LOCK_NAME: Final = "history.lock"
_SLACK: Final = 1.2
"""How many times the entries that are kept a file may hold before it is written anew."""


class QueryHistory(History):
    """Entries in memory and, if there is a folder, in its file.

    Args:
        folder: Where the file is; none keeps everything in memory.
        most: How many entries are kept for the next time; 0 keeps none.
        without_secrets: What of an entry may be written; nothing if it gives an empty text.
        say: Told, once, of what could not be read or written.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        most: int,
        without_secrets: Callable[[str], str],
        say: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._file = HistoryFile(folder, most) if folder is not None and most > 0 else None
        self._most = most
        self._without_secrets = without_secrets
        self._say = say
        self._told = False

    def load_history_strings(self) -> Iterable[str]:
        """The entries of the file, newest first."""
        if self._file is None:
            return ()
        try:
            entries, said = self._file.read()
        except OSError as error:
            self._tell(f"the history of earlier queries cannot be read: {_reason(error)}")
            return ()
        if said:
            self._tell(said)
        return entries[::-1]

    def append_string(self, string: str) -> None:
        """Add an entry, unless it is the last one again."""
        if not string.strip() or (self._loaded_strings and self._loaded_strings[0] == string):
            return
        super().append_string(string)

    def store_string(self, string: str) -> None:
        """Write an entry, without what is secret; none that begins with a space."""
        kept = "" if string[:1].isspace() else self._without_secrets(string)
        if self._file is None or not kept:
            return
        try:
            self._file.append(kept)
        except OSError as error:
            self._tell(f"queries are not kept for the next time: {_reason(error)}")

    def _tell(self, text: str) -> None:
        if not self._told:
            self._told = True
            self._say(text)


class HistoryFile:
    """The file, as one of several prompts uses it: readable by its owner alone from its first byte on."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME
        self._most = most
        self._last: str | None = None

    def read(self) -> tuple[list[str], str]:
        """The entries, oldest first, and what is to be said of lines that are none: they are kept in a file aside.

        Raises:
            OSError: the file is there and cannot be read.
        """
        try:
            self._path.stat()
        except FileNotFoundError:
            return [], ""
        with self._locked():
            raw = self._path.read_bytes()
            entries, damaged = _parsed(raw)
            said = ""
            if damaged:
                aside = self._set_aside(raw)
                lines = "a line" if damaged == 1 else f"{damaged:,} lines"
                said = f"{lines} of the history could not be read: the whole of it is kept in `{aside}`"
            if damaged or len(entries) > self._most * _SLACK:
                entries = entries[-self._most :]
                self._replace(entries)
        self._last = entries[-1] if entries else None
        return entries, said

    def append(self, text: str) -> None:
        """Add an entry behind those of all prompts, unless it is the last one of this prompt again.

        Raises:
            OSError: it cannot be written.
        """
        if text == self._last:
            return
        with self._locked():
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                _private(handle)
                line = _line(text)
                if _lacks_line_end(self._path):
                    line = b"\n" + line
                _append_whole(handle, line)
            finally:
                os.close(handle)
        self._last = text

    def _set_aside(self, raw: bytes) -> Path:
        """A file of its own with all that was there."""
        number = 1
        while True:
            aside = self._folder / f"{FILE_NAME}.damaged-{number}"
            try:
                handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                number += 1
                continue
            try:
                write_whole(handle, raw)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise
            finally:
                os.close(handle)
            return aside

    def _replace(self, entries: list[str]) -> None:
        replace_with(self._path, b"".join(map(_line, entries)), mode=0o600)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone with the file, as far as the system has locks: where it has none, each write is one piece anyway."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)


def _lock(handle: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    fcntl.flock(handle, fcntl.LOCK_EX)


def _private(handle: int) -> None:
    """A file that somebody opened to others is closed to them again."""
    if hasattr(os, "fchmod"):
        os.fchmod(handle, 0o600)


def _append_whole(handle: int, line: bytes) -> None:
    """Add a line, or nothing of it: what a full disk took of it is taken away again."""
    size = os.fstat(handle).st_size
    try:
        with undisturbed():
            write_whole(handle, line)
    except OSError:
        os.ftruncate(handle, size)
        raise


def _lacks_line_end(path: Path) -> bool:
    """Whether the last line was cut off, by a full disk or a crash."""
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _line(text: str) -> bytes:
    entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "query": text}
    return json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _parsed(raw: bytes) -> tuple[list[str], int]:
    """The entries without those that repeat the one before, and how many lines are none."""
    entries: list[str] = []
    damaged = 0
    for line in raw.splitlines():
        text = _entry(line) if line.strip() else ""
        if text is None:
            damaged += 1
        elif text and entries[-1:] != [text]:
            entries.append(text)
    return entries, damaged


def _entry(line: bytes) -> str | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    text = entry.get("query") if isinstance(entry, dict) else None
    return text if isinstance(text, str) else None


def _reason(error: OSError) -> str:
    where = f" (`{error.filename}`)" if error.filename else ""
    return f"{error.strerror or error}{where}"
