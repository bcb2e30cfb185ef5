"""Asks GraphQL questions until they are answered: retries, waits, a deadline, and a way to stop at once.

One daemon thread runs the event loop that all requests live in; callers wait in their own thread, in short steps, so
that Ctrl-C, `cancel` and a deadline are answered at once.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, TypeVar

from runql.semantic.json_text import Oddity
from runql.sources.wandb.answer_shapes import Fields, conform
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.failures.replies import backoff_seconds, read_reply, seconds_to_wait
from runql.sources.wandb.http.flow_control import Attempts, Limiter, Patience, RetryVerdict, Stakes
from runql.sources.wandb.http.identity import FederatedIdentity
from runql.sources.wandb.http.transport import HttpReply, LineSettings, Transport
from runql.sources.wandb.network.network import Network
from runql.sources.wandb.network.redaction import Identity, without_secrets
from runql.text.collector import uncollected
from runql.text.frozen import frozen

_T = TypeVar("_T")
_STEP_SECONDS = 0.1
_SAID_FROM_SECONDS = 1.0
_LONGEST_AT_STAKE = 2.0
"""The longest pause, in first pauses, of a question that is asked in parts if it fails: others wait for it."""


@frozen
class GraphqlCall:
    """One question. `stakes`: what becomes of it if it keeps failing; by default all that depends on it fails.

    `make`: what is made of the answer, in the thread of the requests, while it is in the caches of the processor.
    """

    operation: str
    document: str
    variables: Mapping[str, Any]
    stakes: Stakes | None = None
    make: Callable[[Mapping[str, Any], Fields], Any] | None = None


@frozen
class GraphqlAnswer:
    """`size` is the length of the unzipped body in bytes, `seconds` how long the last attempt took, `failed` how many
    did not come before it.

    `oddities`: values that no number or table can hold, which became texts. `made`: what the call made of it.
    """

    data: Mapping[str, Any]
    size: int
    seconds: float
    oddities: tuple[Oddity, ...] = ()
    failed: int = 0
    made: Any = None


def _answer(call: GraphqlCall, reply: HttpReply, identity: Identity, started: float, failed: int) -> GraphqlAnswer:
    """The answer in a reply. What is made of it may be a failure: the question is not asked again for that.

    Raises:
        Failure: it is no answer.
    """
    body = without_secrets(reply.body, identity)
    with uncollected():
        data, oddities = read_reply(reply.status, reply.headers, body)
        seconds = time.monotonic() - started
        try:
            fields = conform(call.document, data, oddities)
            made = None if call.make is None else call.make(data, fields)
        except Failure as failure:
            made = failure
    return GraphqlAnswer(data, len(body), seconds, oddities, failed, made)


class Client:
    """The line to one server. Threads may share it."""

    def __init__(
        self,
        base_url: str,
        identity: Identity,
        limiter: Limiter,
        settings: LineSettings,
        network: Network,
        *,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self._base_url = base_url
        self._identity = identity
        self._limiter = limiter
        self._settings = settings
        self._network = network
        self._on_wait = on_wait
        self._deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
        self._pending: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._transport: Transport | None = None
        self._patience = Patience(settings.give_up_seconds)
        self._waiting_until = 0.0
        self._waiting_why = ""
        self.requests = 0

    # Called in the caller's thread.

    @contextmanager
    def within(self, seconds: float | None) -> Iterator[None]:
        """All that is asked inside must be answered within so many seconds."""
        token = self._deadline.set(None if seconds is None else time.monotonic() + seconds)
        try:
            yield
        finally:
            self._deadline.reset(token)

    def submit(self, call: GraphqlCall) -> Future[GraphqlAnswer]:
        """Sends a question on its way."""
        return self._start(self._ask(call, self._deadline.get()))

    def fetch(self, url: str) -> Future[bytes]:
        """Sends for a file that the server named; asked for once."""
        return self._start(self._file(url))

    def ask(self, call: GraphqlCall) -> GraphqlAnswer:
        """Asks, and waits for the answer.

        Raises:
            Failure: no answer came, and asking again does not help.
        """
        return self.wait(self.submit(call))

    def wait(self, future: Future[_T]) -> _T:
        """The result of what was submitted. An interrupt cancels it."""
        deadline = self._deadline.get()
        try:
            while True:
                try:
                    return future.result(timeout=_STEP_SECONDS)
                except FutureTimeout:
                    if future.done():
                        raise
                    left = self._waiting_until - time.monotonic()
                    if self._on_wait is not None and left > 0:
                        self._on_wait(f"{self._waiting_why}, going on in {max(1, round(left))} s")
                if deadline is not None and time.monotonic() >= deadline:
                    raise Failure(Fault.DEADLINE)
        except CancelledError:
            raise Failure(Fault.CANCELLED) from None
        except Failure as failure:
            # The frames and causes of the event loop hold what was sent, and a traceback may show them.
            failure.__cause__ = failure.__context__ = None
            raise failure.with_traceback(None) from None
        finally:
            if not future.done():
                future.cancel()

    def cancel(self) -> None:
        """Stops all that is on its way; whoever waits gets a failure at once. Later questions are not concerned."""
        for future in list(self._pending):
            future.cancel()

    def close(self) -> None:
        """Stops all, and closes the connections. The client starts again when it is asked again."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._shut(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()

    def _start(self, coroutine: Coroutine[Any, Any, _T]) -> Future[_T]:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="runql-wandb", daemon=True)
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
            self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    # Called in the event loop.

    async def _shut(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._transport is not None:
            await self._transport.close()
            self._transport = None

    async def _ask(self, call: GraphqlCall, deadline: float | None) -> GraphqlAnswer:
        body = json.dumps(
            {"query": call.document, "variables": call.variables, "operationName": call.operation}
        ).encode()
        # Before the clock starts: the first one loads httpx.
        transport = self._transport = self._transport or Transport(self._base_url, self._network, self._settings)
        attempts = Attempts()
        while True:
            started = time.monotonic()
            try:
                reply = await self._attempt(transport, body, deadline)
                answer = _answer(call, reply, self._identity, started, attempts.failed)
            except Failure as failure:
                self._network.amend(failure, [secret.reveal() for secret in self._identity.secrets])
                self._patience.failed(attempts, failure)
                await self._before_next(call, failure, attempts, deadline)
                continue
            self._patience.came(attempts)
            if self._limiter.allowed < self._limiter.most:
                self._limiter.went_well()
            if isinstance(answer.made, Failure):
                raise answer.made
            return answer

    async def _file(self, url: str) -> bytes:
        transport = self._transport = self._transport or Transport(self._base_url, self._network, self._settings)
        await self._limiter.acquire()
        try:
            self.requests += 1
            reply = await transport.get(url, self._settings.whole_seconds)
        finally:
            self._limiter.release()
        if reply.status != HTTPStatus.OK:
            raise Failure(Fault.REFUSED, f"status {reply.status} for a file")
        return reply.body

    async def _attempt(self, transport: Transport, body: bytes, deadline: float | None) -> HttpReply:
        if isinstance(self._identity, FederatedIdentity):
            await self._identity.renew(transport)
        header = self._identity.header
        await self._limiter.acquire()
        try:
            self.requests += 1
            left = 0.0 if deadline is None else deadline - time.monotonic()
            seconds = max(self._settings.whole_seconds, left)
            authorization = None if header is None else header.reveal()
            reply = await transport.post("/graphql", body, "application/json", authorization, seconds)
        finally:
            self._limiter.release()
        if reply.status == HTTPStatus.OK and reply.headers.get("ratelimit-remaining") == "0":
            self._hold_on(seconds_to_wait(reply.headers), "throttled")
        return reply

    async def _before_next(
        self, call: GraphqlCall, failure: Failure, attempts: Attempts, deadline: float | None
    ) -> None:
        """Waits before asking again, or gives up by raising the failure."""
        if failure.kind in (Fault.THROTTLED, Fault.TIMED_OUT) or "status 503" in failure.detail:
            self._limiter.too_much()
        longest = failure.treatment.longest_pause if call.stakes is None else _LONGEST_AT_STAKE
        pause = backoff_seconds(attempts.failed - 1, self._settings.backoff_seconds, random.random(), longest)
        asked = failure.after_seconds
        wait = max(pause, asked) if asked is not None else pause
        verdict = self._patience.verdict(attempts, call.stakes, failure, deadline)
        failure.is_hopeless = verdict is RetryVerdict.HOPELESS
        if verdict is not RetryVerdict.ASK_AGAIN or wait > self._settings.patience_seconds:
            raise failure
        if deadline is not None and time.monotonic() + wait >= deadline:
            raise failure if failure.kind is Fault.THROTTLED else Failure(Fault.DEADLINE, failure.detail)
        if failure.kind is Fault.THROTTLED:
            self._hold_on(wait, "throttled")
        else:
            self._note_wait(wait, f"{failure.kind}, asking again" if wait >= _SAID_FROM_SECONDS else "")
            await asyncio.sleep(wait)

    def _hold_on(self, seconds: float | None, why: str) -> None:
        if seconds:
            self._limiter.pause(min(seconds, self._settings.patience_seconds))
            self._note_wait(seconds, why)

    def _note_wait(self, seconds: float, why: str) -> None:
        if why and time.monotonic() + seconds > self._waiting_until:
            self._waiting_until, self._waiting_why = time.monotonic() + seconds, why
