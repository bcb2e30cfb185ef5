"""The newest version of a store as a file beside the table, so that a question need not read the log for it.

`_catalog/newest` has the parts of a version and what the store says of itself, and the names, sizes and times of all
files of the log that said so. While these are the same, the log says the same: its entries are put there whole, and
never changed. Otherwise it is read anew, and kept by whoever can write there. What is wrong with a log is not kept.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from runql.sources.store.layout import LAYOUT
from runql.sources.store.statistics.kept_catalog import FOLDER
from runql.sources.store.table import LOG, About, Version, about, part_of_log, version
from runql.text.frozen import frozen

_NAME: Final = "newest"
_FORM: Final = 1


@frozen
class NewestVersion:
    """The newest version of a store that can be read, and what the store says of itself."""

    about: About
    version: Version


def newest_version(folder: Path, name: str) -> NewestVersion:
    """Read from its file, or else from the log.

    Raises:
        SourceError: there is no store, or one of a layout that this version does not know.
    """
    path, log = folder / FOLDER / _NAME, _files_of_log(folder)
    known = _read(path, log)
    if known is None:
        known = NewestVersion(about(folder, name), version(folder, name))
        is_sure = not known.version.said and log is not None and log == _files_of_log(folder)
        if is_sure and os.access(folder, os.W_OK):
            _write(path, log, known)
    return known


def _files_of_log(folder: Path) -> list[list[Any]] | None:
    """The name, size and time of each file of the log; `None` if that cannot be told."""
    try:
        with os.scandir(folder / LOG) as entries:
            told = [(entry.name, entry.stat()) for entry in entries]
    except OSError:
        return None
    return sorted([name, status.st_size, status.st_mtime_ns] for name, status in told)


def _read(path: Path, log: list[list[Any]] | None) -> NewestVersion | None:
    """What a file says; `None` if it is not there, was cut short, or is of another log."""
    try:
        told = json.loads(path.read_bytes())
        if log is None or told["form"] != [_FORM, LAYOUT] or told["log"] != log:
            return None
        parts = tuple(part_of_log(*given) for given in told["parts"])
        return NewestVersion(About(*told["about"]), Version(told["number"], parts))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, log: list[list[Any]] | None, known: NewestVersion) -> None:
    """Keep what was read. That it cannot be kept costs time alone."""
    import secrets  # with what it loads it takes longer than to read the file

    told = {
        "form": [_FORM, LAYOUT],
        "log": log,
        "about": [known.about.layout, known.about.origin],
        "number": known.version.number,
        "parts": [[part.fact.value, part.path, part.size, part.rows] for part in known.version.parts],
    }
    scratch = path.with_name(f".{secrets.token_hex(8)}")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        scratch.write_text(json.dumps(told, separators=(",", ":")), "utf-8")
        scratch.replace(path)
