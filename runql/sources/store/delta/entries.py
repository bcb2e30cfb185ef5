"""Entries of the log of a store that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from runql.text.frozen import frozen

_CHECKPOINT: Final = ".checkpoint.parquet"


@frozen
class DamagedEntry:
    """An entry of the log that is not as it was written: the name of its file, the version that it makes."""

    name: str
    number: int
    trouble: str


def _entries(log: Path) -> list[Path]:
    """The entries that are read, in their order: those behind the newest checkpoint. None of what is no table."""
    names = sorted(path.name for path in log.iterdir()) if log.is_dir() else []
    newest = max((name[:20] for name in names if name.endswith(_CHECKPOINT)), default="")
    entries = (name for name in names if name.endswith(".json") and name[:20].isdigit())
    return [log / name for name in entries if name[:20] > newest]


def hole_in(log: Path, number: int) -> DamagedEntry | None:
    """The first entry up to a version that has no bytes, which Delta Lake takes for one that adds nothing."""
    empty = (path for path in _entries(log) if int(path.name[:20]) <= number and not path.stat().st_size)
    return next((DamagedEntry(path.name, int(path.name[:20]), "it has no bytes") for path in empty), None)


def damaged_entries(log: Path) -> Iterator[DamagedEntry]:
    """The entries that cannot be read: each of their lines is JSON."""
    for path in _entries(log):
        try:
            lines = path.read_bytes().splitlines()
            trouble = None if lines and all(isinstance(json.loads(line), dict) for line in lines) else "it has no bytes"
        except (OSError, ValueError) as error:
            trouble = error.strerror or str(error) if isinstance(error, OSError) else "it is no JSON"
        if trouble is not None:
            yield DamagedEntry(path.name, int(path.name[:20]), trouble)
