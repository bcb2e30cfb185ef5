"""A text with fixes applied, that still knows where each character came from.

The parser reads on as if a mistake had been put right; what it then says is placed in the text as it was written.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from runql.syntax.mistake import Mistake, Repair
from runql.text.diagnostic import Diagnostic, Edit, Fix, Label
from runql.text.frozen import frozen
from runql.text.source import Span


@frozen
class _TextPiece:
    """Characters from `start` on, that stand for `origin` in the written text; `kept` if they are the same ones."""

    start: int
    end: int
    origin: Span
    kept: bool


class Shadow:
    """An immutable text and its origin."""

    def __init__(self, text: str, pieces: tuple[_TextPiece, ...] | None = None) -> None:
        self.text = text
        self._pieces = pieces or (_TextPiece(0, len(text), Span(0, len(text)), True),)
        self._starts = [piece.start for piece in self._pieces]
        self.is_original = pieces is None
        """Whether nothing was applied: then each character stands where it was written."""

    def _piece(self, offset: int) -> _TextPiece:
        return self._pieces[max(0, bisect_right(self._starts, offset) - 1)]

    def place(self, start: int, end: int) -> Span:
        """Where a range of this text was written."""
        if self.is_original:
            return Span(start, max(start, end))
        first, last = self._piece(start), self._piece(max(start, end - 1))
        low = first.origin.start + (start - first.start if first.kept else 0)
        high = last.origin.start + (end - last.start) if last.kept else last.origin.end
        return Span(low, max(low, high))

    def written(self, edit: Edit) -> Edit | None:
        """An edit of this text as one of the written text; none if it touches what a fix has put there."""
        start, end = edit.span.start, edit.span.end
        pieces = [p for p in self._pieces if p.start <= end and start <= p.end]
        whole = next((p for p in pieces if p.kept and p.start <= start and end <= p.end), None)
        if whole is None:
            return None
        shift = whole.origin.start - whole.start
        return Edit(Span(start + shift, end + shift), edit.text)

    def put_in(self, edit: Edit) -> Span | None:
        """The place in the written text for which a fix has put in what an edit changes; none if it changes more."""
        pieces = (p for p in self._pieces if p.start <= edit.span.start and edit.span.end <= p.end)
        piece = next((p for p in pieces if not p.kept), None)
        return None if piece is None else piece.origin

    def instead_of(self, origin: Span) -> str:
        """What fixes have put into a place of the written text."""
        pieces = (p for p in self._pieces if not p.kept and p.origin == origin)
        return "".join(self.text[p.start : p.end] for p in pieces)

    def kept(self, start: int, end: int) -> bool:
        """Whether a range stands in the written text as it stands here."""
        piece = self._piece(start)
        return piece.kept and end <= piece.end

    def apply(self, edits: Iterable[Edit]) -> Shadow:
        """The text with edits of it applied; they must not overlap."""
        pieces: list[_TextPiece] = []
        parts: list[str] = []
        position = length = 0

        def add(text: str, origin: Span, kept: bool) -> None:
            nonlocal length
            if text:
                pieces.append(_TextPiece(length, length + len(text), origin, kept))
                parts.append(text)
                length += len(text)

        def copy(start: int, end: int) -> None:
            for piece in self._pieces:
                low, high = max(start, piece.start), min(end, piece.end)
                if low < high:
                    shift = piece.origin.start - piece.start
                    origin = Span(low + shift, high + shift) if piece.kept else piece.origin
                    add(self.text[low:high], origin, piece.kept)

        for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
            copy(position, edit.span.start)
            add(edit.text, self.place(edit.span.start, edit.span.end), False)
            position = edit.span.end
        copy(position, len(self.text))
        return Shadow("".join(parts), tuple(pieces)) if pieces else Shadow("", ())

    def diagnostic(self, mistake: Mistake, repairs: tuple[Repair, ...]) -> Diagnostic:
        """A mistake, placed in the written text."""
        fixes = []
        for repair in repairs:
            edits = [self.written(edit) for edit in repair.edits]
            known = tuple(edit for edit in edits if isinstance(edit, Edit))
            if len(known) == len(edits):
                fixes.append(Fix(repair.title, known))
        return Diagnostic(
            mistake.code,
            mistake.message,
            self.place(mistake.span.start, mistake.span.end),
            hints=mistake.hints,
            fixes=tuple(fixes),
            labels=tuple(Label(self.place(span.start, span.end), text) for span, text in mistake.labels),
            expected=mistake.expected,
        )
