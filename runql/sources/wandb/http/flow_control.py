"""How many requests are on their way to one host at once, and when to stop asking again.

The number of requests grows slowly while answers come and halves when the server shows that it is too much (additive
increase, multiplicative decrease). When the server names a time, everybody waits for it.

When to stop is decided by how long nothing got through, and by how bad the line is. A line on which two of three
requests fail still brings every row, as long as some get through; one on which nothing does is given up on after a
while. A question that fails while others get through may itself be the reason (a page that is too large, a run that the
server cannot read): how often it must fail before that is believed depends on how often others fail.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from dataclasses import field
from enum import Enum

from runql.sources.wandb.failures.failures import Failure, Fault
from runql.text.frozen import changeable, frozen

MOST_AT_ONCE = 8
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


@changeable
class Attempts:
    """How one question fared so far."""

    started: float = field(default_factory=time.monotonic)
    failed: int = 0
    kind: Fault | None = None
    kind_since: float = 0.0


@changeable
class Patience:
    """What one line brought lately. Threads may share it. `seconds`: how long to go on while nothing gets through."""

    seconds: float
    _has_met: bool = False
    _has_come: bool = False
    _failing_since: float | None = None
    _last_failed: float = 0.0
    _failed_before: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _lock: threading.Lock = field(default_factory=threading.Lock)

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
            if self._failing_since is None or now - self._last_failed > self.seconds:
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
        seconds = self.seconds if deadline is None else max(self.seconds, deadline - attempts.started)
        with self._lock:
            has_come, has_met = self._has_come, self._has_met
            quiet = 0.0 if self._failing_since is None else now - self._failing_since
        if failure.kind is Fault.NO_CONNECTION and not has_met:
            return RetryVerdict.HOPELESS if took > self.seconds * treatment.at_first else RetryVerdict.ASK_AGAIN
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


class Limiter:
    """Shared by threads and event loops. `most` requests at once at the most, `allowed` now."""

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self.most = most
        self.allowed = most
        self._share = float(most)
        self._active = 0
        self._paused_until = 0.0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._lock = threading.Lock()

    @property
    def paused_seconds(self) -> float:
        """How long until the next request may go."""
        return max(0.0, self._paused_until - time.monotonic())

    async def acquire(self) -> None:
        """Waits for a place, and for the end of a pause."""
        while True:
            while (pause := self._paused_until - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            with self._lock:
                if self._active < self.allowed and self._paused_until <= time.monotonic():
                    self._active += 1
                    return
                if self._active < self.allowed:
                    continue
                loop = asyncio.get_running_loop()
                turn: asyncio.Future[None] = loop.create_future()
                entry = (loop, turn)
                self._waiting.append(entry)
            try:
                await turn
            except asyncio.CancelledError:
                with self._lock:
                    if entry in self._waiting:
                        self._waiting.remove(entry)
                    else:
                        self._wake()
                raise

    def release(self) -> None:
        with self._lock:
            self._active -= 1
            if self._waiting:
                self._wake()

    def _wake(self) -> None:
        for _ in range(min(len(self._waiting), max(0, self.allowed - self._active))):
            loop, turn = self._waiting.popleft()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_finish, turn)

    def went_well(self) -> None:
        """An answer came: a little more may be tried, up to `most`."""
        with self._lock:
            self._allow(min(float(self.most), self._share + 1.0 / self._share))
            self._wake()

    def too_much(self) -> None:
        """The server was overloaded, or said so: half as many from now on."""
        with self._lock:
            self._allow(max(1.0, self._share / 2))

    def _allow(self, share: float) -> None:
        self._share, self.allowed = share, max(1, int(share))

    def pause(self, seconds: float) -> None:
        """Nobody asks anything for so long."""
        with self._lock:
            self._paused_until = max(self._paused_until, time.monotonic() + seconds)


def _finish(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


_by_host: dict[str, Limiter] = {}
_by_host_lock = threading.Lock()


def limiter_of(host: str) -> Limiter:
    """The limiter of a host (`host:port`), the same for everybody in the process."""
    with _by_host_lock:
        if host not in _by_host:
            _by_host[host] = Limiter()
        return _by_host[host]
