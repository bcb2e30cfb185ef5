"""The names that a text declares, by `let` and `param`: where they stand, and under another name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from runql.frontends.lsp.document import Document, DocumentScript
from runql.frontends.lsp.positions import Json, place_of
from runql.frontends.lsp.protocol import Plain, Refused
from runql.text.frozen import frozen
from runql.text.source import Span

if TYPE_CHECKING:
    from lsprotocol import types

    from runql.frontends.lsp.server import Server
    from runql.ide.declarations import Occurrence

_TEXT, _READ, _WRITE = 1, 2, 3


@frozen
class FoundName:
    """A place of a name; `span` is in the whole text."""

    span: Span
    occurrence: Occurrence


async def _same(server: Server, document: Document, position: Any) -> list[FoundName]:
    """The places of the name at a position, in their order."""
    offset = document.places.offset(place_of(position))
    script = document.script_at(offset)
    if script is None:
        return []
    await server.read(document)
    every = list(_all(script))
    at = next((each for each in every if each.span.start - 1 <= offset <= each.span.end), None)
    if at is None:
        return []
    meant = (at.occurrence.sort, at.occurrence.name)
    return [each for each in every if (each.occurrence.sort, each.occurrence.name) == meant]


def _all(script: DocumentScript) -> list[FoundName]:
    from runql.ide.declarations import named_places

    lets = frozenset(script.lets)
    found = []
    for start, piece in script.placed():
        declared = piece.declared
        # Most pieces of a long text have no names at all: they are not walked through.
        if declared.lets or declared.params or "$" in piece.text or not lets.isdisjoint(declared.froms):
            for each in named_places(piece.parsed, lets):
                found.append(FoundName(Span(start + each.span.start, start + each.span.end), each))
    return sorted(found, key=lambda each: each.span)


async def definition(server: Server, params: types.DefinitionParams) -> Plain:
    """Where a name is declared; of a saved query, its file."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    for each in await _same(server, document, params.position):
        if each.occurrence.is_definition:
            return Plain({"uri": document.uri, "range": document.places.range(each.span)})
    return Plain(_saved(server, document, params.position))


def _saved(server: Server, document: Document, position: Any) -> Json | None:
    """The file of the saved query at a position."""
    from pygls.uris import from_fs_path

    from runql.ide.hover import token_at
    from runql.script.saved import saved_queries

    offset = document.places.offset(place_of(position))
    at = server.setting(document, offset)
    token = token_at(at.piece.parsed, offset - at.start) if at is not None else None
    if at is None or token is None or not token.text.startswith("@"):
        return None
    paths = {saved.name: saved.path for saved in saved_queries(at.home.settings.saved)}
    path = paths.get(token.text[1:])
    nowhere = {"line": 0, "character": 0}
    return {"uri": from_fs_path(str(path)), "range": {"start": nowhere, "end": nowhere}} if path is not None else None


async def references(server: Server, params: types.ReferenceParams) -> Plain:
    """Every place of a name."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    found = await _same(server, document, params.position)
    if not params.context.include_declaration:
        found = [each for each in found if not each.occurrence.is_definition]
    return Plain([{"uri": document.uri, "range": document.places.range(each.span)} for each in found])


async def highlight(server: Server, params: types.DocumentHighlightParams) -> Plain:
    """The same, to be marked in the text."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    found = await _same(server, document, params.position)
    return Plain(
        [
            {"range": document.places.range(each.span), "kind": _WRITE if each.occurrence.is_definition else _READ}
            for each in found
        ]
    )


async def prepare_rename(server: Server, params: types.PrepareRenameParams) -> Plain:
    """Whether a name can be changed, and where it stands."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    offset = document.places.offset(place_of(params.position))
    for each in await _same(server, document, params.position):
        if each.span.start - 1 <= offset <= each.span.end:
            return Plain({"range": document.places.range(each.span), "placeholder": each.occurrence.name})
    return Plain(None)


async def rename(server: Server, params: types.RenameParams) -> Plain:
    """Another name, wherever the old one stands."""
    from runql.ide.declarations import is_name

    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    found = await _same(server, document, params.position)
    if not found:
        raise Refused("here stands no name that the text declares")
    name = params.new_name.removeprefix("$")
    if not is_name(name):
        raise Refused(f"`{name}` is no name: a name is letters, digits and `_`, a letter first")
    script = document.script_at(found[0].span.start)
    sort = found[0].occurrence.sort
    others = _all(script) if script is not None else []
    if name != found[0].occurrence.name and any(
        each.occurrence.name == name and each.occurrence.sort is sort for each in others
    ):
        raise Refused(f"`{name}` is taken")
    edits = [{"range": document.places.range(each.span), "newText": name} for each in found]
    return Plain(workspace_edit(server, document, edits))


_VERSIONED: Final = ("workspace", "workspace_edit", "document_changes")


def workspace_edit(server: Server, document: Document, edits: list[Json]) -> Json:
    """Edits of one document, held to its version where the client can do that."""
    if server.has(*_VERSIONED):
        version = {"uri": document.uri, "version": document.version}
        return {"documentChanges": [{"textDocument": version, "edits": edits}]}
    return {"changes": {document.uri: edits}}
