"""A frame as a table for a notebook: it scrolls under its header, and a click on a column sorts what is shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from html import escape
from itertools import islice, starmap
from typing import TYPE_CHECKING

from runql.results.brief import size_of
from runql.results.column_types import NUMBERS
from runql.results.columns import Columns
from runql.results.terminal_table.cells import CellLook, Showing, Style, look_of, needs_seconds
from runql.results.terminal_table.plus_minus import MeasuredColumn, measured
from runql.semantic.values import MISSING, Value
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.engine.stages import PivotLayout

MOST_ROWS = 1_000
MOST_COLUMNS = 100
_LONGEST_CELL = 120
_DIGIT_SPACE = "\u2007"
"""As wide as a digit, and never taken for white space that may go."""

# A colour for each style that reads on a light and on a dark page alike.
_COLORS: dict[Style, str] = {"good": "#2e9e5b", "bad": "#e0524d", "warn": "#c98a1b", "live": "#2a8fbd"}

_CLASSES: dict[Style, str] = {"good": "rg", "bad": "rb", "warn": "rw", "live": "rl", "dim": "rd"}

_STYLE = (
    ".runql{margin:0}"
    # Notebooks have rules of their own for tables, which put all text to the right.
    ".runql td,.runql th{padding:.15em .6em!important;text-align:left!important;white-space:nowrap!important}"
    ".runql .rn{text-align:right!important;font-variant-numeric:tabular-nums}"
    # What stands right of the point in longer numbers of the column, unseen: so the points meet.
    ".runql .rn::after{content:attr(data-p);visibility:hidden}"
    # The scroll bars and the header's ground are the browser's own: they follow the notebook's theme.
    ":is([data-jp-theme-light=false],.vscode-dark,.vscode-high-contrast:not(.vscode-high-contrast-light),"
    "html[theme=dark]) .runql-box{color-scheme:dark}"
    ":is([data-jp-theme-light=true],.vscode-light,.vscode-high-contrast-light,html[theme=light]) "
    ".runql-box{color-scheme:light}"
    ".runql th{position:sticky;top:0;cursor:pointer;background:var(--jp-layout-color0,Canvas)}"
    ".runql .rd{opacity:.6}.runql .rm{font-weight:bold}"
    + "".join(f".runql .{_CLASSES[style]}{{color:{color}}}" for style, color in _COLORS.items())
)
_BOX = "max-height:28em;overflow:auto;display:inline-block;max-width:100%"

# Sorts by what each cell holds in `data-v`, numbers as numbers; empty cells stay last both ways. It stands in an
# attribute and not in a script, for pages that run none still show the table.
_SORT = """
const h=event.target.closest('th');if(!h)return;
const t=h.closest('table'),b=t.tBodies[0],i=h.cellIndex,d=h.dataset.d==='1'?-1:1;
for(const o of h.parentNode.cells){delete o.dataset.d;o.lastElementChild.textContent='';}
h.dataset.d=d===1?'1':'-1';h.lastElementChild.textContent=d===1?' ▲':' ▼';
const n=h.dataset.n==='1',k=r=>r.cells[i].dataset.v;
[...b.rows].map(r=>[k(r),r]).sort(([x],[y])=>x===undefined?(y===undefined?0:1):y===undefined?-1:
d*(n?x-y:x<y?-1:x>y?1:0)).forEach(([,r])=>b.append(r));
"""


def html(frame: Columns, zone: tzinfo = UTC, layout: PivotLayout | None = None) -> str:
    """The table as HTML, with its size below; of more than 1,000 rows or 100 columns it says what is not shown.

    Every name and value is escaped. Times are shown in `zone`. With a layout the columns of a pivot that belong
    together are one, sorted by their values.
    """
    known = measured(frame, layout)
    columns = dict(islice(known.items(), MOST_COLUMNS))
    shown = frame.slice(0, MOST_ROWS)
    heads = "".join(_head(frame, name) for name in columns)
    made = (_cells(shown, name, zone) if one is None else _measured(shown, one) for name, one in columns.items())
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in zip(*made))  # noqa: B905
    sort = escape("".join(_SORT.split("\n")))
    table = (
        f'<style>{_STYLE}</style><div class="runql-box" style="{_BOX}"><table class="dataframe runql">'
        f'<thead onclick="{sort}"><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )
    return f"{table}<div>{escape(_size(frame, len(known)))}</div>"


def _size(frame: Columns, columns: int) -> str:
    """How large it is, and how much of it is not there. The columns of a pivot that are shown as one count as one."""
    more = [
        f"{count:,} more {what}{'s' * (count != 1)}"
        for count, what in ((frame.length - MOST_ROWS, "row"), (columns - MOST_COLUMNS, "column"))
        if count > 0
    ]
    return size_of(frame, columns) + (f"; not shown: {', '.join(more)}" if more else "")


def _head(frame: Columns, name: str) -> str:
    kind = ' class="rn" data-n="1"' if frame.shape(name) in NUMBERS else ""
    return f'<th{kind} title="sort">{escape(visible(name))}<span></span></th>'


def _cells(frame: Columns, name: str, zone: tzinfo) -> Iterator[str]:
    """The cells of a column."""
    number = ["rn"] if frame.shape(name) in NUMBERS else []
    cells, is_duration = frame.columns[name], name in frame.durations
    showing = Showing.of(name, zone, cells, seconds=needs_seconds(cells), is_duration=is_duration)
    looks = [look_of(value, showing) for value in frame.columns[name]]
    longest = max((_tail(look) for look in looks), key=len, default="")
    for value, look in zip(frame.columns[name], looks, strict=True):
        classes = " ".join([*number, *([_CLASSES[look.style]] if look.style in _CLASSES else [])])
        key, title = _key(value), _title(value, look.text)
        text = look.text if len(look.text) <= _LONGEST_CELL else f"{look.text[:_LONGEST_CELL]}…"
        pad = longest[len(_tail(look)) :] or None if look.tail is not None else None
        given = {"class": classes or None, "data-v": key, "data-p": pad, "title": title}
        yield f"<td{''.join(starmap(_attribute, given.items()))}>{escape(text)}</td>"


def _tail(look: CellLook) -> str:
    """What stands right of the place where the points of a column meet."""
    return look.text[len(look.text) - look.tail :] if look.tail else ""


def _measured(frame: Columns, column: MeasuredColumn) -> Iterator[str]:
    """The cells of a column of a pivot, the best in bold; the whole value as the title."""
    for value, cell, padded in zip(frame.columns[column.name], column.cells, column.padded(), strict=False):
        classes = "rn rm" if cell.is_best else "rn"
        key, text = _key(value), padded.rstrip().replace(" ", _DIGIT_SPACE)
        title = _title(value, cell.text())
        yield f'<td class="{classes}"{_attribute("data-v", key)}{_attribute("title", title)}>{escape(text)}</td>'


def _attribute(name: str, value: str | None) -> str:
    return "" if value is None else f' {name}="{escape(value)}"'


def _key(value: Value) -> str | None:
    """What a cell is sorted by; none for one that is empty or NaN."""
    match value:
        case _ if value is MISSING or value is None:
            return None
        case bool():
            return str(int(value))
        case int() | float():
            words = {"nan": None, "inf": "Infinity", "-inf": "-Infinity"}
            return words.get(repr(value), repr(value))
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return visible(str(value))


def _title(value: Value, shown: str) -> str | None:
    """The whole value, where the cell shows less of it."""
    match value:
        case float() if math.isfinite(value) and repr(value) != shown:
            return repr(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case str() if len(shown) > _LONGEST_CELL:
            return visible(value)
        case _:
            return None


def notes(warnings: str, parts: Sequence[str], lines: Sequence[str]) -> str:
    """What is to be said below a table: warnings with their places, the parts of the footer, the ways out."""
    pre = f'<pre style="color:{_COLORS["warn"]};margin:.3em 0">{escape(warnings)}</pre>' if warnings else ""
    said = [visible(" · ".join(parts)), *(visible(line) for line in lines)]
    rest = "<br>".join(escape(line) for line in said if line)
    return f'{pre}<div style="opacity:.7;font-size:90%">{rest}</div>'
