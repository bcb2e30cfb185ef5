"""The line at the bottom: on its left what there is to say about the text, on its right what is known of the source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from prompt_toolkit.formatted_text import StyleAndTextTuples, fragment_list_width
from prompt_toolkit.utils import get_cwidth

from runql.frontends.repl.knowledge import PromptWorld
from runql.frontends.repl.line.toolbar_text import Thought, nearest_to
from runql.text.render import clean

if TYPE_CHECKING:
    from runql.ide.counting import Counts
    from runql.ide.signature_help import Signature

_GAP: Final = 2
_MOST_SOURCE: Final = 40


def toolbar(
    thought: Thought | None, world: PromptWorld, columns: int, *, fault: Exception | None = None, mode: str = ""
) -> StyleAndTextTuples:
    """The line, in at most `columns` cells. What is on the right makes room for what is on the left, part by part."""
    left = _left(thought, fault)
    parts = [*([("class:toolbar.count", mode)] if mode else []), *_right(world)]
    while True:
        right = _joined(parts)
        room = columns - fragment_list_width(right) - (_GAP if right else 0)
        needed = fragment_list_width(left)
        if needed <= room or not parts:
            break
        parts = parts[:-1]
    left = _cut(left, max(0, columns - fragment_list_width(right) - (_GAP if right else 0)))
    space = max(0, columns - fragment_list_width(left) - fragment_list_width(right))
    return [*left, ("", " " * space), *right]


def _left(thought: Thought | None, fault: Exception | None) -> StyleAndTextTuples:
    if fault is not None:
        return [("class:toolbar.error", clean(f"RQL901 {type(fault).__name__}: {fault} · please report this"))]
    if thought is None:
        return []
    wrong = nearest_to(thought.offset, thought.shown)
    if wrong is not None and wrong.is_error:
        return _wrong("class:toolbar.error", wrong.message, wrong.hints)
    if thought.read_as:
        return [("", clean(f"read as: {thought.read_as}"))]
    pieces: StyleAndTextTuples = []
    if thought.counts is not None:
        pieces += _count(thought.counts)
    if thought.signatures:
        pieces += [("class:toolbar.quiet", " · ")] if pieces else []
        pieces += _form(thought.signatures[0])
    if wrong is not None:
        pieces += [("class:toolbar.quiet", " · ")] if pieces else []
        pieces += _wrong("class:toolbar.warning", wrong.message, ())
    return pieces


def _wrong(style: str, message: str, hints: tuple[str, ...]) -> StyleAndTextTuples:
    near = next((hint for hint in hints if hint.startswith("nearest")), "")
    return [(style, clean(message)), ("", f" · {clean(near)}" if near else "")]


def _count(counts: Counts) -> StyleAndTextTuples:
    about = "about " if counts.about else ""
    pieces: StyleAndTextTuples = [("class:toolbar.count", f"{about}{counts.matching:,} runs")]
    if counts.matching == 1:
        pieces = [("class:toolbar.count", f"{about}1 run")]
    pieces += [("", f" · {count:,} without {name}") for name, count in counts.without]
    return pieces


def _form(signature: Signature) -> StyleAndTextTuples:
    """The form of what is being written, with the part that is being written marked."""
    if signature.active is None or not signature.parameters:
        return [("class:toolbar.quiet", signature.label)]
    span = signature.parameters[signature.active]
    label = signature.label
    return [
        ("class:toolbar.quiet", label[: span.start]),
        ("class:toolbar.active", label[span.start : span.end]),
        ("class:toolbar.quiet", label[span.end :]),
    ]


def _right(world: PromptWorld) -> Iterator[tuple[str, str]]:
    """What is known of the source, the most important first."""
    if world.source is None:
        yield "", "no source: `use demo` or `\\source NAME`"
        return
    yield "", _short(clean(world.source))
    if world.trouble:
        trouble = clean(world.trouble)
        yield "class:toolbar.error", trouble if len(trouble) <= _MOST_SOURCE else f"{trouble[: _MOST_SOURCE - 1]}…"
        return
    catalog = world.catalog
    if catalog is None:
        yield "class:toolbar.quiet", "looking…" if world.looking else ""
        return
    runs = f"{catalog.run_count:,} run{'s' * (catalog.run_count != 1)}"
    yield "", runs
    if catalog.as_of is not None:
        yield "class:toolbar.quiet", f"{_age(catalog.as_of)}{', looking…' if world.looking else ''}"


def _joined(parts: list[tuple[str, str]]) -> StyleAndTextTuples:
    pieces: StyleAndTextTuples = []
    for style, text in parts:
        if text:
            pieces += [("", " · ")] if pieces else []
            pieces.append((style, text))
    return pieces


def _age(as_of: datetime) -> str:
    """When what is known was read."""
    seconds = max(0.0, (datetime.now(UTC) - as_of).total_seconds())
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {name} ago"
    return "just now"


def _short(text: str) -> str:
    return text if len(text) <= _MOST_SOURCE else f"…{text[1 - _MOST_SOURCE :]}"


def _cut(pieces: StyleAndTextTuples, columns: int) -> StyleAndTextTuples:
    """Pieces in at most so many cells; what does not fit ends in `…`."""
    if fragment_list_width(pieces) <= columns:
        return pieces
    cut: StyleAndTextTuples = []
    room = columns - 1
    for style, text, *_ in pieces:
        kept = ""
        for char in text:
            room -= get_cwidth(char)
            if room < 0:
                return [*cut, (style, f"{kept}…")] if columns > 0 else []
            kept += char
        cut.append((style, kept))
    return cut
