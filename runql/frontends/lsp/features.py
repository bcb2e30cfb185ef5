"""The table of features: each method of the protocol with who answers it, and of what the client is told before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeAlias

from lsprotocol import types

from runql.frontends.lsp import at_cursor, editing, names, outline, semantic_tokens
from runql.frontends.lsp.commands.commands import Runner
from runql.frontends.lsp.protocol import Plain
from runql.frontends.lsp.publishing import Publisher
from runql.frontends.lsp.server import Server

Handler: TypeAlias = Callable[..., Awaitable[Any]]


async def _pulled(server: Server, params: types.DocumentDiagnosticParams) -> Plain:
    """The diagnostics of a document, for a client that asks; unchanged ones are not sent again."""
    import hashlib
    import json

    document = server.documents.get(params.text_document.uri)
    found = await server.publisher.pull(document) if document is not None else []
    name = hashlib.blake2b(json.dumps(found).encode(), digest_size=8).hexdigest()
    if name == params.previous_result_id:
        return Plain({"kind": "unchanged", "resultId": name})
    return Plain({"kind": "full", "resultId": name, "items": found})


async def _initialize(server: Server, params: types.InitializeParams) -> None:
    server.initialized(params)


async def _configured(server: Server, params: types.DidChangeConfigurationParams) -> None:
    settings = params.settings
    if settings:
        server.configure(settings)
    server.files_changed()


async def _files_changed(server: Server, _params: object) -> None:
    server.files_changed()


async def _folders_changed(server: Server, _params: object) -> None:
    server.find_roots()
    server.files_changed()


async def _cancelled(server: Server, params: types.WorkDoneProgressCancelParams) -> None:
    server.runner.cancel(params.token)


async def _shut_down(server: Server, *_: object) -> None:
    server.runner.stop()


async def _initialized(server: Server, _params: object) -> None:
    server.ready()


async def _run(server: Server, params: types.ExecuteCommandParams) -> Plain:
    return await server.runner.perform("run", params)


async def _explain(server: Server, params: types.ExecuteCommandParams) -> Plain:
    return await server.runner.perform("explain", params)


async def _check(server: Server, params: types.ExecuteCommandParams) -> Plain:
    return await server.runner.perform("check", params)


async def _refresh(server: Server, _params: types.ExecuteCommandParams) -> Plain:
    server.world.refresh()
    server.files_changed()
    return Plain(None)


_LEGEND = types.SemanticTokensLegend(list(semantic_tokens.TYPES), list(semantic_tokens.MODIFIERS))

FEATURES: Final[tuple[tuple[str, Handler, Any], ...]] = (
    (types.INITIALIZE, _initialize, None),
    (types.INITIALIZED, _initialized, None),
    (types.SHUTDOWN, _shut_down, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, _configured, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _files_changed, None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, _folders_changed, None),
    (types.TEXT_DOCUMENT_DID_SAVE, _files_changed, None),
    (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, _cancelled, None),
    (
        types.TEXT_DOCUMENT_COMPLETION,
        at_cursor.completion,
        types.CompletionOptions(trigger_characters=list(at_cursor.TRIGGERS), resolve_provider=True),
    ),
    (types.COMPLETION_ITEM_RESOLVE, at_cursor.resolve, None),
    (types.TEXT_DOCUMENT_HOVER, at_cursor.hover, None),
    (
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        at_cursor.signature,
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=[")"]),
    ),
    (
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        _pulled,
        types.DiagnosticOptions(identifier="runql", inter_file_dependencies=False, workspace_diagnostics=False),
    ),
    (types.TEXT_DOCUMENT_DEFINITION, names.definition, None),
    (types.TEXT_DOCUMENT_REFERENCES, names.references, None),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, names.highlight, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, names.prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, names.rename, None),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, outline.symbols, None),
    (types.WORKSPACE_SYMBOL, outline.workspace_symbols, None),
    (types.TEXT_DOCUMENT_FOLDING_RANGE, outline.folds, None),
    (types.TEXT_DOCUMENT_INLAY_HINT, outline.inlays, None),
    (types.TEXT_DOCUMENT_CODE_LENS, outline.lenses, None),
    (types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, semantic_tokens.full, _LEGEND),
    (types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA, semantic_tokens.delta, None),
    (types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, semantic_tokens.part, None),
    (types.TEXT_DOCUMENT_FORMATTING, editing.formatting, None),
    (types.TEXT_DOCUMENT_RANGE_FORMATTING, editing.range_formatting, None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        editing.code_actions,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind(kind) for kind in editing.KINDS[:2]]),
    ),
)

COMMANDS: Final[tuple[tuple[str, Handler], ...]] = (
    ("runql.run", _run),
    ("runql.explain", _explain),
    ("runql.check", _check),
    ("runql.refresh", _refresh),
)


def server_of(version: str) -> Server:
    """A server with all its features."""
    server = Server(version)
    server.publisher = Publisher(server)
    server.runner = Runner(server)
    for name, handler, options in FEATURES:
        server.feature(name, options)(partial(handler, server))
    for name, handler in COMMANDS:
        server.command(name)(partial(handler, server))
    return server
