"""The log of a store elsewhere, as it is known here: which entries there are, and the same entries in a folder."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from runql.sources.store.objects.bucket import Bucket
from runql.sources.store.objects.many import side_by_side
from runql.sources.store.remote import MARK, FarFile
from runql.sources.store.table import LOG
from runql.text.frozen import frozen

KNOWN: Final = ".log"
"""The folder of a copy that has the log of the store as it is there, before the parts are here."""
_ENTRY: Final = re.compile(rf"{LOG}/(\d{{20}})\.json", re.ASCII)
_CHECKPOINT: Final = re.compile(rf"{LOG}/(\d{{20}})\.checkpoint\.parquet", re.ASCII)
_LAST: Final = "_last_checkpoint"
_BEHIND: Final = 40
"""So many entries before the newest known one are listed again: a checkpoint is written after its entry."""


@frozen
class MirrorNote:
    """What a copy says of itself: of which store it is, the newest entry that is known with its tag, and when the store
    was asked."""

    address: str
    newest: int = -1
    tag: str = ""
    looked: datetime | None = None


def read_note(folder: Path) -> MirrorNote | None:
    """The note of a copy; `None` where there is none that can be read."""
    try:
        told = json.loads((folder / MARK).read_bytes())
        looked = None if told["looked"] is None else datetime.fromisoformat(told["looked"])
        return MirrorNote(str(told["address"]), int(told["newest"]), str(told["tag"]), looked)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_note(folder: Path, address: str, newest: int, tag: str) -> MirrorNote:
    """Note what is known of a store as of now."""
    note = MirrorNote(address, newest, tag, datetime.now(UTC))
    told = {"address": address, "newest": newest, "tag": tag, "looked": datetime.now(UTC).isoformat()}
    put_here(folder / MARK, json.dumps(told).encode())
    return note


def put_here(path: Path, content: bytes) -> None:
    """Write a file whole, in the place of one that may be there."""
    scratch = path.with_name(f".{secrets.token_hex(8)}.part")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        scratch.write_bytes(content)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def entry_name(number: int) -> str:
    """The path of an entry of the log."""
    return f"{LOG}/{number:020}.json"


def fetch_log(bucket: Bucket, folder: Path, note: MirrorNote | None) -> tuple[int, str] | None:
    """Bring the known log of a copy up to date; gives its newest entry and that entry's tag, `None` for no store.

    A store that was dropped and made anew is told by the tag of the entry that was the newest: then all is read again.
    """
    known = folder / KNOWN
    if note is not None and note.newest >= 0 and (known / entry_name(note.newest)).is_file():
        first = note.newest - _BEHIND
        listed = bucket.files(LOG, None if first <= 0 else entry_name(first - 1))
        entries = _entries(listed)
        if note.newest in entries and entries[note.newest].tag == note.tag:
            new = [entries[number] for number in _unbroken(entries, note.newest)]
            _add(bucket, known, new, _checkpoints(listed))
            newest = _unbroken(entries, note.newest)
            return (newest[-1], entries[newest[-1]].tag) if newest else (note.newest, note.tag)
    return _fetch_anew(bucket, folder)


def _fetch_anew(bucket: Bucket, folder: Path) -> tuple[int, str] | None:
    listed = bucket.files(LOG)
    entries = _entries(listed)
    numbers = _unbroken(entries, min(entries) - 1) if entries else []
    if not numbers:
        return None
    fresh = folder / f".{secrets.token_hex(8)}.log"
    try:
        _add(bucket, fresh, [entries[number] for number in numbers], _checkpoints(listed))
        first = entry_name(numbers[0])
        if _is_of_another(folder, fresh, first):
            remove(folder / LOG)
        if _is_of_another(folder / KNOWN, fresh, first):
            remove(folder / KNOWN)
        _take_place(fresh, folder / KNOWN)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return numbers[-1], entries[numbers[-1]].tag


def remove(folder: Path) -> None:
    """Delete a folder, whole or not at all for who looks at it."""
    aside = folder.with_name(f".{secrets.token_hex(8)}.old")
    with suppress(FileNotFoundError):
        folder.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _is_of_another(folder: Path, fresh: Path, first: str) -> bool:
    """Whether a folder has the log of another store than that whose first entry was just read."""
    try:
        return (folder / first).read_bytes() != (fresh / first).read_bytes()
    except OSError:
        return (folder / LOG).is_dir() and any((folder / LOG).iterdir())


def _take_place(fresh: Path, known: Path) -> None:
    """Put a log in its place; one that is there, perhaps of another process just now, gets what it lacks."""
    with suppress(OSError):
        fresh.rename(known)
        return
    for path in sorted((fresh / LOG).iterdir(), key=lambda path: (not path.name.endswith(".json"), path.name)):
        if not (known / LOG / path.name).is_file():
            put_here(known / LOG / path.name, path.read_bytes())


def _entries(listed: Iterable[FarFile]) -> dict[int, FarFile]:
    return {int(match[1]): file for file in listed if (match := _ENTRY.fullmatch(file.path))}


def _checkpoints(listed: Iterable[FarFile]) -> list[FarFile]:
    return [file for file in listed if _CHECKPOINT.fullmatch(file.path)]


def _unbroken(entries: Iterable[int], behind: int) -> list[int]:
    """The numbers behind one, as far as none is missing."""
    there, numbers = set(entries), []
    while behind + 1 in there:
        behind += 1
        numbers.append(behind)
    return numbers


def _add(bucket: Bucket, known: Path, entries: Iterable[FarFile], checkpoints: Iterable[FarFile]) -> None:
    """Read entries, and put them into the log in their order."""
    (known / LOG).mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = [file.path for file in (*entries, *checkpoints) if not (known / file.path).is_file()]
    found = side_by_side(bucket.read, wanted)
    by_path = dict(zip(wanted, found, strict=True))
    for path in sorted(wanted, key=lambda path: (_CHECKPOINT.fullmatch(path) is not None, path)):
        content = by_path[path]
        if content is not None:
            put_here(known / path, content)
    newest = max((match[1] for path in wanted if (match := _CHECKPOINT.fullmatch(path))), default=None)
    last = bucket.read(f"{LOG}/{_LAST}") if newest is not None else None
    if last is not None and _is_here(last, known):
        put_here(known / LOG / _LAST, last)


def _is_here(last: bytes, known: Path) -> bool:
    """Whether the checkpoint that a note names is one file, which is here."""
    try:
        number = int(json.loads(last)["version"])
    except (ValueError, KeyError, TypeError):
        return False
    return (known / LOG / f"{number:020}.checkpoint.parquet").is_file()


def publish(folder: Path) -> None:
    """Have what is known of the log in the copy too: its parts are here."""
    here = folder / LOG
    here.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted((folder / KNOWN / LOG).iterdir(), key=lambda path: (not path.name.endswith(".json"), path.name)):
        if path.name.startswith("."):
            continue
        if path.name == _LAST or not (here / path.name).is_file():
            put_here(here / path.name, path.read_bytes())


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder with the known log alone, in which a version can be made before it is anywhere."""
    stage = folder / f".{secrets.token_hex(8)}.stage"
    (stage / LOG).mkdir(mode=0o700, parents=True)
    known = folder / KNOWN / LOG
    try:
        for path in known.iterdir() if known.is_dir() else ():
            if not path.name.startswith("."):
                _link(path, stage / LOG / path.name)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _link(path: Path, to: Path) -> None:
    if path.name != _LAST:  # that one is written anew in its place
        with suppress(OSError):
            to.hardlink_to(path)
            return
    shutil.copyfile(path, to)


def made_checkpoints(stage: Path, folder: Path) -> list[Path]:
    """What was made in a stage beside an entry: checkpoints, and last what names the newest of them."""
    known = folder / KNOWN / LOG
    new = [path for path in (stage / LOG).glob("*.checkpoint.parquet") if not (known / path.name).is_file()]
    return [*sorted(new), *((stage / LOG / _LAST,) if new else ())]
