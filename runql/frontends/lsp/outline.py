"""What a client asks to draw a text: its outline, what folds, its colours, the notes in it and the lines above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from runql.frontends.lsp.document import Document
from runql.frontends.lsp.positions import Json, range_of
from runql.frontends.lsp.protocol import Plain
from runql.text.markdown import message
from runql.text.render import clean
from runql.text.source import Span

if TYPE_CHECKING:
    from lsprotocol import types

    from runql.frontends.lsp.analysis import Setting
    from runql.frontends.lsp.server import Server
    from runql.ide.inlay_hints import Inlay
    from runql.ide.symbols import Symbol

_MANY: Final = 500
"""Statements of a text of which the outline has no clauses, and only `Run` stands above each."""
_KINDS: Final = {
    "query": 12,
    "explain": 12,
    "let": 13,
    "parameter": 14,
    "statement": 2,
    "clause": 7,
    "stage": 6,
    "broken": 24,
}
_LENSES: Final = (("▷ Run", "runql.run"), ("Explain", "runql.explain"), ("Check", "runql.check"))
_PARAMETER: Final = 2
_BLANK: Final = re.compile(r"(?:\s|\ufeff|#[^\n]*(?:\n|\Z))*")


async def symbols(server: Server, params: types.DocumentSymbolParams) -> Plain:
    """The statements of a text, with their clauses."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.read(document)
    placed = list(document.placed())
    is_tree = server.has("text_document", "document_symbol", "hierarchical_document_symbol_support")
    deep = is_tree and len(placed) <= _MANY
    found = [_symbol(document, start, each, deep) for start, each in _symbols(placed)]
    if not is_tree:
        found = [_flat(document, each) for each in found]
    return Plain(found)


def _symbols(placed: list[Any]) -> Iterator[tuple[int, Symbol]]:
    from runql.ide.symbols import symbols as symbols_of

    for _, start, piece in placed:
        for each in symbols_of(piece.parsed):
            yield start, each


def _symbol(document: Document, start: int, each: Symbol, deep: bool) -> Json:
    found: Json = {
        "name": clean(each.name) or "…",
        "kind": _KINDS[each.kind],
        "range": document.range(start, each.span),
        "selectionRange": document.range(start, each.name_span),
    }
    if deep and each.children:
        found["children"] = [_symbol(document, start, child, deep) for child in each.children]
    return found


def _flat(document: Document, each: Json) -> Json:
    return {
        "name": each["name"],
        "kind": each["kind"],
        "location": {"uri": document.uri, "range": each["range"]},
    }


async def workspace_symbols(server: Server, params: types.WorkspaceSymbolParams) -> Plain:
    """The statements of all open files that hold a text."""
    wanted = params.query.casefold()
    found = []
    for document in list(server.documents.values()):
        await server.read(document)
        for start, each in _symbols(list(document.placed())):
            if wanted in each.name.casefold():
                found.append(_flat(document, _symbol(document, start, each, deep=False)))
    return Plain(found)


async def folds(server: Server, params: types.FoldingRangeParams) -> Plain:
    """The lines that fold."""
    from runql.ide.symbols import folds as folds_of

    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.read(document)
    found = []
    for _, start, piece in document.placed():
        if "\n" not in piece.text:
            continue
        line, _ = document.places.line_column(start)
        for fold in folds_of(piece.parsed):
            one: Json = {"startLine": line + fold.first_line - 1, "endLine": line + fold.last_line - 1}
            if fold.is_comment:
                one["kind"] = "comment"
            found.append(one)
    return Plain(found)


async def inlays(server: Server, params: types.InlayHintParams) -> Plain:
    """The notes between the words of a part."""
    document = server.documents.get(params.text_document.uri)
    if document is None or not server.world.wishes.hints:
        return Plain([])
    server.has_notes = True
    await server.read(document)
    span = document.places.span(range_of(params.range))
    found = []
    for at in server.settings(document, span):
        for note in server.analysis.inlays(at):
            if span.start <= at.start + note.offset <= span.end:
                found.append(_inlay(document, at, note))
    return Plain(found)


def _inlay(document: Document, at: Setting, note: Inlay) -> Json:
    leads = bool(note.edits) and note.edits[0].span == Span(note.offset, note.offset)
    found: Json = {
        "position": document.places.place(at.start + note.offset),
        "label": clean(note.label),
        "tooltip": message(note.tooltip),  # a text, no Markdown
        "paddingLeft": not leads,
    }
    if leads:
        found["kind"] = _PARAMETER
    if note.edits:
        found["textEdits"] = [
            {"range": document.range(at.start, edit.span), "newText": edit.text} for edit in note.edits
        ]
    return found


async def lenses(server: Server, params: types.CodeLensParams) -> Plain:
    """What can be done with each statement that asks for something."""
    document = server.documents.get(params.text_document.uri)
    if document is None or not server.world.wishes.lenses:
        return Plain([])
    await server.read(document)
    spans = list(asked(document))
    shown = _LENSES if len(spans) <= _MANY else _LENSES[:1]
    return Plain(
        [
            _lens(document, span, title, command)
            for span, may_explain in spans
            for title, command in shown
            if may_explain or command == "runql.run"
        ]
    )


def asked(document: Document) -> Iterator[tuple[Span, bool]]:
    """The statements that give a result, in the whole text, and whether they are queries."""
    from runql.syntax import tree as s
    from runql.syntax import tree as t

    for _, start, piece in document.placed():
        for statement in piece.parsed.script.statements:
            if isinstance(statement, t.QueryStatement | t.ExplainStatement | s.ShowStatement | s.DescribeStatement):
                is_query = isinstance(statement, t.QueryStatement)
                yield Span(start + statement.span.start, start + statement.span.end), is_query


def _lens(document: Document, span: Span, title: str, command: str) -> Json:
    place = document.places.place(span.start)
    arguments = [{"uri": document.uri, "position": place}]
    part = {"start": place, "end": place}
    return {"range": part, "command": {"title": title, "command": command, "arguments": arguments}}
