"""Files that no version has, or none that anybody still reads: by the entries of the log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runql.sources.store.layout import PARTITION, Fact
from runql.sources.store.remote import remote_of
from runql.sources.store.table import LOG, Version, is_own, vacuum


def _actions(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    """What the entries of the log say that was added or removed, in their order."""
    for path in sorted((folder / LOG).glob("*.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            action = json.loads(line).get(kind)
            if action is not None:
                yield action


def _ever(folder: Path) -> set[str]:
    """The paths of all parts that any version had, by the entries of the log."""
    return {str(action["path"]) for action in _actions(folder, "add")}


def _let_go(folder: Path) -> dict[str, int]:
    """The paths of the parts that others took the place of, and when, in milliseconds."""
    return {str(action["path"]): int(action["deletionTimestamp"]) for action in _actions(folder, "remove")}


def orphans(folder: Path, found: Version, older_than_seconds: float = 0.0) -> list[Path]:
    """The files of parts that no version has, nor had: what a writer left that was killed, or that still writes.

    `found` is the newest version.
    """
    known = {part.path for part in found.parts} | _ever(folder)
    before = time.time() - older_than_seconds
    remote = remote_of(folder)
    if remote is not None:
        there = remote.files().values()
        old = [Path(file.path) for file in there if file.path not in known and file.modified.timestamp() <= before]
        return [path for path in old if is_own(path.name)]
    left = []
    for fact in Fact:
        home = folder / f"{PARTITION}={fact.value}"
        for path in sorted(home.iterdir()) if home.is_dir() and not home.is_symlink() else ():
            if (
                is_own(path.name)
                and path.relative_to(folder).as_posix() not in known
                and path.stat().st_mtime <= before
            ):
                left.append(path)
    return left


def delete_past(folder: Path, grace_seconds: float) -> int:
    """Delete files that no version has had for so long, and give how many. Raises `OutputError`."""
    remote = remote_of(folder)
    if remote is None:
        return vacuum(folder, grace_seconds)
    before = (time.time() - grace_seconds) * 1000
    return remote.delete([path for path, moment in _let_go(folder).items() if moment <= before])
