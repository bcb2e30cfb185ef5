"""An open file: its text as the client has it, in pieces of which only those that change are read again."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from runql.frontends.lsp.positions import Json, Places
from runql.text.frozen import frozen
from runql.text.source import Span

if TYPE_CHECKING:
    from runql.ide.semantic_tokens import SemanticToken
    from runql.syntax import Parsed, tree
    from runql.syntax.tree import ParamStatement


_DECLARES: Final = re.compile(r"(?:\s|\ufeff|#[^\n]*\n)*(?:let|param|use)\b", re.IGNORECASE)
_FENCE: Final = re.compile(
    r"^(?P<mark> {0,3}(?:```+|~~~+))[ \t]*(?:rql|runql)\b[^\n]*\n(?P<text>.*?)(?=^ {0,3}(?:```|~~~)|\Z)", re.M | re.S
)
MARKDOWN: Final = "markdown"
_LARGE: Final = 8_000
"""Characters of a piece that is read in a thread, for reading it takes longer than a key press may wait."""


@frozen
class Declared:
    """What a piece says of names: those it gives, those it uses, and the source that it names with `use`.

    `froms` are the names after `from` and of tables beside that, as far as they are neither saved queries nor `_`;
    `goes_on`: it has a `_`; `is_alone`: it is of plain queries that name no other one, no source and no parameter.
    """

    lets: Mapping[str, tree.Query]
    params: Mapping[str, ParamStatement]
    used: frozenset[str]
    froms: frozenset[str]
    goes_on: bool
    use: tree.SourceRef | None
    is_alone: bool


class Piece:
    """A part of a text that is read by itself; all offsets in it are its own. It never changes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kept: dict[str, tuple[object, Any]] = {}
        """What was worked out, by its name, with what it was worked out from."""

    @cached_property
    def parsed(self) -> Parsed:
        from runql.syntax import parse

        return parse(self.text)

    @cached_property
    def nodes(self) -> list[tree.Node]:
        """All that its tree consists of."""
        from runql.syntax.tree.walk import nodes

        return nodes(self.parsed.script.statements)

    @property
    def is_read(self) -> bool:
        return "parsed" in self.__dict__

    async def read(self) -> None:
        """Read it, if it is not read yet; a large one in a thread: in the meantime others can be read."""
        if self.is_read:
            return
        if len(self.text) <= _LARGE:
            _ = self.parsed
            return
        from runql.syntax import parse

        # Not by the property: in a thread it would hold the lock that all properties of that name share.
        parsed = await asyncio.to_thread(parse, self.text)
        self.__dict__.setdefault("parsed", parsed)

    @cached_property
    def may_declare(self) -> bool:
        """Whether it may give names to others; known without reading it."""
        return _DECLARES.match(self.text) is not None

    @cached_property
    def declared(self) -> Declared:
        from runql.syntax import tree as t

        statements = self.parsed.script.statements
        holders = t.SourceRef | t.Param | t.QueryNode | t.JoinStage | t.UnionStage
        named = [node for node in self.nodes if isinstance(node, holders)]
        uses = [statement.source for statement in statements if isinstance(statement, t.UseStatement)]
        refs = [node for node in named if isinstance(node, t.SourceRef)]
        froms = [ref for ref in refs if not any(ref is use for use in uses)]
        plain = sum(isinstance(each, t.QueryStatement | t.ExplainStatement) for each in statements)
        return Declared(
            {each.name: each.query for each in statements if isinstance(each, t.LetStatement)},
            {each.name: each for each in statements if isinstance(each, t.ParamStatement)},
            frozenset(node.name for node in named if isinstance(node, t.Param)),
            frozenset(ref.name for ref in froms if ref.kind is t.SourceKind.NAME),
            any(ref.kind is t.SourceKind.LAST for ref in froms),
            uses[-1] if uses else None,
            plain == len(statements) == len(named),  # its own queries are all that it has of what may name something
        )

    @cached_property
    def tokens(self) -> tuple[SemanticToken, ...]:
        from runql.ide.semantic_tokens import semantic_tokens

        return semantic_tokens(self.parsed)


class DocumentScript:
    """Statements that know each other's names: a file, or a fence in one. `start` is where it begins in the text."""

    def __init__(self, start: int, pieces: Sequence[Piece]) -> None:
        self.start = start
        self.pieces = list(pieces)

    @cached_property
    def starts(self) -> list[int]:
        """Where each piece begins in the text."""
        return list(accumulate((len(piece.text) for piece in self.pieces), initial=self.start))[:-1]

    @property
    def end(self) -> int:
        return self.starts[-1] + len(self.pieces[-1].text)

    def at(self, offset: int) -> tuple[Piece, int]:
        """The piece that holds an offset, and where it begins. What stands behind a `;` is the next one's."""
        index = max(0, bisect_right(self.starts, offset) - 1)
        return self.pieces[index], self.starts[index]

    def placed(self) -> Iterator[tuple[int, Piece]]:
        """The pieces with their beginnings."""
        return zip(self.starts, self.pieces, strict=True)

    @cached_property
    def lets(self) -> Mapping[str, tree.Query]:
        """The queries that have a name. Reads the pieces that may give one."""
        return {name: query for piece in self._declaring for name, query in piece.declared.lets.items()}

    @cached_property
    def params(self) -> Mapping[str, ParamStatement]:
        """The parameters that are declared. Reads the pieces that may do so."""
        return {name: each for piece in self._declaring for name, each in piece.declared.params.items()}

    @cached_property
    def said(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Named queries and parameters as they are declared, on one line."""
        from runql.ide.context import Context
        from runql.ide.declarations import with_declared

        context = Context()
        for piece in self._declaring:
            context = with_declared(piece.parsed, context)
        return context.lets, context.parameters

    @cached_property
    def _declaring(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.may_declare]

    def use_before(self, start: int) -> tree.SourceRef | None:
        """The source that the last `use` before a place names."""
        places, refs = self._uses
        index = bisect_right(places, start) - 1
        return refs[index] if index >= 0 else None

    @cached_property
    def _uses(self) -> tuple[list[int], list[tree.SourceRef]]:
        found = [
            (start, piece.declared.use)
            for start, piece in self.placed()
            if piece.may_declare and piece.declared.use is not None
        ]
        return [start for start, _ in found], [ref for _, ref in found]


class Document:
    """An open file. `version` is the client's; `round` counts the changes of its text here."""

    def __init__(self, uri: str, text: str, version: int | None, language: str, encoding: str) -> None:
        self.uri = uri
        self.version = version
        self.language = language
        self.round = 0
        self.colored = 0
        self.colors: tuple[str, list[int]] | None = None
        """The last tokens that were sent, with the name of that answer."""
        self.places = Places(text, encoding)
        self.scripts: list[DocumentScript] = (
            self._fences() if language == MARKDOWN else [DocumentScript(0, _pieces(text))]
        )

    @property
    def text(self) -> str:
        return self.places.text

    def change(self, text: str, part: Mapping[str, Mapping[str, int]] | None) -> None:
        """Put a text in the place of a part, or of all."""
        before = self.places
        span = Span(0, len(before.text)) if part is None else before.span(part)
        self.places = Places(before.text[: span.start] + text + before.text[span.end :], before.encoding)
        self.round += 1
        if self.language == MARKDOWN:
            self.scripts = self._fences()
            return
        (script,) = self.scripts
        old = script.pieces
        ends = [start + len(piece.text) for start, piece in script.placed()]
        first, last, fresh = ends_after(self.text, ends, span.start, span.end, len(text))
        begin = ends[first - 1] if first else 0
        known = {piece.text: piece for piece in old[first:last]}
        made = [_piece(self.text[a:b], known) for a, b in zip([begin, *fresh], fresh, strict=False)]
        self.scripts = [DocumentScript(0, [*old[:first], *made, *old[last:]])]

    def script_at(self, offset: int) -> DocumentScript | None:
        """The script that holds an offset."""
        return next((script for script in self.scripts if script.start <= offset <= script.end), None)

    def placed(self) -> Iterator[tuple[DocumentScript, int, Piece]]:
        """All pieces with their scripts and beginnings."""
        for script in self.scripts:
            for start, piece in script.placed():
                yield script, start, piece

    def touched(self, span: Span) -> Iterator[tuple[DocumentScript, int, Piece]]:
        """The pieces that a part of the text touches."""
        for script in self.scripts:
            first = max(0, bisect_right(script.starts, span.start) - 1)
            for index in range(first, len(script.pieces)):
                start, piece = script.starts[index], script.pieces[index]
                if start > span.end:
                    break
                if start + len(piece.text) >= span.start:
                    yield script, start, piece

    def range(self, start: int, span: Span) -> Json:
        """A span of the piece that begins at `start`, as the protocol writes it."""
        return self.places.range(Span(start + span.start, start + span.end))

    def _fences(self) -> list[DocumentScript]:
        """The scripts in the fences of a Markdown file."""
        known = {piece.text: piece for _, _, piece in self.placed()} if self.round else {}
        return [
            DocumentScript(found.start("text"), _pieces(found["text"], known))
            for found in _FENCE.finditer(self.places.text)
            if found["text"]
        ]


def _piece(text: str, known: Mapping[str, Piece]) -> Piece:
    return known.get(text) or Piece(text)


def _pieces(text: str, known: Mapping[str, Piece] | None = None) -> list[Piece]:
    ends = list(piece_ends(text))
    return [_piece(text[a:b], known or {}) for a, b in zip([0, *ends], ends, strict=False)]


_PARTS: Final = re.compile(
    r"""
      " (?: [^"\\\n] | \\[^\n] )* (?: " | [^\n]* )    # a quote that is not closed holds the rest of its line
    | ' (?: [^'\\\n] | \\[^\n] )* (?: ' | [^\n]* )
    | ` (?: [^`\n] | `` )* (?: ` | [^\n]* )
    | \#[^\n]*
    | (?P<end>;)
    """,
    re.VERBOSE,
)


def piece_ends(text: str, start: int = 0) -> Iterator[int]:
    """Where each piece of a text ends, from one of these places on: behind a `;` that parts statements, and at the end.

    A piece holds one statement; several where a `;` between them is missing. What a piece says does not depend on what
    stands in the others, but for the names that they declare.
    """
    ended = start
    for part in _PARTS.finditer(text, start):
        if part.lastgroup is not None:
            ended = part.end()
            yield ended
    if ended < len(text) or not text:
        yield len(text)


def ends_after(text: str, before: Sequence[int], start: int, end: int, length: int) -> tuple[int, int, list[int]]:
    """The ends of pieces after an edit, of which only those near it are looked for.

    `text` is the new text, `before` are the ends of the old one; its characters from `start` to `end` became `length`
    others. Gives which of the old pieces (from, to) the new ones stand for, and where these end.
    """
    first = bisect_right(before, start)
    # The last piece has no `;` behind it: what is written at its end belongs to it.
    first = min(first, len(before) - 1)
    shift = length - (end - start)
    old = {at + shift: index for index, at in enumerate(before[first:-1], first) if at >= end}
    fresh: list[int] = []
    for at in piece_ends(text, before[first - 1] if first else 0):
        fresh.append(at)
        if at >= start + length and at in old:
            return first, old[at] + 1, fresh
    return first, len(before), fresh
