"""Semantic tokens: the colours of a text as the protocol packs them, and what of them changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from runql.frontends.lsp.document import Document, Piece
from runql.frontends.lsp.positions import Json, Places, range_of, units
from runql.frontends.lsp.protocol import Plain
from runql.ide.semantic_tokens import Shade
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from lsprotocol import types

    from runql.frontends.lsp.server import Server

TYPES: Final = (
    "keyword", "function", "namespace", "property", "variable", "type", "number", "string", "regexp", "parameter",
    "operator", "comment", "enumMember", "macro",
)  # fmt: skip
MODIFIERS: Final = ("defaultLibrary",)
_OF_RUNS: Final = 1
_LOOKS: Final = {
    Shade.STATEMENT: ("keyword", 0),
    Shade.KEYWORD: ("keyword", 0),
    Shade.STAGE: ("macro", 0),
    Shade.CONSTANT: ("enumMember", 0),
    Shade.FUNCTION: ("function", 0),
    Shade.NAMESPACE: ("namespace", 0),
    Shade.FIELD: ("property", 0),
    Shade.RUN_FIELD: ("property", _OF_RUNS),
    Shade.METRIC: ("variable", 0),
    Shade.SOURCE: ("type", 0),
    Shade.NUMBER: ("number", 0),
    Shade.STRING: ("string", 0),
    Shade.REGEX: ("regexp", 0),
    Shade.TIME: ("number", 0),
    Shade.PARAMETER: ("parameter", 0),
    Shade.OPERATOR: ("operator", 0),
    Shade.TEXT: ("string", 0),
    Shade.COMMENT: ("comment", 0),
}
"""Punctuation and what the language does not know have no colour of their own."""
_CODES: Final = {shade: (TYPES.index(name), modifiers) for shade, (name, modifiers) in _LOOKS.items()}
_STEP: Final = 1000


@frozen
class _PackedTokens:
    """The tokens of a piece; the first two numbers are the place of the first one, `last` is that of the last."""

    data: list[int]
    last: tuple[int, int]


def _packed(piece: Piece, encoding: str) -> _PackedTokens:
    kept = piece.kept.get("tokens")
    if kept is None or kept[0] != encoding:
        piece.kept["tokens"] = kept = (encoding, _pack(piece, encoding))
    packed: _PackedTokens = kept[1]
    return packed


def _pack(piece: Piece, encoding: str) -> _PackedTokens:
    places = Places(piece.text, encoding)
    data: list[int] = []
    line = column = 0
    for token in piece.tokens:
        code = _CODES.get(token.shade)
        text = piece.text[token.span.start : token.span.end].rstrip("\r\n")
        if code is None or not text:
            continue
        at_line, at_column = places.line_column(token.span.start)
        lines = at_line - line
        data += (lines, at_column if lines else at_column - column, units(text, encoding), *code)
        line, column = at_line, at_column
    return _PackedTokens(data, (line, column))


def _data(document: Document, placed: Iterator[Any]) -> list[int]:
    """The tokens of pieces, one behind the other."""
    places = document.places
    data: list[int] = []
    line = column = 0
    for _, start, piece in placed:
        packed = _packed(piece, places.encoding)
        if not packed.data:
            continue
        begin_line, begin_column = places.line_column(start)
        first_line = begin_line + packed.data[0]
        first_column = packed.data[1] + (begin_column if packed.data[0] == 0 else 0)
        lines = first_line - line
        data += (lines, first_column if lines else first_column - column)
        data += packed.data[2:]
        line = begin_line + packed.last[0]
        column = packed.last[1] + (begin_column if packed.last[0] == 0 else 0)
    return data


async def full(server: Server, params: types.SemanticTokensParams) -> Plain:
    """All tokens of a text."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.read(document)
    return Plain({"resultId": _remember(document, data := _data(document, document.placed())), "data": data})


async def delta(server: Server, params: types.SemanticTokensDeltaParams) -> Plain:
    """What changed of the tokens since an answer; all of them if that is not known any more."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.read(document)
    before = document.colors
    data = _data(document, document.placed())
    if before is None or before[0] != params.previous_result_id:
        return Plain({"resultId": _remember(document, data), "data": data})
    return Plain({"resultId": _remember(document, data), "edits": list(_edits(before[1], data))})


async def part(server: Server, params: types.SemanticTokensRangeParams) -> Plain:
    """The tokens of a part of a text, and of what of its statements stands around it."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return Plain(None)
    await server.warm()
    span = document.places.span(range_of(params.range))
    return Plain({"data": _data(document, document.touched(span))})


def _remember(document: Document, data: list[int]) -> str:
    document.colored += 1
    document.colors = (str(document.colored), data)
    return document.colors[0]


def _edits(before: list[int], after: list[int]) -> Iterator[Json]:
    """The one edit that makes one list of the other."""
    start = _common(before, after)
    if start == len(before) == len(after):
        return
    end = min(_common(before[::-1], after[::-1]), len(before) - start, len(after) - start)
    yield {
        "start": start,
        "deleteCount": len(before) - start - end,
        "data": after[start : len(after) - end],
    }


def _common(a: list[int], b: list[int]) -> int:
    """How many numbers two lists have in common at their beginning."""
    most, at = min(len(a), len(b)), 0
    while at < most and a[at : at + _STEP] == b[at : at + _STEP]:
        at += _STEP
    at = min(at, most)
    while at < most and a[at] == b[at]:
        at += 1
    return at
