"""The protocol where pygls does not do what it asks for: what is malformed gets an answer, texts are our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from typing import Protocol as Interface

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from runql.frontends.lsp.framing import MalformedMessage
from runql.text.frozen import frozen

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
INVALID_PARAMS: Final = -32602
NOT_INITIALIZED: Final = -32002
REQUEST_FAILED: Final = -32803


@frozen
class Plain:
    """A result that is JSON already: it goes out as it is."""

    value: Any


class Refused(JsonRpcException):
    """A request that cannot be carried out, with a sentence for whoever asked."""

    CODE = REQUEST_FAILED


@frozen
class _Unreadable:
    """A message that could not be read, and was answered."""

    jsonrpc: str = "2.0"


class DocumentHolder(Interface):
    """Who holds the documents, and hears of what goes wrong."""

    def opened(self, item: types.TextDocumentItem) -> None: ...

    def changed(self, params: types.DidChangeTextDocumentParams) -> None: ...

    def closed(self, uri: str) -> None: ...

    def note(self, text: str) -> None: ...

    def report_server_error(self, error: Exception, source: Any) -> None: ...


class Protocol(LanguageServerProtocol):
    """The protocol of a server that holds `Texts`."""

    @property
    def _texts(self) -> DocumentHolder:
        server: Any = self._server
        texts: DocumentHolder = server
        return texts

    # ---------------------------------------------------------------- messages

    def take(self, body: bytes | MalformedMessage) -> None:
        """Handle one message. Whatever is wrong with it, the next one is handled too."""
        try:
            if isinstance(body, MalformedMessage):
                raise body
            self.handle_message(json.loads(body, object_hook=self.structure_message))
        except Exception as error:  # noqa: BLE001 - a client may send anything, and goes on to send more
            self._texts.report_server_error(error, JsonRpcException)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message; a request that makes no sense is answered, for a client may wait for it."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and "id" in data:
                self._fail(data["id"], INVALID_PARAMS, f"the parameters of `{data['method']}` cannot be read")
            elif "method" not in data:
                raise
            self._texts.note(f"a message could not be read: {error}")
            return _Unreadable()

    def handle_message(self, message: Any) -> None:
        """Pass a message on, if it can come now."""
        if isinstance(message, _Unreadable):
            return
        method, number = getattr(message, "method", None), getattr(message, "id", None)
        if method is not None and number is not None:
            if self._shutdown:
                self._fail(number, INVALID_REQUEST, "the server has been shut down")
                return
            if self._workspace is None and method != types.INITIALIZE:
                self._fail(number, NOT_INITIALIZED, "`initialize` comes first")
                return
            if self._workspace is not None and method == types.INITIALIZE:
                self._fail(number, INVALID_REQUEST, "`initialize` comes only once")
                return
        elif method is not None and self._workspace is None and method != types.EXIT:
            return
        super().handle_message(message)

    def unreadable(self, error: Exception) -> None:
        """Answer a message that was no message."""
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
            self._fail(None, PARSE_ERROR, "the message is not JSON")
        elif isinstance(error, MalformedMessage):
            self._fail(None, PARSE_ERROR, str(error))
        else:
            self._fail(None, INVALID_REQUEST, "the message cannot be read")

    def _fail(self, number: int | str | None, code: int, message: str) -> None:
        self._send_data({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}})

    def _send_response(self, msg_id: Any, result: Any = None, error: types.ResponseError | None = None) -> None:
        if error is None and isinstance(result, Plain):
            self._result_types.pop(msg_id, None)
            self._send_data({"jsonrpc": "2.0", "id": msg_id, "result": result.value})
        elif error is not None:
            self._fail(msg_id, error.code, error.message)
        else:
            super()._send_response(msg_id, result, error)

    def tell(self, method: str, params: Mapping[str, Any]) -> None:
        """Send a notification that is JSON already."""
        self._send_data({"jsonrpc": "2.0", "method": method, "params": params})

    @property
    def is_shut_down(self) -> bool:
        return self._shutdown

    # ---------------------------------------------------------------- texts

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self._texts.opened(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._texts.changed(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._texts.closed(params.text_document.uri)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # type: ignore[override]
        """Carry out a command in the task of its request, so that cancelling the one ends the other."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"there is no command `{params.command}`")
        return await command(params)
