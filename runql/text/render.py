"""Diagnostics as text: with a picture of the place, or on one line.

    error[RQL201]: no config field `learning_rat` in acme/vision
      1 │ runs where config.learning_rat > 0.01
        │            ───────────────────
      = nearest: `config.learning_rate` (412 of 412 runs)

Nothing that a query or a run file holds reaches a terminal as a control character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from runql.text.diagnostic import Diagnostic, Severity
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Source, Span
from runql.text.visible import is_seen_at
from runql.text.widths import cell_width

_WIDEST: Final = 100
_NARROWEST: Final = 30
_FRAME: Final = 8
"""The number of the line, the bar, and an ellipsis at both ends."""
_MARGIN: Final = 20
_MOST_LINES: Final = 3
_TAB: Final = "    "
_JOINER: Final = "\u200d"
_RESET: Final = "\x1b[0m"
_BOLD: Final = "\x1b[1m"
_DIM: Final = "\x1b[2m"
_COLORS: Final[Mapping[Severity, str]] = MappingProxyType(
    {Severity.ERROR: "\x1b[31m", Severity.WARNING: "\x1b[33m", Severity.NOTICE: "\x1b[36m"}
)


def clean(text: str) -> str:
    """A text with everything that `visible` writes out replaced by one visible character; tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_clean(text, at) for at in range(len(text)))


def _clean(text: str, at: int) -> str:
    char = text[at]
    code = ord(char)
    if char == "\t":
        return _TAB
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if is_seen_at(text, at) and (char.isprintable() or char == _JOINER):
        return char
    return " " if unicodedata.category(char) == "Zs" else "\N{REPLACEMENT CHARACTER}"


def render(
    diagnostics: Iterable[Diagnostic], source: Source | None = None, *, color: bool = False, columns: int | None = None
) -> str:
    """Diagnostics with pictures of their places, one after the other with an empty line between.

    `source` is the text they point into; without one, or for a diagnostic without a place, there is no picture. Of a
    line that is wider than a terminal of `columns` the part around the place is shown; what is said goes on in the
    next line, between two words.
    """
    return "\n\n".join(_render(diagnostic, source, color, columns) for diagnostic in diagnostics)


def render_line(diagnostic: Diagnostic, source: Source | None = None) -> str:
    """A diagnostic on one line, as compilers write it: `file:line:col: error[CODE]: message`."""
    head = f"{diagnostic.severity}[{diagnostic.code}]: {clean(diagnostic.message)}"
    if source is None:
        return f"{clean(diagnostic.source_name)}: {head}" if diagnostic.source_name else head
    line, column = source.line_column(diagnostic.span.start)
    return f"{clean(source.name)}:{line}:{column}: {head}"


def _paint(text: str, style: str, color: bool) -> str:
    return f"{style}{text}{_RESET}" if color and text else text


def _render(diagnostic: Diagnostic, source: Source | None, color: bool, columns: int | None) -> str:
    tint = _COLORS[diagnostic.severity]
    head = f"{diagnostic.severity}[{diagnostic.code}]"
    said = "\n  ".join(_wrapped(f"{head}: {clean(diagnostic.message)}", columns, indent=2))
    lines = [f"{_paint(head, _BOLD + tint, color)}{_paint(said.removeprefix(head), _BOLD, color)}"]
    if source is not None and _has_place(diagnostic, source):
        widest = _WIDEST if columns is None else max(_NARROWEST, min(_WIDEST, columns - _FRAME))
        lines.extend(_picture(diagnostic, source, tint, color, widest))
    for hint in diagnostic.hints:
        first, *others = (part for line in clean_lines(hint) for part in _wrapped(line, columns, indent=4))
        lines.append(f"  {_paint('=', _DIM, color)} {first}")
        lines.extend(f"    {other}" for other in others)
    return "\n".join(lines)


def _wrapped(text: str, columns: int | None, *, indent: int) -> list[str]:
    """A line as those that a terminal of so many columns has room for; a long word stays in one piece."""
    room = max(_NARROWEST, (columns or 0) - indent)
    if columns is None or len(text) <= room:
        return [text]
    import textwrap

    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def clean_lines(text: str) -> list[str]:
    """The lines of a text, each cleaned; at least one."""
    return [clean(line) for line in text.split("\n")]


def _has_place(diagnostic: Diagnostic, source: Source) -> bool:
    if diagnostic.source_name is not None and diagnostic.source_name != source.name:
        return False
    return diagnostic.span != NOWHERE


@frozen
class _Mark:
    """What is drawn under one line."""

    span: Span
    text: str
    main: bool


def _picture(diagnostic: Diagnostic, source: Source, tint: str, color: bool, widest: int) -> list[str]:
    marks = [_Mark(diagnostic.span, "", True), *(_Mark(label.span, label.text, False) for label in diagnostic.labels)]
    by_line: dict[int, list[_Mark]] = {}
    for mark in marks:
        for line, part in _parts(mark, source):
            by_line.setdefault(line, []).append(part)
    numbers = sorted(by_line)
    gutter = max(3, len(str(numbers[-1])) + 2)
    bar = _paint("│", _DIM, color)
    lines = []
    if source.name != "<query>":
        line, column = source.line_column(diagnostic.span.start)
        lines.append(f"{' ' * gutter} {_paint(f'{clean(source.name)}:{line}:{column}', _DIM, color)}")
    previous = numbers[0]
    for number in numbers:
        if number > previous + 1:
            lines.append(f"{' ' * (gutter - 1)}{_paint('…', _DIM, color)}")
        previous = number
        text, start = _window(source.line_text(number), by_line[number], widest)
        lines.append(f"{_paint(str(number).rjust(gutter), _DIM, color)} {bar} {text}")
        for mark in sorted(by_line[number], key=lambda m: (not m.main, m.span.start)):
            drawn = _underline(source.line_text(number), mark, start, widest)
            style = tint if mark.main else _DIM
            lines.append(f"{' ' * gutter} {bar} {_paint(drawn, style, color)}")
    return lines


def _parts(mark: _Mark, source: Source) -> list[tuple[int, _Mark]]:
    """A mark line by line, as columns from 0; of one over many lines the first and the last are shown."""
    first, column = source.line_column(mark.span.start)
    last, end = source.line_column(max(mark.span.start, mark.span.end))
    if last > first and end == 1:
        last -= 1
        end = len(source.line_text(last)) + 1
    if first == last:
        return [(first, _Mark(Span(column - 1, max(column, end - 1)), mark.text, mark.main))]
    numbers = range(first, last + 1)
    shown = list(numbers) if len(numbers) <= _MOST_LINES else [first, last]
    parts = []
    for number in shown:
        text = source.line_text(number)
        low = column - 1 if number == first else len(text) - len(text.lstrip())
        high = end - 1 if number == last else len(text)
        words = mark.text if number == last else ""
        parts.append((number, _Mark(Span(low, max(low + 1, high)), words, mark.main)))
    return parts


def _window(text: str, marks: list[_Mark], widest: int) -> tuple[str, int]:
    """The part of a long line that is shown, and the column at which it begins."""
    if len(text) <= widest:
        return clean(text), 0
    anchor = next((mark for mark in marks if mark.main), marks[0])
    margin = min(_MARGIN, max(0, (widest - (anchor.span.end - anchor.span.start)) // 2))
    start = max(0, anchor.span.start - margin)
    start = 0 if start < margin else start
    shown = clean(text[start : start + widest])
    return ("…" if start else "") + shown + ("…" if start + widest < len(text) else ""), start


def _underline(text: str, mark: _Mark, start: int, widest: int) -> str:
    last = len(text) if len(text) <= widest else widest
    low, high = (max(0, min(place - start, last)) for place in (mark.span.start, mark.span.end))
    shown = text[start:]
    indent = cell_width(clean(shown[:low])) + (start > 0)
    under = max(1, cell_width(clean(shown[low:high])))
    low_mark = "─" if mark.main else "·"
    words = f" {clean(mark.text)}" if mark.text else ""
    return f"{' ' * indent}{low_mark * under}{words}"
