"""A pivot where people read it: mean ± spread in one cell, the best marked, groups of one told from the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import PivotCell, PivotLayout
from runql.results.formats.formats import FORMATS, Output
from runql.results.formats.html import html
from runql.results.frame import Frame
from runql.results.terminal_table.options import View
from runql.results.terminal_table.plus_minus import measured
from runql.results.terminal_table.table import table_lines
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import Goal

FRAME = Frame(
    {
        "model": ["cnn", "mlp", "vit"],
        "a": [0.9123, 0.85, 0.97],
        "a std": [0.0041, 0.02, MISSING],
        "a n": [3, 12, 1],
        "b": [MISSING, 0.5, float("nan")],
        "b std": [MISSING, MISSING, MISSING],
        "b n": [0, 1, 2],
    }
)
LAYOUT = PivotLayout(("model",), (PivotCell("a", "a std", "a n", Goal.MAX), PivotCell("b", "b std", "b n", Goal.MAX)))


def written(name: str, layout: PivotLayout | None = LAYOUT, frame: Frame = FRAME) -> str:
    return b"".join(FORMATS[name].pieces(Output((frame,), frame.names, layout=lambda: layout))).decode()


def test_at_a_terminal() -> None:
    assert written("table").splitlines() == [
        "model                         a          b",
        "─────  ────────────────────────  ─────────",
        "cnn    0.9123 ± 0.0041 (n=3)",
        "mlp    0.8500 ± 0.0200 (n=12)    0.5 (n=1)",
        "vit    0.9700          (n=1)  *  nan (n=2)",
        "± is the standard deviation, n the number of rows, * is the largest of its column",
    ]


def test_the_best_is_bold_and_has_a_star_where_there_are_no_colours() -> None:
    bold = [*table_lines(FRAME, View(color=True), LAYOUT)]
    assert [line.startswith("vit") and "\x1b[1m0.9700" in line for line in bold[2:]] == [False, False, True, False]
    assert "bold is the largest of its column" in bold[-1]
    plain = [*table_lines(FRAME, View(unicode=False), LAYOUT)]
    assert [" *" in line for line in plain[2:-1]] == [False, False, True]
    assert "0.9123 +- 0.0041 (n=3)" in plain[2]


def test_a_constant_has_the_spread_nought() -> None:
    """Equal values that were rounded on the way are equal; a spread that is small is not one that is nought."""
    layout = PivotLayout(("m",), (PivotCell("v", "v std", "v n", Goal.MAX),))

    def cells(*spreads: Value) -> list[str]:
        columns: dict[str, Sequence[Value]] = {
            "m": ["a", "b", "c"],
            "v": [28.6] * 3,
            "v std": spreads,
            "v n": [9, 2, 1],
        }
        (column,) = (one for one in measured(Frame(columns), layout).values() if one is not None)
        return [cell.text() for cell in column.cells]

    assert cells(3.5e-15, 0.0, MISSING) == ["28.6 ± 0 (n=9)", "28.6 ± 0 (n=2)", "28.6 (n=1)"]
    assert cells(3.5e-15, 0.41, MISSING) == ["28.60 ± 0 (n=9)", "28.60 ± 0.41 (n=2)", "28.60 (n=1)"]
    assert cells(1e-9, 0.0, MISSING)[0] == "28.600000 ± 1e-09 (n=9)"


def test_in_markdown() -> None:
    assert written("md").splitlines() == [
        "| model | a | b |",
        "| --- | ---: | ---: |",
        "| cnn | 0.9123 ± 0.0041 (n=3) |  |",
        "| mlp | 0.8500 ± 0.0200 (n=12) | 0.5 (n=1) |",
        "| vit | **0.9700 (n=1)** | nan (n=2) |",
    ]


def test_in_a_notebook() -> None:
    page = html(FRAME, layout=LAYOUT).replace("\u2007", " ")  # spaces as wide as a digit
    assert len(re.findall("<th ", page)) == 3
    assert '<td class="rn rm" data-v="0.97"' in page
    assert ">0.9123 ± 0.0041 (n=3)</td>" in page


@pytest.mark.parametrize("name", ["csv", "json", "jsonl", "tsv", "yaml"])
def test_programs_get_plain_columns(name: str) -> None:
    assert written(name) == written(name, None)
    assert "a std" in written(name)
    assert "±" not in written(name)


def test_latex_has_times_that_are_read_and_no_cell_that_looks_forgotten() -> None:
    times = [datetime(2026, 1, 12, 9, 14, 0, 770_000, UTC), datetime(2026, 1, 12, 9, 15, 1, tzinfo=UTC), MISSING]
    frame = Frame({"created": times, "note": ["--", None, MISSING], "lr": [0.123456, 1e-5, MISSING]})
    assert written("tex", None, frame).splitlines()[3:-2] == [
        r"created UTC & note & lr \\",
        r"\midrule",
        r"2026-01-12 09:14 & -{}- & 0.1235 \\",
        r"2026-01-12 09:15 & -- & $1 \times 10^{-5}$ \\",
        r"-- & -- & -- \\",
    ]
    rows = Frame({**FRAME.columns, "model": ["cnn", "mlp", MISSING]})
    assert r"missing & \textbf{0.9700} & nan \\" in written("tex", frame=rows)


def test_the_numbers_of_a_column_have_as_many_decimals_in_latex() -> None:
    columns: dict[str, Sequence[Value]] = {
        "config.lr": [0.1, 0.02],
        "sizes": [[64, 32], ["a_b"]],
        "acc": [1.0, 0.9824],
        "ci": [0.05654, 0.007307],
        "loss": [1492.0, 0.003],
        "n": [3, 10**400],
        "mixed": [0.5, 10**400],
    }
    assert written("tex", None, Frame(columns)).splitlines()[5:-2] == [
        r"0.1 & 64, 32 & 1.0000 & 0.056540 & 1492 & 3 & 0.5 \\",
        r"0.02 & a\_b & 0.9824 & 0.007307 & 0.003 & 1" + "0" * 400 + " & 1" + "0" * 400 + r" \\",
    ]
    frame = Frame({"model": ["cnn", "vit"], "a": [1.0, 0.9824]})
    layout = PivotLayout(("model",), (PivotCell("a", None, None, Goal.MAX),))
    assert written("tex", layout, frame).splitlines()[5:-2] == [r"cnn & \textbf{1.0000} \\", r"vit & 0.9824 \\"]


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=6))
def test_no_number_loses_a_digit_in_latex_that_it_had(numbers: list[float]) -> None:
    cells = [line.removesuffix(r" \\") for line in written("tex", None, Frame({"x": numbers})).splitlines()[5:-2]]
    for number, cell in zip(numbers, cells, strict=True):
        shown = re.sub(r"\$(.*) \\times 10\^\{(.*)\}\$", r"\1e\2", cell)
        assert float(shown) == pytest.approx(number, rel=6e-4, abs=1e-300)


def test_what_was_derived_since_is_not_lost() -> None:
    frame = Frame({**FRAME.columns, "gap": [1, 2, 3]})
    assert [*measured(frame, LAYOUT)] == ["model", "a", "b", "gap"]
    assert r"vit & \textbf{0.9700} & nan & 3 \\" in written("tex", frame=frame)


def test_a_pivot_that_lost_a_column_is_shown_as_it_is() -> None:
    frame = Frame({name: cells for name, cells in FRAME.columns.items() if name != "a std"})
    assert set(measured(frame, LAYOUT).values()) == {None}


NUMBERS: st.SearchStrategy[Value] = (
    st.just(MISSING) | st.floats() | st.integers(-(10**12), 10**12) | st.text(max_size=3)
)


@given(st.lists(st.tuples(NUMBERS, st.just(MISSING) | st.floats(0, 1e9), st.integers(0, 99)), min_size=1, max_size=70))
@settings(max_examples=60, deadline=None)
def test_the_parts_stand_one_below_the_other(cells: list[tuple[Value, Value, int]]) -> None:
    values, spreads, counts = (list(column) for column in zip(*cells, strict=True))
    names = {"k": list(range(len(cells))), "v": values, "v std": spreads, "v n": counts}
    layout = PivotLayout(("k",), (PivotCell("v", "v std", "v n", Goal.MIN),))
    column = measured(Frame(names), layout)["v"]
    assert column is not None
    assert len({len(text) for text in column.padded() if text.isprintable() and text.isascii()}) <= 2
    lines = [*table_lines(Frame(names), View(most_rows=60), layout)]
    lines = [line for line in lines if not line.startswith(("± is", "* is"))]
    assert len(lines) == 2 + min(len(cells), 26 if len(cells) > 60 else 60)
