"""Whether somebody still writes to a run file that has no exit record."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from runql.backends.local.discover import RunFile
from runql.backends.local.head import Head

QUIET_SECONDS: Final = 300
"""After so long without a sign of life a run counts as crashed. (W&B's server waits as long for a heartbeat.)"""

_LAG_SECONDS: Final = 900
_PROC: Final = Path("/proc")


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
            target = _target(descriptor)
            if target in wanted and target not in found and _writes(process / "fdinfo" / descriptor.name):
                found.add(target)
    return frozenset(found)


def is_running(file: RunFile, head: Head, open_files: frozenset[str] | None) -> bool:
    """Whether a run without an exit record still runs.

    It does if a process has its file open for writing. If none has, and such a process would be seen (the run was
    started on this machine by this user), it does not. Otherwise it does if the file changed in the last five minutes
    and the last record is about as young as the file: a copy is a young file of old records. Where no record tells a
    time, the date in the folder's name does.
    """
    if open_files is not None:
        if str(file.path) in open_files:
            return True
        if head.run.get("host") == platform.node() and os.geteuid() in (0, file.owner):
            return False
    changed = file.mtime_ns / 1e9
    last = last_sign(head) or file.date
    return time.time() - changed < QUIET_SECONDS and (not last or abs(changed - last) < _LAG_SECONDS)


def last_sign(head: Head) -> float:
    """The time of the last record that has one, in seconds since 1970; 0 if none has."""
    logged = head.summary.get("_timestamp")
    last_row = float(logged) if isinstance(logged, int | float) else 0.0
    started: float = head.run.get("started", 0.0)
    return max(head.last_sample, started, last_row, head.sign)


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""  # it was closed while we looked


def _writes(info: Path) -> bool:
    try:
        text = info.read_text()
    except OSError:
        return False
    flags = next((line.split()[1] for line in text.splitlines() if line.startswith("flags:")), "0")
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY
