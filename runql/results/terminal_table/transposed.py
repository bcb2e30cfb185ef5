"""A table turned: a line a field, the rows side by side where they fit, else a block a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runql.results.terminal_table.cells import CellLook
from runql.results.terminal_table.layout import GAP, ColumnSlot, cut
from runql.results.terminal_table.options import View
from runql.text.widths import cell_width, fold

_LONGEST_VALUE = 600
_WIDEST_VALUE = 28
_NARROWEST_ROOM = 20
_HEADS = ("name", "id", "run_id")


def turned_lines(slots: Sequence[ColumnSlot], view: View, key: str | None = None) -> Iterator[str]:
    """The lines of all rows. `key`: the column that names each row; else it is the run."""
    rows = len(slots[0].looks)
    heads = _HEADS if key is None else (key,)
    if rows > 1 and (widths := _side_by_side(slots, view)) is not None:
        yield from _columns(slots, widths, view, heads)
        return
    for row in range(rows):
        if rows > 1:
            yield _head(slots, row, view, heads)
        yield from _block(slots, row, view)


def is_better_turned(slots: Sequence[ColumnSlot], dropped: Sequence[ColumnSlot], view: View) -> bool:
    """Whether more is seen of a table that way: columns find no room in it, and turned it fits on the screen.

    Blocks are harder to compare than rows, so they must save at least half of the columns.
    """
    rows = len(slots[0].looks)
    if not any(slot.name != "created" for slot in dropped):
        return False
    if rows > 1 and _side_by_side(slots, view) is not None:
        return len(slots) + 2 <= (view.height or 0)
    return 2 * len(dropped) >= len(slots) and rows * (len(slots) + (rows > 1)) <= (view.height or 0)


def _margin(slots: Sequence[ColumnSlot]) -> int:
    return max(cell_width(slot.title + slot.unit) for slot in slots) + GAP


def _side_by_side(slots: Sequence[ColumnSlot], view: View) -> list[int] | None:
    """How wide each row is, if all of them fit beside the names with little cut off."""
    widths = [
        min(_WIDEST_VALUE, max(cell_width(slot.looks[row].text) for slot in slots))
        for row in range(len(slots[0].looks))
    ]
    needed = _margin(slots) + sum(widths) + GAP * (len(widths) - 1)
    return widths if view.width is None or needed <= view.width else None


def _columns(slots: Sequence[ColumnSlot], widths: Sequence[int], view: View, heads: Sequence[str]) -> Iterator[str]:
    """A line a field, a column a row; what names the row stands first."""
    margin = _margin(slots)
    head = next((slot for name in heads for slot in slots if slot.name == name), None)
    ordered = [*([head] if head is not None else []), *(slot for slot in slots if slot is not head)]
    for slot in ordered:
        cells = []
        for look, width in zip(slot.looks, widths, strict=True):
            text = cut(look.text, width, view.ellipsis)
            style = "header" if slot is head else look.style
            cells.append(view.paint(text, style) + " " * (width - cell_width(text)))
        yield (_titled(slot, margin, view) + (" " * GAP).join(cells)).rstrip()
        if slot is head:
            rule = "─" if view.unicode else "-"
            yield view.paint(rule * (margin - GAP) + "".join(" " * GAP + rule * width for width in widths), "dim")


def _titled(slot: ColumnSlot, margin: int, view: View) -> str:
    room = " " * (margin - cell_width(slot.title + slot.unit))
    return view.paint(slot.title, "header") + view.paint(slot.unit, "dim") + room


def _head(slots: Sequence[ColumnSlot], row: int, view: View, heads: Sequence[str]) -> str:
    rule = "─" if view.unicode else "-"
    named = next((slot.looks[row].text for name in heads for slot in slots if slot.name == name), "")
    if heads is not _HEADS:
        named = f"{heads[0]} = {named}"
    title = f"{rule * 2} {row + 1:,}{f' · {named}' if named and view.unicode else f' {named}' if named else ''} "
    width = min(view.width or 60, 60)
    title = cut(title, width, view.ellipsis)
    return view.paint(title + rule * (width - cell_width(title)), "dim")


def _block(slots: Sequence[ColumnSlot], row: int, view: View) -> Iterator[str]:
    """One row as a list of names and values, the values wrapped."""
    width = view.width or 80
    margin = min(max(cell_width(slot.title) for slot in slots) + GAP, max(width - _NARROWEST_ROOM, width // 2))
    room = max(1, width - margin)
    for slot in slots:
        look: CellLook = slot.looks[row]
        text = look.text + (slot.unit if look.text else "")
        if len(text) > _LONGEST_VALUE:
            text = f"{text[:_LONGEST_VALUE]}{view.ellipsis} {len(text) - _LONGEST_VALUE:,} more characters"
        name = cut(slot.title, margin - GAP, view.ellipsis)
        title = name + " " * (margin - cell_width(name))
        for number, line in enumerate(fold(text, room) or [""]):
            lead = view.paint(title, "header") if number == 0 else " " * margin
            yield (lead + view.paint(line, look.style)).rstrip()
