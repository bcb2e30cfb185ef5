"""How an answer reaches the eyes: as a document, as a message, or as the value of the command alone."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runql.frontends.lsp.commands.answers import CommandReply
from runql.frontends.lsp.document import Document
from runql.frontends.lsp.positions import Json
from runql.text.markdown import message, plain

if TYPE_CHECKING:
    from runql.frontends.lsp.server import Server

_ERROR, _INFO = 1, 3
_LONGEST_MESSAGE: Final = 4_000
PREFIX: Final = "runql-lsp-"


class Shower:
    """Shows answers. Documents are files in a folder that only the user can read, and that goes with the server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._folder: Path | None = None
        self._count = 0

    async def show(self, document: Document, reply: CommandReply) -> Json:
        """Show an answer as the editor's settings say, and give it as the value of the command."""
        value: Json = {
            "kind": reply.kind,
            "title": f"RunQL: {reply.kind} of {document.uri.rpartition('/')[2]}",
            "languageId": "markdown",
            "text": reply.text,
            "message": message(plain(reply.text).partition("\n")[0]),
            "isError": reply.is_error,
            "isCancelled": reply.is_cancelled,
        }
        way = self._way()
        if way == "return":
            return value
        is_short = reply.is_error or reply.is_cancelled or way == "message"
        if is_short or not await self._document(reply):
            self._message(reply)
        return value

    def _way(self) -> str:
        way = self._server.world.wishes.results
        if way != "auto":
            return way
        return "document" if self._server.has("window", "show_document", "support") else "message"

    def _message(self, reply: CommandReply) -> None:
        text = message(plain(reply.text))
        text = text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}\n… (cut)"
        kind = _ERROR if reply.is_error else _INFO
        self._server.protocol.tell("window/showMessage", {"type": kind, "message": text})

    async def _document(self, reply: CommandReply) -> bool:
        """Whether the client has opened a file with the answer."""
        from lsprotocol import types
        from pygls.uris import from_fs_path

        if self._folder is None:
            _sweep(Path(tempfile.gettempdir()))
            self._folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._count += 1
        path = self._folder / f"{reply.kind}-{self._count}.md"
        path.write_text(f"{reply.text}\n", encoding="utf-8")
        uri = from_fs_path(str(path))
        assert uri is not None
        params = types.ShowDocumentParams(uri, external=False, take_focus=False)
        shown = await self._server.ask("window/showDocument", params)
        return bool(getattr(shown, "success", False))

    def clear(self) -> None:
        """Take the documents away."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _sweep(folder: Path) -> None:
    """Take away what servers left that were killed."""
    for left in folder.glob(f"{PREFIX}*-*"):
        process = left.name.removeprefix(PREFIX).partition("-")[0]
        if process.isdecimal() and not _is_alive(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True
