"""Notes between the words: what a relative time is now, how a bare name was read, what is done here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runql.ide.completion.values import meaning
from runql.ide.context import Context, Text, parsed
from runql.ide.diagnostics import checked_query, plan, relative_times
from runql.ide.nodes import queries
from runql.syntax import tree as t
from runql.text.diagnostic import Diagnostic, Edit
from runql.text.frozen import frozen
from runql.text.source import Span

_READ_AS: Final = "RQL211"
_SORTED_HERE: Final = "RQL305"


@frozen
class Inlay:
    """A note shown at an offset, not part of the text. `edits` write into the text what it says."""

    offset: int
    label: str
    tooltip: str = ""
    edits: tuple[Edit, ...] = ()


def inlays(text: Text, context: Context, span: Span | None = None) -> tuple[Inlay, ...]:
    """The notes of a text, or of a part of it, in their order."""
    whole = parsed(text)
    found = [*_times(whole.script, context)]
    for query in queries(whole.script):
        found += _of_query(query, whole.source.text, context)
    inside = (note for note in found if span is None or span.start <= note.offset <= span.end)
    return tuple(sorted(inside, key=lambda note: note.offset))


def _times(script: t.Script, context: Context) -> Iterator[Inlay]:
    for moment in relative_times(script):
        shown = meaning(moment, context)
        if shown:
            yield Inlay(moment.span.end, f"= {shown}", "what it is now", (Edit(moment.span, shown),))


def _of_query(query: t.Query, text: str, context: Context) -> Iterator[Inlay]:
    checked, at = checked_query(query, text, context)
    for diagnostic in checked.diagnostics:
        if diagnostic.code == _READ_AS:
            yield from _read_as(diagnostic, text)
    pushed = plan(checked, at)
    if pushed is None:
        return
    for term in pushed.here:
        yield Inlay(term.span.end, "done here", "the source cannot filter by this: its runs are read and tried here")
    for note in pushed.notes:
        if note.code == _SORTED_HERE:
            yield Inlay(
                note.span.end, "sorted here", "the source cannot sort like this: its runs are read and sorted here"
            )


def _read_as(diagnostic: Diagnostic, text: str) -> Iterator[Inlay]:
    """The namespace that a bare name lacks, in front of it."""
    written = text[diagnostic.span.start : diagnostic.span.end]
    for fix in diagnostic.fixes[:1]:
        edit = fix.edits[0]
        if edit.text.endswith(written):
            label = edit.text.removesuffix(written)
            yield Inlay(
                edit.span.start, label, diagnostic.message, (Edit(Span(edit.span.start, edit.span.start), label),)
            )
        else:
            yield Inlay(edit.span.end, f"= {edit.text}", diagnostic.message, fix.edits)
