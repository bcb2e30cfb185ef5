"""Looks through all of a store: what is damaged, and what a killed writer left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from runql.sources.store.duck import Duck
from runql.sources.store.remote import FarFile, remote_of
from runql.sources.store.table import StorePart, Version, newest_number
from runql.sources.store.upkeep.leftovers import orphans
from runql.sources.store.views import trouble_of
from runql.sources.store.writer import digest_of
from runql.text.frozen import frozen

GRACE_SECONDS: Final = 86_400.0
"""A file that no version has is left alone for so long: it may be that of a writer at work."""


@frozen
class DamagedPart:
    """A part of a store that is not as it was written."""

    part: StorePart
    trouble: str


def damages(folder: Path, version: Version) -> Iterator[DamagedPart]:
    """The parts of a version that are not as they were written, by every byte of them."""
    duck, remote = Duck(), remote_of(folder)
    there = None if remote is None else remote.files()
    try:
        for part in version.parts:
            trouble = trouble_of(folder / part.path, part, duck) or _other_bytes(folder, part)
            if trouble is not None and remote is not None:  # the copy alone may be damaged
                remote.restore(part.path, part.size)
                trouble = trouble_of(folder / part.path, part, duck) or _other_bytes(folder, part)
            if trouble is None and there is not None:
                trouble = _elsewhere(part, there)
            if trouble is not None:
                yield DamagedPart(part, trouble)
    finally:
        duck.close()


def _elsewhere(part: StorePart, there: Mapping[str, FarFile]) -> str | None:
    """What is wrong with a part where the store is, of which the copy here is whole."""
    found = there.get(part.path)
    if found is None:
        return "it is not in the object store"
    return None if found.size == part.size else f"it has {found.size:,} bytes of {part.size:,} in the object store"


def _other_bytes(folder: Path, part: StorePart) -> str | None:
    digest = part.path.removesuffix(".parquet").rpartition("-")[2]
    try:
        return None if digest_of(folder / part.path) == digest else "its bytes are not those that were written"
    except OSError as error:
        return error.strerror or str(error)


def sweep(folder: Path, version: Version) -> int:
    """Delete what killed writers left long enough ago, and give how many files that were."""
    if newest_number(folder) != version.number:
        return 0  # a version that cannot be read may have files that this one does not
    left = orphans(folder, version, GRACE_SECONDS)
    remote = remote_of(folder)
    if remote is not None:
        return remote.delete(path.as_posix() for path in left) if left else 0
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
