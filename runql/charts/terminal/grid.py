"""Heat maps, and what lies at the crossings of two fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite
from typing import Final

from runql.charts.chart import Cell, Panel
from runql.charts.numbers import alike, short, shorter
from runql.charts.terminal.look import BOLD, DIM, Look, padded
from runql.charts.terminal.ticks import AxisExtent
from runql.text.widths import cell_width

_SHADES: Final = " ░▒▓█"
_PLAIN_SHADES: Final = " .:*#"
_WIDEST_NAME: Final = 2 / 5
_LEAST_CELL: Final = 5
_DIGITS: Final = (3, 2, 1)


def heat_lines(panel: Panel, look: Look) -> Iterator[str]:
    """A cell for each pair of categories, darker to lighter with its value, which it shows."""
    values = [cell.value for cell in panel.cells if isfinite(cell.value)]
    if not values:
        yield "no value that can be drawn"
        return
    least, most = min(values), max(values)
    if panel.title:
        yield look.paint(look.cut(panel.title, look.width), BOLD)
    cells = {(cell.row, cell.column): replace(cell, text=look.cut(cell.text, look.width)) for cell in panel.cells}
    yield from _grid(panel, look, cells, AxisExtent(least, most, panel.has_log_colours))
    scale = "".join(look.shade(f" {_shade(part, look)} ", part) for part in (0.0, 0.25, 0.5, 0.75, 0.999))
    low, high = alike([least, most])
    yield f"{look.paint(low, DIM)} {scale} {look.paint(high, DIM)}{' (log)' * panel.has_log_colours}"


def cross_lines(panel: Panel, look: Look) -> Iterator[str]:
    """A mark at each pair of categories that occurs."""
    found: dict[tuple[int, int], Cell] = {}
    for series in panel.series:
        for x, y in zip(series.x, series.y, strict=True):
            found[int(y), int(x)] = Cell(int(y), int(x), 1.0, look.marker(series.colour))
    yield from _grid(panel, look, found, None)


def _grid(panel: Panel, look: Look, cells: dict[tuple[int, int], Cell], ends: AxisExtent | None) -> Iterator[str]:
    panel, cells, is_turned = _arranged(panel, cells, look, are_numbers=ends is not None)
    rows, columns = panel.y.categories, panel.x.categories
    title = f"{panel.y.title} " + look.sign("↓ ", "/ ") + f"{panel.x.title} " + look.sign("→", "")
    title += " (turned to fit)" * is_turned
    margin = min(max(cell_width(look.cut(name, look.width)) for name in rows), int(look.width * _WIDEST_NAME))
    texts = [cell_width(cell.text) + (2 if ends and not look.color else 0) for cell in cells.values()]
    wide = [cell_width(look.cut(name, 16)) for name in columns]
    room = look.width - margin - 1
    width = min(max(max(texts, default=1), *wide) + 2, max(_LEAST_CELL, room // max(1, len(columns))))
    shown = min(len(columns), max(1, room // width))
    yield look.paint(look.cut(title, look.width), DIM)
    titles, names = look.cuts(columns[:shown], width - 1), look.cuts(rows, margin)
    heads = "".join(padded(titles[name], width - 1, right=True) + " " for name in columns[:shown])
    yield f"{' ' * margin} {look.paint(heads, DIM)}"
    for row, name in enumerate(rows):
        drawn = "".join(_cell(cells.get((row, column)), width, ends, look) for column in range(shown))
        yield f"{padded(names[name], margin, right=True)} {drawn}".rstrip()
    if shown < len(columns):
        yield look.paint(f"{len(columns) - shown:,} more columns find no room at this width", DIM)


def _arranged(
    panel: Panel, cells: dict[tuple[int, int], Cell], look: Look, *, are_numbers: bool
) -> tuple[Panel, dict[tuple[int, int], Cell], bool]:
    """The grid as it is or turned, its numbers in as many digits as there is room for."""
    needs = _needs if are_numbers else _needs_names
    for digits in (0, *_DIGITS) if are_numbers else (0,):
        made = {place: _rounded(cell, digits) for place, cell in cells.items()} if digits else cells
        ways = ((panel, made, False), (_turned(panel), _crossed(made), True))
        for way in ways:
            if needs(way[0], way[1], look) <= look.width:
                return way
    return min(ways, key=lambda way: len(way[0].x.categories))


def _rounded(cell: Cell, digits: int) -> Cell:
    """The cell with its number in so many digits, in the shorter of two ways to write it."""
    if not isfinite(cell.value):
        return cell
    mantissa, _, power = f"{cell.value:.{digits - 1}e}".partition("e")
    plain = shorter(cell.value, digits)
    _, around, spread = cell.text.partition(" ± ")
    text = min(plain, f"{mantissa}e{int(power)}", key=len)
    return replace(cell, text=text + (around + spread if digits > 1 else ""))


def _turned(panel: Panel) -> Panel:
    return replace(panel, x=panel.y, y=panel.x)


def _crossed(cells: dict[tuple[int, int], Cell]) -> dict[tuple[int, int], Cell]:
    return {(column, row): cell for (row, column), cell in cells.items()}


def _needs_names(panel: Panel, cells: dict[tuple[int, int], Cell], look: Look) -> int:
    """How wide a grid of marks is that shows the names of all of its columns."""
    assert all(cell.value for cell in cells.values())
    widest = max(cell_width(look.cut(name, 30)) for name in panel.x.categories)
    return max(cell_width(look.cut(name, 30)) for name in panel.y.categories) + len(panel.x.categories) * (widest + 2)


def _needs(panel: Panel, cells: dict[tuple[int, int], Cell], look: Look) -> int:
    """How wide a grid is that shows all of its texts."""
    widest = max(cell_width(cell.text) + (0 if look.color else 1) for cell in cells.values())
    return max(cell_width(look.cut(name, 30)) for name in panel.y.categories) + len(panel.x.categories) * (widest + 2)


def _cell(cell: Cell | None, width: int, ends: AxisExtent | None, look: Look) -> str:
    """A cell, right under the end of its column's name."""
    if cell is None:
        return padded(look.sign("·", "."), width - 1, right=True) + " "
    if ends is None:
        return " " * (width - 2) + look.paint(cell.text, 0) + " "
    if not isfinite(cell.value):
        return look.paint(padded(look.cut(cell.text, width - 1), width - 1, right=True), DIM) + " "
    part = 0.5 if ends.low == ends.high else ends.place(cell.value)
    text = look.cut(cell.text if cell_width(cell.text) < width else short(cell.value), width - 1)
    if look.color:
        return look.shade(padded(text, width - 1, right=True) + " ", part)
    return padded(text, width - 1, right=True) + _shade(part, look)


def _shade(part: float, look: Look) -> str:
    shades = _SHADES if look.unicode else _PLAIN_SHADES
    return " " if look.color else shades[min(4, int(part * 5))]
