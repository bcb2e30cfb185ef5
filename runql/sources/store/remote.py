"""A store that is kept elsewhere, in an object store: its folder here is a copy of it, and a write goes there first.

Who opens such a store attaches it to the folder of its copy; whoever reads reads the folder, as that of any store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from runql.errors import OutputError
from runql.text.frozen import frozen

MARK: Final = "_mirror.json"
"""The file of a folder that is the copy of a store elsewhere; it says of which."""


class Taken(Exception):  # noqa: N818 - it says what is so
    """Another writer has made the version that was to be made."""


@frozen
class FarFile:
    """A file as the object store has it."""

    path: str
    size: int
    modified: datetime
    tag: str = ""


class RemoteStore(Protocol):
    """A store elsewhere. `shown`: its address. `asks`: whether it is asked at all, or the copy as it is."""

    shown: str
    asks: bool

    def look(self, *, at_most_every: float = 0.0) -> bool:
        """Bring the copy up to date, unless that was done so many seconds ago; whether the store is there."""

    def commit(self, write: Callable[[Path], int], paths: Sequence[str], *, again: bool) -> int:
        """Put files of the copy there, then one more version, which `write` makes in a folder that has the log alone.

        `again`: where another writer was first, it is made anew behind that. Raises `Taken` if not.
        """

    def forget(self) -> None:
        """Forget what is known of the log: the store is not there any more, and a new one begins."""

    def fetch_version(self, number: int) -> None:
        """Fetch the parts of an earlier version, as far as they are there."""

    def files(self) -> Mapping[str, FarFile]:
        """The files of parts that are there, of any version or none, by their paths."""

    def restore(self, path: str, size: int) -> None:
        """Fetch a part anew."""

    def delete(self, paths: Iterable[str]) -> int:
        """Delete parts, and give how many were there."""

    def keep_beside(self) -> None:
        """Put the files there that stand beside the table."""

    def drop(self) -> None:
        """Delete the store, and the copy."""


_ATTACHED: Final[dict[Path, RemoteStore]] = {}


def attach(folder: Path, remote: RemoteStore) -> None:
    """Say of what a folder is the copy, for as long as this process runs."""
    _ATTACHED[folder] = remote


def remote_of(folder: Path) -> RemoteStore | None:
    """The store that a folder is the copy of; `None` for a store that is there itself."""
    return _ATTACHED.get(folder)


def written_remote(folder: Path) -> RemoteStore | None:
    """The same, for who writes. Raises `OutputError` for a copy that was opened by its path."""
    remote = remote_of(folder)
    if remote is None and (folder / MARK).exists():
        message = f"`{folder}` is the copy of a store in an object store, and is not written"
        raise OutputError.of("RQL506", message, "name the store by its address: `store:s3://BUCKET/PATH`")
    return remote


def look(folder: Path, *, at_most_every: float = 0.0) -> None:
    """Bring a folder up to date, if it is a copy."""
    remote = remote_of(folder)
    if remote is not None:
        remote.look(at_most_every=at_most_every)


def keep_beside(folder: Path) -> None:
    """Put what stands beside the table where the store is, if that is elsewhere."""
    remote = remote_of(folder)
    if remote is not None:
        remote.keep_beside()


def asked_before(folder: Path) -> str:
    """What is asked of an object store before a question is answered; nothing of a store that is here."""
    remote = remote_of(folder)
    if remote is None or not remote.asks:
        return ""
    return "2, for what is new in the object store, and one for each file of it; then the runs are on this computer"


def place_shown(folder: Path) -> str:
    """Where a store is, for those who want to know it."""
    remote = remote_of(folder)
    if remote is None:
        return str(folder)
    return f"{remote.shown}; its files are here in {folder}"
