"""How many requests are on their way to one host at once: one limiter a host for the whole process.

The number grows slowly while answers come and halves when the server shows that it is too much (additive increase,
multiplicative decrease). When the server names a time, everybody waits for it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque

MOST_AT_ONCE = 8


class Limiter:
    """Shared by threads and event loops. `most` requests at once at the most."""

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most = most
        self._allowed = float(most)
        self._active = 0
        self._paused_until = 0.0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._lock = threading.Lock()

    @property
    def allowed(self) -> int:
        """How many requests may be on their way now."""
        return max(1, int(self._allowed))

    @property
    def paused_seconds(self) -> float:
        """How long until the next request may go."""
        return max(0.0, self._paused_until - time.monotonic())

    async def acquire(self) -> None:
        """Waits for a place, and for the end of a pause."""
        while True:
            await self._wait_for_pause()
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

    async def _wait_for_pause(self) -> None:
        while (pause := self.paused_seconds) > 0:
            await asyncio.sleep(pause)

    def release(self) -> None:
        with self._lock:
            self._active -= 1
            self._wake()

    def _wake(self) -> None:
        for _ in range(min(len(self._waiting), max(0, self.allowed - self._active))):
            loop, turn = self._waiting.popleft()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_finish, turn)

    def went_well(self) -> None:
        """An answer came: a little more may be tried."""
        with self._lock:
            self._allowed = min(float(self._most), self._allowed + 1.0 / self._allowed)
            self._wake()

    def too_much(self) -> None:
        """The server was overloaded, or said so: half as many from now on."""
        with self._lock:
            self._allowed = max(1.0, self._allowed / 2)

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
        return _by_host.setdefault(host, Limiter())
