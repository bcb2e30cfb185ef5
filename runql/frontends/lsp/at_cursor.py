"""What a client asks while somebody types: completion, hover, the form of what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from runql.frontends.lsp.document import Document
from runql.frontends.lsp.positions import Json, place_of
from runql.frontends.lsp.protocol import Plain
from runql.text.render import clean
from runql.text.source import Span

if TYPE_CHECKING:
    from lsprotocol import types

    from runql.frontends.lsp.analysis import Setting
    from runql.frontends.lsp.server import Server
    from runql.ide.completion.items import Completions, Item
    from runql.ide.hover import Hover

TRIGGERS: Final = (" ", ".", "$", "@", '"', "'", "`", "(", ",", "|", "=", "/")
_KINDS: Final = {
    "keyword": 14,
    "operator": 24,
    "namespace": 9,
    "field": 5,
    "metric": 6,
    "alias": 18,
    "function": 3,
    "value": 12,
    "time": 12,
    "parameter": 25,
    "source": 19,
    "query": 17,
    "run": 21,
    "stage": 14,
}


async def completion(server: Server, params: types.CompletionParams) -> Plain:
    """What can stand at a place. The list is to be asked for again with each letter: the order is ours."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.read(document, names_only=True)
    offset = document.places.offset(place_of(params.position))
    at = server.setting(document, offset)
    if at is None or (_by_itself(params) and not _must_go_on(at, offset - at.start)):
        return Plain({"isIncomplete": False, "items": []})
    from runql.ide.completion.complete import complete

    text = at.piece.parsed if at.piece.is_read else at.piece.text
    found = complete(text, offset - at.start, server.analysis.context(at, typing=True))
    server.completed += 1
    server.completions = (server.completed, found)
    return Plain(_listed(server, document, at.start, found))


def _by_itself(params: types.CompletionParams) -> bool:
    """Whether nobody asked: a sign was written that may begin something."""
    return params.context is not None and bool(params.context.trigger_character)


def _must_go_on(at: Setting, offset: int) -> bool:
    """Whether a text cannot end at an offset: a menu that comes by itself must not take the Enter of who is done."""
    from runql.ide.cursor import cursor_at
    from runql.syntax.lexer import END

    cursor = cursor_at(at.piece.text[:offset], offset)
    return cursor is not None and END not in cursor.accepted and bool(cursor.lexemes) and not cursor.typed[:1].isdigit()


def _listed(server: Server, document: Document, start: int, found: Completions) -> Json:
    part = document.range(start, found.whole_span)
    typed = document.text[start + found.span.start : start + found.span.end]
    serial = server.completed
    items = [_item(item, part, typed, serial) for item in found.items]
    return {"isIncomplete": found.is_incomplete or bool(typed) or bool(items), "items": items}


def _item(item: Item, part: Json, typed: str, serial: int) -> Json:
    # Editors sort by how well the filter text fits, and then by `sortText`: where all fit alike, our order stays.
    return {
        "label": clean(item.label),
        "kind": _KINDS[item.kind],
        "detail": clean(item.detail),
        "sortText": f"{item.sort_rank:04}",
        "filterText": typed or item.insert_text,
        "insertTextFormat": 1,
        "textEdit": {"range": part, "newText": item.insert_text},
        "data": [serial, item.sort_rank],
    }


async def resolve(server: Server, item: types.CompletionItem) -> Any:
    """The documentation of an item of the last list."""
    from lsprotocol import types as lsp

    match item.data:
        case [serial, int(rank)] if server.completions is not None and serial == server.completions[0]:
            items = server.completions[1].items
            if 0 <= rank < len(items) and (said := items[rank].documentation):
                item.documentation = lsp.MarkupContent(lsp.MarkupKind.Markdown, said)
        case _:
            pass
    return item


async def _setting(server: Server, uri: str, position: types.Position) -> tuple[Document, Setting, int] | None:
    """The document and the piece of it at a place, with the offset in the piece; none where no query stands."""
    document = server.documents.get(uri)
    if document is None:
        return None
    await server.read(document, names_only=True)
    offset = document.places.offset(place_of(position))
    at = server.setting(document, offset)
    return None if at is None else (document, at, offset - at.start)


async def hover(server: Server, params: types.HoverParams) -> Plain:
    """What is known of a word."""
    found = await _setting(server, params.text_document.uri, params.position)
    if found is None:
        return Plain(None)
    document, at, offset = found
    from runql.ide.hover import hover as hover_of

    said = hover_of(at.piece.parsed, offset, server.analysis.context(at, typing=True))
    if said is None:
        return Plain(None)
    return Plain({"contents": _content(server, said), "range": document.range(at.start, said.span)})


def _content(server: Server, said: Hover) -> Json:
    """Markdown, or the words alone for a client that shows no other."""
    hovers = getattr(server.protocol.client_capabilities.text_document, "hover", None)
    formats = getattr(hovers, "content_format", None)
    if formats and all(getattr(each, "value", each) != "markdown" for each in formats):
        return {"kind": "plaintext", "value": said.plain}
    return {"kind": "markdown", "value": said.markdown}


async def signature(server: Server, params: types.SignatureHelpParams) -> Plain:
    """The form of the function or the clause at a place."""
    found = await _setting(server, params.text_document.uri, params.position)
    if found is None:
        return Plain(None)
    _, at, offset = found
    from runql.ide.signature_help import signature as signature_of

    forms = signature_of(at.piece.text, offset, server.analysis.context(at))
    if not forms:
        return Plain(None)
    written = []
    for form in forms:
        one: Json = {
            "label": form.label,
            "documentation": {"kind": "markdown", "value": form.documentation},
            "parameters": [{"label": _label(form.label, span)} for span in form.parameters],
        }
        if form.active is not None:
            one["activeParameter"] = form.active
        written.append(one)
    return Plain({"signatures": written, "activeSignature": 0, "activeParameter": forms[0].active or 0})


def _label(label: str, span: Span) -> str:
    return label[span.start : span.end]
