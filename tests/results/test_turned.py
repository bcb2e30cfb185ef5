"""Tables that are turned: a line a field."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.results.frame import Frame
from runql.results.terminal_table.options import View
from runql.results.terminal_table.table import table_lines
from runql.text.widths import cell_width

RUNS = Frame({"id": ["a", "b"], "name": ["one", "two"], "state": ["finished", "failed"], "lr": [0.1, 0.25]})


def wide(rows: int, columns: int) -> Frame:
    return Frame({"id": [f"r{row}" for row in range(rows)], **{f"config.c{at}": [at] * rows for at in range(columns)}})


def test_rows_stand_side_by_side_under_their_names() -> None:
    assert list(table_lines(RUNS, View(turn="on", width=60))) == [
        "name   one       two",
        "─────  ────────  ──────",
        "id     a         b",
        "state  finished  failed",
        "lr     0.1       0.25",
    ]


def test_rows_that_find_no_room_beside_each_other_are_blocks() -> None:
    lines = list(table_lines(RUNS, View(turn="on", width=20)))
    assert lines[:6] == [
        "── 1 · one ─────────",
        "id     a",
        "name   one",
        "state  finished",
        "lr     0.1",
        "── 2 · two ─────────",
    ]
    assert len(lines) == 10


def test_a_wide_table_is_turned_by_itself_where_that_fits_the_screen() -> None:
    view = View(turn="auto", width=60, height=20)
    assert next(table_lines(wide(3, 12), view)).split() == ["id", "r0", "r1", "r2"]
    assert any("more columns" in line for line in table_lines(wide(3, 12), View(turn="off", width=60, height=20)))
    assert any("more columns" in line for line in table_lines(wide(30, 12), view))
    assert any("more columns" in line for line in table_lines(wide(3, 30), view))
    assert not any("more" in line for line in table_lines(wide(3, 2), view))


def test_it_is_said_how_to_see_the_columns_that_are_left_out() -> None:
    text = "\n".join(table_lines(wide(30, 12), View(width=60, wider="; `\\x` turns the table")))
    assert text.endswith("; `\\x` turns the table")
    assert "more" not in "\n".join(table_lines(wide(30, 12), View(width=60, brief=True)))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 6),
    st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=60), min_size=1, max_size=6),
    st.integers(40, 120),
)
def test_no_line_is_wider_than_the_screen_and_every_field_has_one(rows: int, cells: dict[str, str], width: int) -> None:
    frame = Frame({name: [value] * rows for name, value in cells.items()})
    lines = list(table_lines(frame, View(turn="on", width=width)))
    assert all(cell_width(line) <= width for line in lines)
    assert len(lines) >= len(cells)
