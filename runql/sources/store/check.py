"""Looks through all of a store: what is damaged, and what a killed writer left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from runql.sources.store.duck import Duck
from runql.sources.store.table import StorePart, Version, newest_number, orphans
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
    duck = Duck()
    try:
        for part in version.parts:
            trouble = trouble_of(folder / part.path, part, duck) or _other_bytes(folder, part)
            if trouble is not None:
                yield DamagedPart(part, trouble)
    finally:
        duck.close()


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
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
