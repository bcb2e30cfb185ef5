"""The server: documents, what is known beside them, and the features of the protocol in a table."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from typing import Protocol as Interface

from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from runql.frontends.lsp.analysis import Analysis, Setting
from runql.frontends.lsp.document import Document
from runql.frontends.lsp.positions import UTF16
from runql.frontends.lsp.protocol import Plain, Protocol
from runql.frontends.lsp.settings import wishes_of
from runql.frontends.lsp.world import World
from runql.text.markdown import message

if TYPE_CHECKING:
    from runql.frontends.lsp.positions import Json
    from runql.ide.completion.items import Completions
    from runql.text.diagnostic import Diagnostic

_SLICE_SECONDS: Final = 0.006
"""How long the reading of a long text may hold up a key press."""
_INFO, _WARNING = 3, 2


class Changed(Exception):  # noqa: N818 - what was asked is of no interest any more
    """The text was changed while something was worked out of it."""


class DiagnosticPublisher(Interface):
    """What the server and its features ask of whoever works out the diagnostics of documents."""

    def soon(self, uri: str) -> None: ...

    def closed(self, uri: str) -> None: ...

    def refresh(self) -> None: ...

    async def pull(self, document: Document) -> list[Json]: ...

    def written(self, document: Document, start: int, one: Diagnostic) -> Json: ...


class CommandRunner(Interface):
    """What they ask of whoever carries out the commands."""

    async def perform(self, what: str, params: types.ExecuteCommandParams) -> Plain: ...

    def cancel(self, token: Any) -> None: ...

    def stop(self) -> None: ...


class Server(LanguageServer):
    """`documents` are the open files, by their addresses."""

    protocol: Protocol
    publisher: DiagnosticPublisher
    runner: CommandRunner

    def __init__(self, version: str) -> None:
        super().__init__("runql", version, protocol_cls=Protocol, converter_factory=get_converter)
        self.documents: dict[str, Document] = {}
        self.world = World(self._call_soon, self._world_changed)
        self.analysis = Analysis(self.world)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._warmed: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._said: set[str] = set()
        self.has_notes = False
        """Whether the client has asked for notes between the words."""
        self.completed = 0
        self.completions: tuple[int, Completions] | None = None
        """The last list of what can stand somewhere, and its number."""

    # ---------------------------------------------------------------- the client

    def has(self, *names: str) -> bool:
        """Whether the client can do something, by the names on the way to it in its capabilities."""
        found: Any = self.protocol.client_capabilities
        for name in names:
            found = getattr(found, name, None)
        return bool(found)

    @property
    def encoding(self) -> str:
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding) or UTF16)

    def note(self, text: str) -> None:
        """A line in the client's log."""
        self.protocol.tell("window/logMessage", {"type": _INFO, "message": text})

    def warn_once(self, text: str) -> None:
        """Show a message, the first time that there is reason to."""
        if text not in self._said:
            self._said.add(text)
            self.protocol.tell("window/showMessage", {"type": _WARNING, "message": message(text)})

    def ask(self, method: str, params: Any = None) -> asyncio.Future[Any]:
        """Ask the client something. That it has no answer is of interest only to whoever waits for it."""
        asked = asyncio.wrap_future(self.protocol.send_request(method, params))
        asked.add_done_callback(lambda future: future.cancelled() or future.exception())
        return asked

    def report_server_error(self, error: Exception, source: Any) -> None:
        """What cannot be answered where it was asked."""
        from pygls.exceptions import FeatureRequestError, JsonRpcException

        if source is FeatureRequestError:
            return
        if source is JsonRpcException:
            self.protocol.unreadable(error)
        self.note(f"{type(error).__name__}: {error}")

    def begin(self, coroutine: Any) -> asyncio.Task[Any]:
        """Start something that nobody waits for."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.note(f"{type(error).__name__}: {error}")

    def _call_soon(self, function: Any) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(function)

    def initialized(self, params: types.InitializeParams) -> None:
        """What the client says of itself."""
        self._loop = asyncio.get_running_loop()
        self.find_roots()
        self.configure(params.initialization_options)

    def ready(self) -> None:
        """The client listens now: load what a first key press needs."""
        self._warmed = asyncio.get_running_loop().run_in_executor(None, _warm)

    async def warm(self) -> None:
        """Wait until the grammar is loaded, which goes on in a thread: other requests are answered meanwhile."""
        if self._warmed is not None:
            await asyncio.shield(self._warmed)

    def configure(self, given: object) -> None:
        """Take the settings of the editor."""
        wishes, wrong = wishes_of(given)
        self.world.wishes = replace(wishes, source=wishes.source or self.world.source)
        for sentence in wrong:
            self.warn_once(sentence)
        self.world.forget()

    def find_roots(self) -> None:
        """The folders that the editor has open."""
        uris = [folder.uri for folder in self.workspace.folders.values()]
        if not uris and self.workspace.root_uri:
            uris = [self.workspace.root_uri]
        paths = [to_fs_path(uri) for uri in uris]
        self.world.roots = [Path(path) for path in paths if path]

    # ---------------------------------------------------------------- documents

    def opened(self, item: types.TextDocumentItem) -> None:
        self.documents[item.uri] = Document(item.uri, item.text, item.version, item.language_id, self.encoding)
        self.publisher.soon(item.uri)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is None:
            return
        for change in params.content_changes:
            part = getattr(change, "range", None)
            document.change(change.text, None if part is None else _range(part))
        document.version = params.text_document.version
        self.publisher.soon(document.uri)

    def closed(self, uri: str) -> None:
        if self.documents.pop(uri, None) is not None:
            self.publisher.closed(uri)

    def setting(self, document: Document, offset: int) -> Setting | None:
        """What stands at an offset; none outside of a fence."""
        script = document.script_at(offset)
        if script is None:
            return None
        piece, start = script.at(offset)
        return self.analysis.setting(document, script, start, piece)

    def settings(self, document: Document, span: Any = None) -> Iterator[Setting]:
        """What stands in a text, or in a part of it."""
        placed = document.placed() if span is None else document.touched(span)
        home = None
        for script, start, piece in placed:
            if home is None:
                home = self.analysis.setting(document, script, start, piece).home
            yield Setting(script, start, piece, home)

    async def read(self, document: Document, *, names_only: bool = False) -> None:
        """Read what is not read yet, in slices between which other requests are answered: what declares names first.

        If the text changes meanwhile, the new one is read.
        """
        await self.warm()
        while True:
            waiting = [piece for script in document.scripts for piece in script.pieces if not piece.is_read]
            names = [piece for piece in waiting if piece.may_declare]
            others = [] if names_only else [piece for piece in waiting if not piece.may_declare]
            if not names and not others:
                return
            breath = Breath(document)
            try:
                for piece in (*names, *others):
                    await piece.read()
                    await breath.take()
            except Changed:
                continue

    # ---------------------------------------------------------------- what else changes

    def _world_changed(self) -> None:
        """A source was looked at: what was said of texts may be otherwise now."""
        for uri in self.documents:
            self.publisher.soon(uri)
        self.publisher.refresh()

    def files_changed(self) -> None:
        """Settings, or saved queries, may have changed."""
        self.analysis.generation += 1
        self.world.forget()
        self._world_changed()


class Breath:
    """Lets other things happen now and then while a document is worked on."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._round = document.round
        self._since = time.perf_counter()

    async def take(self) -> None:
        """Raises `Changed` if the text is another one now."""
        if time.perf_counter() - self._since > _SLICE_SECONDS:
            await asyncio.sleep(0)
            self._since = time.perf_counter()
        if self._document.round != self._round:
            raise Changed


def _warm() -> None:
    """Load the grammar beside everything else."""
    from runql.ide.completion.complete import complete
    from runql.ide.context import Context
    from runql.ide.diagnostics import diagnostics

    complete("runs where ", 11, Context())
    diagnostics("runs limit 1", Context())


def _range(part: types.Range) -> dict[str, dict[str, int]]:
    start, end = part.start, part.end
    return {
        "start": {"line": start.line, "character": start.character},
        "end": {"line": end.line, "character": end.character},
    }
