"""What the system says of files: names and reasons as messages show them, and which a process has open for writing."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

QUIET_SECONDS: Final = 300
"""After so long without a sign of life nobody writes any more. (W&B's server waits as long for a heartbeat.)"""

_PROC: Final = Path("/proc")


def printable(text: str) -> str:
    """A name without anything that a terminal would take for a command."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def reason(problem: OSError) -> str:
    """Why the system refused, in lower case."""
    return (problem.strerror or str(problem)).lower()


def open_for_writing(paths: Collection[str]) -> frozenset[str] | None:
    """Those of the files that a process has open for writing; `None` where the system does not tell.

    Only the processes of this machine that this user may look into are seen.
    """
    if not (_PROC / "self" / "fd").is_dir():
        return None
    wanted = frozenset(paths)
    found: set[str] = set()
    for process in _PROC.iterdir() if wanted else ():
        if not process.name.isdigit():
            continue
        try:
            descriptors = list((process / "fd").iterdir())
        except OSError:
            continue  # it has ended, or belongs to someone else
        for descriptor in descriptors:
            try:
                target = str(descriptor.readlink())
            except OSError:
                continue  # it was closed while we looked
            if target in wanted and target not in found and _writes(process / "fdinfo" / descriptor.name):
                found.add(target)
    return frozenset(found)


def _writes(info: Path) -> bool:
    try:
        text = info.read_text()
    except OSError:
        return False
    flags = next((line.split()[1] for line in text.splitlines() if line.startswith("flags:")), "0")
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY
