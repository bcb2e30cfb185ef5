"""When to stop asking again: by how long nothing got through, and by how bad the line is.

A line on which two of three requests fail still brings every row, as long as some get through; one on which nothing
does is given up on after a while. A question that fails while others get through may itself be the reason (a page that
is too large, a run that the server cannot read): how often it must fail before that is believed depends on how often
others fail.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from runql.sources.wandb.failures.failures import Failure, Fault
from runql.text.frozen import frozen

_REMEMBERED = 40
_DOUBT_OF_SIZE = 0.05
"""How likely it may be chance that a question failed so often which is asked in parts then: that costs little."""

_DOUBT_OF_RUN = 1e-6
"""The same for a question whose rows are given up on then."""


@frozen
class Stakes:
    """What happens to a question that keeps failing. `tries`: how often it must fail at least on a good line.

    `isolates`: also where asking for less is no help in itself, since it may be the fault of one run. `final`: its
    rows are given up on; else it is asked for in parts. `doubt`: how likely it may be chance that it fails so often.
    """

    tries: int
    isolates: bool = False
    final: bool = False
    doubt: float | None = None


class RetryVerdict(Enum):
    """What to do after a failure. `HOPELESS`: nothing gets through, so asking for less is no use either."""

    ASK_AGAIN = "ask again"
    GIVE_UP = "give up"
    HOPELESS = "hopeless"


@dataclass(slots=True)
class Attempts:
    """How one question fared so far."""

    started: float = field(default_factory=time.monotonic)
    failed: int = 0
    kind: Fault | None = None
    kind_since: float = 0.0


class Patience:
    """What one line brought lately. Threads may share it. `seconds`: how long to go on while nothing gets through."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._has_met = False
        self._has_come = False
        self._failing_since: float | None = None
        self._last_failed = 0.0
        self._failed_before: deque[int] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()

    def came(self, attempts: Attempts) -> None:
        """An answer got through."""
        with self._lock:
            self._has_met = self._has_come = True
            self._failing_since = None
            self._failed_before.append(attempts.failed)

    def failed(self, attempts: Attempts, failure: Failure) -> None:
        """An answer did not."""
        now = time.monotonic()
        attempts.failed += 1
        if failure.kind is not attempts.kind:
            attempts.kind, attempts.kind_since = failure.kind, now if attempts.failed > 1 else attempts.started
        with self._lock:
            self._has_met = self._has_met or failure.kind is not Fault.NO_CONNECTION
            if self._failing_since is None or now - self._last_failed > self._seconds:
                self._failing_since = attempts.started
            self._last_failed = now

    def verdict(
        self, attempts: Attempts, stakes: Stakes | None, failure: Failure, deadline: float | None
    ) -> RetryVerdict:
        """Whether to ask a question again. With a deadline there is time until then."""
        treatment, now = failure.treatment, time.monotonic()
        if not treatment.patience:
            return RetryVerdict.GIVE_UP
        if stakes is not None and self._is_at_stake(stakes, failure) and self._is_to_blame(attempts, stakes, failure):
            return RetryVerdict.GIVE_UP
        took = now - attempts.started
        seconds = self._seconds if deadline is None else max(self._seconds, deadline - attempts.started)
        with self._lock:
            has_come, has_met = self._has_come, self._has_met
            quiet = 0.0 if self._failing_since is None else now - self._failing_since
        if failure.kind is Fault.NO_CONNECTION and not has_met:
            return RetryVerdict.HOPELESS if took > self._seconds * treatment.at_first else RetryVerdict.ASK_AGAIN
        share = treatment.patience if has_come else treatment.at_first
        # Whatever failed before this question was asked, it gets a part of the time for itself.
        quiet = min(quiet, 4 * took)
        if quiet > seconds * max(1.0, share) or min(quiet, now - attempts.kind_since) > seconds * share:
            return RetryVerdict.HOPELESS
        # Others get through and this one never does: then it is not the line.
        is_alone = took > seconds and attempts.failed >= self._needed(1, _DOUBT_OF_RUN)
        return RetryVerdict.GIVE_UP if is_alone else RetryVerdict.ASK_AGAIN

    def _is_at_stake(self, stakes: Stakes, failure: Failure) -> bool:
        return failure.treatment.smaller or (stakes.isolates and failure.kind in (Fault.BROKEN, Fault.NOT_JSON))

    def _is_to_blame(self, attempts: Attempts, stakes: Stakes, failure: Failure) -> bool:
        if failure.kind is Fault.TIMED_OUT and not stakes.final:
            return attempts.failed >= stakes.tries
        usual = _DOUBT_OF_RUN if stakes.final else _DOUBT_OF_SIZE
        return attempts.failed >= self._needed(stakes.tries, usual if stakes.doubt is None else stakes.doubt)

    def _needed(self, least: int, doubt: float) -> int:
        """How often a question must fail until it is hardly chance, by how often those failed that got through."""
        with self._lock:
            failed, came = sum(self._failed_before), len(self._failed_before)
        share = (failed + 0.2) / (failed + came + 1)
        return max(least, math.ceil(math.log(doubt) / math.log(share)))
