"""The commands: a query of a document is run, explained or checked in a thread, and the answer is shown."""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pygls.exceptions import JsonRpcInvalidParams
from pygls.uris import to_fs_path

from runql.errors import RunQLError
from runql.frontends.lsp.commands.answers import CommandReply, Task, carry_out
from runql.frontends.lsp.commands.display import Shower
from runql.frontends.lsp.commands.selection import chosen
from runql.frontends.lsp.document import Document
from runql.frontends.lsp.positions import Json
from runql.frontends.lsp.protocol import Plain
from runql.text.bounded import MOST_TEXT_BYTES, read_bounded
from runql.text.diagnostic import Diagnostic
from runql.text.markdown import block, message
from runql.text.render import render
from runql.text.signals import AGAIN_SECONDS, is_importing

if TYPE_CHECKING:
    from lsprotocol import types

    from runql.frontends.lsp.server import Server

_REPORT_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 0.3
"""How long an answer may take before a progress bar is worth showing."""


_AGAIN_SECONDS: Final = 0.5
_CANCELLED: Final = CommandReply("cancelled", "interrupted", is_cancelled=True)


@dataclass(slots=True)
class Job:
    """Something that is carried out in a thread, and can be interrupted as Ctrl-C interrupts the command."""

    work: Callable[[], CommandReply]
    done: asyncio.Future[CommandReply]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: int | None = None
    _is_over: bool = False

    def start(self) -> None:
        threading.Thread(target=self._run, args=(asyncio.get_running_loop(),), daemon=True).start()

    def interrupt(self) -> None:
        """Raise `KeyboardInterrupt` where the thread is, until it has ended. Nobody waits for that or a lock."""
        self._tell(_CANCELLED)
        if self._is_over:
            return
        again = AGAIN_SECONDS
        if self._thread is not None and self._lock.acquire(blocking=False):
            try:
                if not self._is_over and not is_importing(sys._current_frames().get(self._thread)):
                    ident = ctypes.c_ulong(self._thread)
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(KeyboardInterrupt))
                    # Python drops an exception that comes in a callback of its own, such as a destructor.
                    again = _AGAIN_SECONDS
            finally:
                self._lock.release()
        self.done.get_loop().call_later(again, self.interrupt)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        self._thread = threading.get_ident()
        reply = _CANCELLED
        try:
            try:
                reply = self.work()
            finally:
                self._end()
        except KeyboardInterrupt:  # it was asked for: the answer to it stands there
            self._end()
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._tell, reply)

    def _end(self) -> None:
        """From now on nobody interrupts the thread, whose number another one may get. Who was about to is waited for,
        but not for long: an interrupt may come when the lock was just taken, and then nobody ever gives it back."""
        self._is_over = True
        if self._lock.acquire(timeout=_AGAIN_SECONDS):
            self._lock.release()

    def _tell(self, reply: CommandReply) -> None:
        if not self.done.done():
            self.done.set_result(reply)


class Runner:
    """Carries out commands."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._jobs: dict[Any, Job] = {}
        self.shower = Shower(server)

    async def perform(self, what: str, params: types.ExecuteCommandParams) -> Plain:
        """Run, explain or check what the arguments name, show the answer, and give it."""
        given = params.arguments[0] if params.arguments else None
        if not isinstance(given, dict):
            raise JsonRpcInvalidParams(f"`{params.command}` takes one table: `uri` and `position`, or `text`")
        server = self._server
        document = await self._document(given)
        await server.read(document)
        try:
            task = self._task(what, document, given)
        except (KeyError, TypeError, ValueError) as error:
            raise JsonRpcInvalidParams(f"the arguments of `{params.command}` cannot be read: {error}") from error
        if task is None:
            reply = CommandReply("error", "no query stands here", is_error=True)
        else:
            reply = await self._carried_out(task, params.work_done_token)
        return Plain(await self.shower.show(document, reply))

    async def _document(self, given: Json) -> Document:
        """The open document that arguments name, else the file, else a text that they hold."""
        uri = given.get("uri")
        if "text" in given:
            return Document(str(uri or "untitled:query.rql"), str(given["text"]), None, "rql", self._server.encoding)
        known = self._server.documents.get(str(uri))
        if known is not None:
            return known
        path = to_fs_path(uri) if isinstance(uri, str) and uri.startswith("file:") else None
        if path is None:
            raise JsonRpcInvalidParams(f"`{uri}` is not open, and no file")
        try:
            text = (await asyncio.to_thread(read_bounded, Path(path), MOST_TEXT_BYTES)).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise JsonRpcInvalidParams(f"`{path}` cannot be read: {error}") from error
        return Document(str(uri), text, None, "rql", self._server.encoding)

    def _task(self, what: str, document: Document, given: Json) -> Task | None:
        """What is to be done; none if no query stands there."""
        text = chosen(document, given)
        if text is None:
            return None
        world = self._server.world
        at = next(self._server.settings(document), None)
        if at is None:
            return None
        params = {**world.wishes.params, **dict(given.get("params") or {})}
        used = {name for piece in (piece for _, _, piece in document.placed()) for name in piece.declared.used}
        source = given.get("source") or world.wishes.source
        return Task(
            what=what,
            text=text,
            source=source,
            home=at.home,
            params={name: value for name, value in params.items() if name in used},
            rows=world.wishes.rows,
            format=world.wishes.format,
        )

    async def _carried_out(self, task: Task, token: Any) -> CommandReply:
        """The answer, with a progress bar where it takes its time. Cancelled with its request, or by the bar."""
        loop = asyncio.get_running_loop()
        job = Job(lambda: _guarded(task), loop.create_future())
        job.start()
        report = self._server.begin(self._report(task, job, token))
        try:
            return await job.done
        except asyncio.CancelledError:
            job.interrupt()
            raise
        finally:
            report.cancel()

    async def _report(self, task: Task, job: Job, token: Any) -> None:
        """Say what goes on until it is over."""
        server = self._server
        if token is None:
            await asyncio.sleep(_PATIENCE_SECONDS)
            if not server.has("window", "work_done_progress"):
                return
            token = str(uuid.uuid4())
            await server.ask("window/workDoneProgress/create", _created(token))
        self._jobs[token] = job
        title = f"RunQL: {task.what}"
        self._tell(token, {"kind": "begin", "title": title, "message": message(task.activity()), "cancellable": True})
        try:
            while True:
                await asyncio.sleep(_REPORT_SECONDS)
                self._tell(token, {"kind": "report", "message": message(task.activity()), "cancellable": True})
        finally:
            self._jobs.pop(token, None)
            self._tell(token, {"kind": "end"})

    def _tell(self, token: Any, value: Json) -> None:
        self._server.protocol.tell("$/progress", {"token": token, "value": value})

    def cancel(self, token: Any) -> None:
        """Interrupt what a progress bar stands for."""
        if job := self._jobs.get(token):
            job.interrupt()

    def stop(self) -> None:
        """Interrupt everything, and leave nothing behind."""
        for job in self._jobs.values():
            job.interrupt()
        self.shower.clear()


def _created(token: str) -> Any:
    from lsprotocol import types

    return types.WorkDoneProgressCreateParams(token)


def _guarded(task: Task) -> CommandReply:
    """The answer, whatever happens: errors are answers too."""
    try:
        return carry_out(task)
    except RunQLError as error:
        source = error.source
        return CommandReply("error", block(render(error.diagnostics, source)), is_error=True)
    except Exception as error:  # noqa: BLE001 - whatever we did wrong is shown as ours
        fault = Diagnostic(
            "RQL901", f"{type(error).__name__}: {error}", hints=("this is a mistake in RunQL, not in the query",)
        )
        return CommandReply("error", block(render([fault])), is_error=True)
