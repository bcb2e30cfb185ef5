"""Changes of a text that a client asks for: the one form, and the fixes of what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from runql.frontends.lsp.document import Document
from runql.frontends.lsp.names import workspace_edit
from runql.frontends.lsp.positions import Json, range_of
from runql.frontends.lsp.protocol import Plain
from runql.text.diagnostic import Edit
from runql.text.render import clean
from runql.text.source import Span

if TYPE_CHECKING:
    from lsprotocol import types

    from runql.frontends.lsp.analysis import Setting
    from runql.frontends.lsp.server import Server
    from runql.ide.code_actions import CodeAction

QUICK_FIX: Final = "quickfix"
REWRITE: Final = "refactor.rewrite"
FIX_ALL: Final = "source.fixAll"
OUR_FIX_ALL: Final = "source.fixAll.runql"
KINDS: Final = (QUICK_FIX, REWRITE, OUR_FIX_ALL)
_KINDS: Final = {"quickfix": QUICK_FIX, "rewrite": REWRITE, "fix_all": QUICK_FIX}


async def formatting(server: Server, params: types.DocumentFormattingParams) -> Plain:
    """What brings a text into the one form; nothing for a text with errors."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.warm()
    at_first = document.round
    found: list[Json] = []
    for script in document.scripts:
        written = document.text[script.start : script.end]
        edits = await asyncio.to_thread(_formatted, written)
        found += [_edit(document, script.start, edit) for edit in edits]
    return Plain(found if document.round == at_first else [])


def _formatted(text: str) -> Sequence[Edit]:
    from runql.ide.code_actions import formatting as formatting_of

    return formatting_of(text) if text.strip() else ()


async def range_formatting(server: Server, params: types.DocumentRangeFormattingParams) -> Plain:
    """The same for the statements that a part of a text touches."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.warm()
    span = document.places.span(range_of(params.range))
    found = []
    for _, start, piece in document.touched(span):
        core = piece.text.strip()
        begin = start + len(piece.text) - len(piece.text.lstrip())
        if core and begin <= span.end and begin + len(core) >= span.start:
            found += [_edit(document, begin, edit) for edit in _formatted(core)]
    return Plain(found)


def _edit(document: Document, start: int, edit: Edit) -> Json:
    return {"range": document.range(start, edit.span), "newText": _with_line_ends(edit.text, document)}


def _with_line_ends(text: str, document: Document) -> str:
    """A text with the line ends of the document around it."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in document.text else text


async def code_actions(server: Server, params: types.CodeActionParams) -> Plain:
    """The fixes of what is said of a part of a text; asked for, those of all that has one fix."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.read(document)
    wanted = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    found: list[Json] = []
    span = document.places.span(range_of(params.range))
    for at in server.settings(document, span):
        found += _of_piece(server, document, at, span)
    whole = _whole(server, document)
    if whole is not None:
        found.append(whole)
    return Plain([action for action in found if not wanted or _is_wanted(action["kind"], wanted)])


def _is_wanted(kind: str, wanted: Iterable[str]) -> bool:
    """Whether a kind is one of those asked for, or below one of them."""
    return any(not one or kind == one or kind.startswith(f"{one}.") for one in wanted)


def _of_piece(server: Server, document: Document, at: Setting, span: Span) -> Iterator[Json]:
    from runql.ide.code_actions import actions

    inside = Span(span.start - at.start, span.end - at.start)
    for action in actions(server.analysis.diagnostics(at), inside):
        yield _action(server, document, at, action)


def _action(server: Server, document: Document, at: Setting, action: CodeAction) -> Json:
    edits = [_edit(document, at.start, edit) for edit in action.edits]
    found: Json = {
        "title": clean(action.title),
        "kind": _KINDS[action.kind],
        "edit": workspace_edit(server, document, edits),
    }
    if action.is_preferred:
        found["isPreferred"] = True
    if action.diagnostic is not None:
        found["diagnostics"] = [server.publisher.written(document, at.start, action.diagnostic)]
    return found


def _whole(server: Server, document: Document) -> Json | None:
    """All errors of a text that have one fix, put right."""
    from runql.ide.code_actions import single_fixes

    edits: list[Json] = []
    fixed = 0
    for at in server.settings(document):
        some, errors = single_fixes(server.analysis.diagnostics(at))
        edits += [_edit(document, at.start, edit) for edit in some]
        fixed += len(errors)
    if not fixed:
        return None
    title = f"put {fixed} mistake{'s' * (fixed != 1)} right"
    return {"title": title, "kind": OUR_FIX_ALL, "edit": workspace_edit(server, document, edits)}
