"""Diagnostics: sent soon after a change, or when the client asks for them; never of a text that is another one now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from runql.advice.doors import Door, said_at
from runql.frontends.lsp.analysis import folder_of
from runql.frontends.lsp.document import Document
from runql.frontends.lsp.positions import Json
from runql.frontends.lsp.server import Breath, Changed
from runql.text.codes import CODES
from runql.text.diagnostic import Diagnostic, Severity
from runql.text.render import clean

if TYPE_CHECKING:
    from runql.frontends.lsp.analysis import Setting
    from runql.frontends.lsp.server import Server

_SEVERITIES: Final = {Severity.ERROR: 1, Severity.WARNING: 2, Severity.NOTICE: 4}
_UNNECESSARY: Final = 1
_TAGS: Final = {"RQL222": [_UNNECESSARY]}
_IN_INLAYS: Final = frozenset({"RQL211", "RQL301", "RQL305"})
"""What a note between the words says already."""
_IN_HOVERS: Final = frozenset({"RQL532"})
"""What is seen where the mouse rests on the name."""
_FIRST_PIECES, _LONG_PIECES = 30, 100
"""So many statements fill a screen; of a text of more than so many they are told before the others."""
_LOOK_SECONDS: Final = 0.8
"""A source that is named is looked at when nobody has written on for so long: its name may not be finished."""


class Publisher:
    """Sends the diagnostics of documents until a client asks for them itself."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._pulled: set[str] = set()
        self._pushed: set[str] = set()
        self._looks: dict[str, asyncio.TimerHandle] = {}

    def soon(self, uri: str) -> None:
        """Work out what is to be said of a document, after a short while in which nothing changes."""
        self._stop(uri)
        loop = asyncio.get_running_loop()
        self._timers[uri] = loop.call_later(self._server.world.wishes.delay / 1000, self._start, uri)

    def closed(self, uri: str) -> None:
        """Take back what was said of a document."""
        self._stop(uri)
        self._pulled.discard(uri)
        if uri in self._pushed:
            self._send(uri, None, [])
            self._pushed.discard(uri)

    def refresh(self) -> None:
        """Let the client ask again for what it has asked for before."""
        for asked, names, method in (
            (bool(self._pulled), ("workspace", "diagnostics", "refresh_support"), "workspace/diagnostic/refresh"),
            (self._server.has_notes, ("workspace", "inlay_hint", "refresh_support"), "workspace/inlayHint/refresh"),
        ):
            if asked and self._server.has(*names):
                self._server.ask(method)

    def _stop(self, uri: str) -> None:
        for held in (self._timers, self._looks):
            if timer := held.pop(uri, None):
                timer.cancel()
        if task := self._tasks.pop(uri, None):
            task.cancel()

    def _start(self, uri: str) -> None:
        self._timers.pop(uri, None)
        document = self._server.documents.get(uri)
        if document is not None:
            home = self._server.world.home(folder_of(uri))
            self._server.world.want(home, home.default)
            self._tasks[uri] = self._server.begin(self._work(document))

    async def _work(self, document: Document) -> None:
        is_new = document.uri not in self._pushed
        try:
            found = await self.diagnostics(document, partial(self._push, document) if is_new else None)
        except Changed:
            return
        self._push(document, found)
        loop = asyncio.get_running_loop()
        self._looks[document.uri] = loop.call_later(_LOOK_SECONDS if document.round else 0, self._look, document)

    def _push(self, document: Document, found: list[Json]) -> None:
        """Send what was found of a document, unless its client asks for that itself."""
        if document.uri not in self._pulled and self._server.documents.get(document.uri) is document:
            self._pushed.add(document.uri)
            self._send(document.uri, document.version, found)

    def _look(self, document: Document) -> None:
        """See to it that all sources that a document names are looked at."""
        for at in self._server.settings(document):
            if at.piece.is_read and at.piece.parsed.ok:
                self._server.analysis.want(at)
            if at.home.trouble is not None:
                self._server.warn_once(str(at.home.trouble))
            for sentence in self._server.world.warnings(at.home):
                self._server.warn_once(sentence)

    def _send(self, uri: str, version: int | None, found: list[Json]) -> None:
        params: Json = {"uri": uri, "diagnostics": found}
        if version is not None:
            params["version"] = version
        self._server.protocol.tell("textDocument/publishDiagnostics", params)

    async def pull(self, document: Document) -> list[Json]:
        """The same for a client that asks; from now on nothing is sent to it unasked."""
        self._pulled.add(document.uri)
        if document.uri in self._pushed:
            self._pushed.discard(document.uri)
            self._send(document.uri, document.version, [])
        while True:
            try:
                return await self.diagnostics(document)
            except Changed:
                if self._server.documents.get(document.uri) is not document:
                    return []

    # ---------------------------------------------------------------- what is said

    async def diagnostics(self, document: Document, early: Callable[[list[Json]], None] | None = None) -> list[Json]:
        """All diagnostics of a document, as the protocol writes them. Raises `Changed`.

        `early` is given those of the first statements of a long one, which are on the screen while it is read on.
        """
        await self._server.read(document, names_only=True)
        breath = Breath(document)
        found: list[Json] = []
        is_long = sum(len(script.pieces) for script in document.scripts) > _LONG_PIECES
        for count, at in enumerate(self._server.settings(document), 1):
            await at.piece.read()
            found += [self.written(document, at.start, one) for one in self.of(at)]
            await breath.take()
            if early is not None and is_long and count == _FIRST_PIECES:
                early(found.copy())
        for script in document.scripts:
            for start, one in self._server.analysis.of_whole(script):
                found.append(self.written(document, start, one))
        return found

    def of(self, at: Setting) -> Iterator[Diagnostic]:
        """The diagnostics of a piece that are shown."""
        return (one for one in self._server.analysis.diagnostics(at) if self._is_published(one))

    def _is_published(self, one: Diagnostic) -> bool:
        if one.severity is not Severity.NOTICE:
            return True
        if one.code in _IN_HOVERS:
            return False
        wishes = self._server.world.wishes
        has_inlays = wishes.hints and self._server.has("text_document", "inlay_hint")
        return wishes.notices and not (has_inlays and one.code in _IN_INLAYS)

    def written(self, document: Document, start: int, one: Diagnostic) -> Json:
        """A diagnostic as the protocol writes it."""
        lines = [one.message, *said_at(Door.EDITOR, [one])[0].hints]
        found: Json = {
            "range": document.range(start, one.span),
            "severity": _SEVERITIES[one.severity],
            "code": one.code,
            "source": "runql",
            "message": "\n".join(clean(part) for line in lines for part in line.split("\n")),
        }
        if one.code in _TAGS:
            found["tags"] = _TAGS[one.code]
        if one.labels:
            found["relatedInformation"] = [
                {
                    "location": {"uri": document.uri, "range": document.range(start, label.span)},
                    "message": clean(label.text),
                }
                for label in one.labels
            ]
        if one.fixes:
            found["data"] = {"fixes": [fix.title for fix in one.fixes], "title": CODES[one.code].title}
        return found
