"""Whether somebody still writes to a run file that has no exit record."""

from __future__ import annotations

import os
import platform
import time
from typing import Final

from runql.sources.files.writers import QUIET_SECONDS
from runql.sources.local.discover import RunFile
from runql.sources.local.head import Head

_LAG_SECONDS: Final = 900


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
