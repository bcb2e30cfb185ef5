"""The table view: a frame as lines for a terminal, of any width, that hides nothing without saying so."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from runql.results.column_types import NUMBERS, Shape
from runql.results.columns import Columns
from runql.results.terminal_table.cells import CellLook, Showing, look_of, needs_seconds
from runql.results.terminal_table.layout import GAP, ColumnSlot, cut, cut_alike, fit, total
from runql.results.terminal_table.options import View
from runql.results.terminal_table.plus_minus import MeasuredColumn, measured
from runql.results.terminal_table.sparks import spark
from runql.results.terminal_table.transposed import is_better_turned, turned_lines
from runql.text.visible import visible
from runql.text.widths import cell_width

if TYPE_CHECKING:
    from runql.engine.stages import PivotLayout
from runql.semantic.values import Value

_EIGHTHS = " ▏▎▍▌▋▊▉█"

Changed: TypeAlias = Mapping[str, Collection[int]]

_STAR = " *"
_BAR_CELLS = 30
_BEHIND_TYPE = 2
"""Where the sparks of `describe` stand: behind the names and the types of its columns."""
_SPREAD = "distribution"
"""What stands over them."""

_TEXTS = frozenset({Shape.TEXT, Shape.LIST, Shape.RECORD, Shape.MIXED})
_NAMED_COLUMNS = 24


def table_lines(
    frame: Columns, view: View, layout: PivotLayout | None = None, changed: Changed = MappingProxyType({})
) -> Iterator[str]:
    """The lines of the table, without line ends. With a layout the columns of a pivot that belong together are one.

    `changed`: by column the rows whose cells are marked, with a star where there are no colours.
    """
    if not frame.columns:
        return
    hidden = 0
    if view.most_rows is not None and frame.length > view.most_rows:
        hidden = frame.length - view.head - view.tail
        shown = Columns.concat([frame.slice(0, view.head), frame.slice(frame.length - view.tail, frame.length)])
    else:
        shown = frame
    seconds = needs_seconds(chain.from_iterable(shown.columns.values()))
    slots = [
        _slot(frame, shown, name, replace(view, seconds=seconds), changed.get(name, ()))
        if pivoted is None
        else _measured_slot(pivoted, view, hidden)
        for name, pivoted in measured(frame, layout).items()
    ]
    is_wide = view.width is not None and total(slots) > view.width
    slots += _bars(frame, layout, view, hidden)
    slots[_BEHIND_TYPE:_BEHIND_TYPE] = _sparks(frame, layout, view, hidden)
    key = layout.rows[0] if layout is not None and layout.rows else None
    if shown.length and not hidden and (view.turn == "on" or (frame.length == 1 and is_wide)):
        yield from [*turned_lines(slots, view, key), *_legend(frame, layout, view)]
        return
    kept, dropped = fit(slots, view.width) if view.width is not None else (slots, [])
    if view.turn == "auto" and not hidden and is_better_turned(slots, dropped, view):
        yield from [*turned_lines(slots, view, key), *_legend(frame, layout, view)]
        return
    yield from [*_grid(kept, view, hidden, shown.length), *_legend(frame, layout, view)]
    if dropped and not view.brief:
        for line in textwrap.wrap(
            _dropped_line(dropped, view), view.width or 80, subsequent_indent="  ", break_on_hyphens=False
        ):
            yield view.paint(line, "dim")


_BEST: Final = {"min": "smallest", "max": "largest"}


def _legend(frame: Columns, layout: PivotLayout | None, view: View) -> Iterator[str]:
    """What `±`, `n` and the star are below a pivot, if it shows any."""
    if layout is None:
        return
    cells = {name: column.cells for name, column in measured(frame, layout).items() if column is not None}
    said = []
    if any(cell.spread for column in cells.values() for cell in column):
        said.append(f"{'±' if view.unicode else '+-'} is the standard deviation, n the number of rows")
    with_star = [cell for cell in layout.cells if any(one.is_best for one in cells.get(cell.value, ()))]
    goals = {cell.goal.value for cell in with_star if cell.goal is not None}
    if goals:
        best = _BEST[goals.pop()] if len(goals) == 1 else "best"
        said.append(f"{'bold' if view.color else '*'} is the {best} of its column")
    if said:
        yield view.paint(", ".join(said), "dim")


def _bars(frame: Columns, layout: PivotLayout | None, view: View, hidden: int) -> list[ColumnSlot]:
    """The numbers of a histogram as bars, the longest of one length; they are in no data."""
    if layout is None or layout.bars is None or layout.bars not in frame.columns:
        return []
    counts = frame.columns[layout.bars]
    most = max((count for count in counts if isinstance(count, int)), default=0)
    looks = [CellLook(bar(count, most, _BAR_CELLS, unicode=view.unicode)) for count in counts]
    looks = [*looks[: view.head], *looks[len(looks) - view.tail :]] if hidden else looks
    slot = ColumnSlot("", "", looks, is_number=False, is_text=False)
    slot.measure()
    return [slot] if most else []


def _sparks(frame: Columns, layout: PivotLayout | None, view: View, hidden: int) -> list[ColumnSlot]:
    """How the numbers of each column that was described lie between its smallest and its largest; in no data."""
    if layout is None or not layout.sparks or "column" not in frame.columns:
        return []
    counts = dict(layout.sparks)
    texts = [spark(counts.get(str(name), ()), unicode=view.unicode, zero=True) for name in frame.columns["column"]]
    looks = [CellLook(text.rstrip()) for text in texts]
    looks = [*looks[: view.head], *looks[len(looks) - view.tail :]] if hidden else looks
    slot = ColumnSlot(_SPREAD, _SPREAD, looks, is_number=False, is_text=False)
    slot.measure()
    return [slot] if any(text.strip() for text in texts) else []


def _slot(frame: Columns, shown: Columns, name: str, view: View, changed: Collection[int]) -> ColumnSlot:
    shape = frame.shape(name)
    is_duration = name in frame.durations
    cells = shown.columns[name]
    showing = Showing.of(name, view.zone, cells, seconds=view.seconds, is_duration=is_duration)
    looks = [look_of(value, showing) for value in shown.columns[name]]
    if changed:
        hidden = frame.length - shown.length
        looks = [
            _marked(look, view) if (row if row < view.head or not hidden else row + hidden) in changed else look
            for row, look in enumerate(looks)
        ]
    is_id = name in {"id", "run_id"}
    if is_id:
        looks = _quiet_repeats(looks)
    unit = f" {_zone_name(shown.columns[name], view.zone)}" if shape is Shape.TIME else ""
    slot = ColumnSlot(name, visible(name), looks, shape in NUMBERS, not is_id and shape in _TEXTS, unit)
    slot.measure()
    return slot


def _marked(look: CellLook, view: View) -> CellLook:
    """A cell that has changed. Without colours a star says so."""
    if view.color:
        return replace(look, style="changed")
    return replace(look, text=f"{look.text}*", tail=None if look.tail is None else look.tail + 1)


def _measured_slot(column: MeasuredColumn, view: View, hidden: int) -> ColumnSlot:
    """A column of a pivot: the parts of its cells one below the other, the best with a star and in bold."""
    texts = column.padded("±" if view.unicode else "+-")
    has_best = any(cell.is_best for cell in column.cells)
    looks = [
        CellLook(
            text + (_STAR if cell.is_best else " " * len(_STAR) if has_best else ""), "best" if cell.is_best else "", 0
        )
        for text, cell in zip(texts, column.cells, strict=True)
    ]
    looks = [*looks[: view.head], *looks[len(looks) - view.tail :]] if hidden else looks
    slot = ColumnSlot(column.name, visible(column.name), looks, is_number=True, is_text=False)
    slot.measure()
    return slot


def _quiet_repeats(looks: list[CellLook]) -> list[CellLook]:
    """An id that is that of the row above is dim, so that the rows of one run read as one block."""
    before = [CellLook(""), *looks]
    return [
        CellLook(look.text, "dim") if look.text == above.text else look
        for above, look in zip(before, looks, strict=False)
    ]


def _zone_name(times: Sequence[object], zone: tzinfo) -> str:
    """The zone's short name; its two names where the times lie on both sides of a change of the clock."""
    names = {time.astimezone(zone).tzname() or "" for time in times if isinstance(time, datetime)}
    return "/".join(sorted(names))


def _grid(slots: Sequence[ColumnSlot], view: View, hidden: int, rows: int) -> Iterator[str]:
    lines = max(len(slot.title_lines) for slot in slots)
    for line in range(-lines, 0):
        titles = [slot.title_lines[line] if -line <= len(slot.title_lines) else "" for slot in slots]
        yield _title_line(slots, titles, view)
    for slot in slots:
        if not slot.is_number and slot.width < max(map(_look_width, slot.looks), default=0):
            texts = cut_alike([look.text for look in slot.looks], slot.width, view.ellipsis)
            slot.looks = [replace(look, text=text) for look, text in zip(slot.looks, texts, strict=True)]
    rule = "─" if view.unicode else "-"
    yield view.paint((" " * GAP).join(rule * slot.width for slot in slots), "dim")
    for row in range(rows):
        if hidden and row == view.head:
            yield view.paint(f"{view.ellipsis} {hidden:,} rows between{view.way_out}", "dim")
        yield _join([_cell(slot, slot.looks[row], view) for slot in slots])


def _look_width(look: CellLook) -> int:
    return cell_width(look.text)


def _title_line(slots: Sequence[ColumnSlot], titles: Sequence[str], view: View) -> str:
    cells = []
    for slot, title in zip(slots, titles, strict=True):
        text = cut(title, slot.width, view.ellipsis)
        room = " " * (slot.width - cell_width(text))
        painted = view.paint(text, "header")
        cells.append(room + painted if slot.is_number else painted + room)
    return _join(cells)


def _cell(slot: ColumnSlot, look: CellLook, view: View) -> str:
    if not slot.is_number:
        return view.paint(look.text, look.style) + " " * (slot.width - cell_width(look.text))
    after = " " * (slot.tail - look.tail) if look.tail is not None else ""
    before = " " * max(0, slot.width - cell_width(look.text) - len(after))
    return before + view.paint(look.text, look.style) + after


def _join(cells: Sequence[str]) -> str:
    return (" " * GAP).join(cells).rstrip()


def _dropped_line(dropped: Sequence[ColumnSlot], view: View) -> str:
    names = [slot.title for slot in dropped]
    more = f", and {len(names) - _NAMED_COLUMNS} more" if len(names) > _NAMED_COLUMNS else ""
    plural = "s" if len(names) > 1 else ""
    return f"{view.ellipsis} {len(names)} more column{plural}: {', '.join(names[:_NAMED_COLUMNS])}{more}{view.wider}"


def bar(count: Value, most: int, cells: int, *, unicode: bool) -> str:
    """A bar that is as long for `most` as there are cells; a number above 0 is always seen, 0 never."""
    if not isinstance(count, int) or count <= 0 or most <= 0:
        return ""
    if not unicode:
        return "#" * max(1, count * cells // most)
    eighths = max(1, count * cells * 8 // most)
    whole, rest = divmod(eighths, 8)
    return _EIGHTHS[8] * whole + (_EIGHTHS[rest] if rest else "")
