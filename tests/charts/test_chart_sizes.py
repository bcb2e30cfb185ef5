"""Charts of a size that was asked for, and without what stands under them."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

import runql
from runql.chart_look import ChartLook, ChartSize
from runql.charts.files.kinds import ChartFile
from runql.charts.files.write import chart_bytes
from runql.charts.vega.spec import notes_of, vega_lite
from runql.config import Settings
from runql.errors import OutputError, QueryError
from runql.session import Session
from tests.charts.examples import CHARTS, curves

_CM = 96 / 2.54


def _measured(look: ChartLook, name: str) -> tuple[float, float]:
    svg = chart_bytes(CHARTS[name], ChartFile.SVG, look).decode()
    width, height = (float(re.findall(f' {side}="([0-9.]+)"', svg)[0]) for side in ("width", "height"))
    return width, height


@pytest.mark.parametrize("name", ["lines", "bands", "shaded", "bars", "boxes", "parallel", "panels", "nothing"])
def test_a_picture_has_the_size_that_was_asked_for(name: str) -> None:
    size = ChartSize(12 * _CM, 10 * _CM)
    assert _measured(ChartLook(size=size), name) == pytest.approx((size.width, size.height), abs=1)


def test_all_kinds_of_files_have_the_size() -> None:
    size = ChartSize(10 * _CM, 8 * _CM)
    made = chart_bytes(curves(), ChartFile.PDF, ChartLook(size=size))
    box = PdfReader(BytesIO(made)).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((size.width * 0.75, size.height * 0.75), abs=1)
    png = chart_bytes(curves(), ChartFile.PNG, ChartLook(size=size))
    assert int.from_bytes(png[16:20]) == pytest.approx(size.width * 300 / 96, abs=4)
    assert made == chart_bytes(curves(), ChartFile.PDF, ChartLook(size=size)), "the same bytes"


def test_where_there_is_no_room_the_error_says_how_much_is_needed() -> None:
    with pytest.raises(OutputError, match="it needs") as caught:
        _measured(ChartLook(size=ChartSize(12 * _CM, 3 * _CM)), "panels")
    (said,) = caught.value.diagnostics
    assert said.code == "RQL578"
    needed = ChartSize.read(re.findall("it needs (.*)", said.message)[0])
    assert needed is not None
    assert _measured(ChartLook(size=needed), "panels") == pytest.approx((needed.width, needed.height), abs=1)


def test_a_legend_too_wide_for_a_narrow_picture_stands_below() -> None:
    wide, narrow = (vega_lite(curves(8), ChartLook(size=ChartSize(side * _CM, 8 * _CM))) for side in (16, 4))
    assert ['"orient": "right"' in json.dumps(spec["vconcat"]) for spec in (wide, narrow)] == [True, False]
    assert ['"orient": "bottom"' in json.dumps(spec["vconcat"]) for spec in (wide, narrow)] == [False, True]


def test_notes_are_left_out_of_the_picture_and_stay_in_the_file() -> None:
    chart = CHARTS["boxes"]
    assert notes_of(chart)
    assert "title" not in vega_lite(chart, ChartLook(notes=False))
    assert vega_lite(chart)["title"]["text"]
    kept = json.loads(chart_bytes(chart, ChartFile.JSON, ChartLook(notes=False)))["usermeta"]["runql"]
    assert kept["notes"] == [*notes_of(chart)]


@given(st.decimals(3, 100, places=2), st.decimals(3, 100, places=2), st.sampled_from(["", " "]), st.sampled_from("x×X"))
def test_a_size_is_read_as_it_is_written(width: object, height: object, gap: str, sign: str) -> None:
    for text in (f"{width}{gap}{sign}{gap}{height}{gap}cm", f"{width} cm{gap}{sign} {height} CM"):
        read = ChartSize.read(text)
        assert read is not None
        assert (read.width, read.height) == pytest.approx((float(str(width)) * _CM, float(str(height)) * _CM))


@pytest.mark.parametrize(
    "text", ["", "8", "4cm", "8x", "x5", "8x5x3", "-8x5cm", "2x5cm", "101x5cm", "nanx5cm", "8x5em"]
)
def test_what_is_no_size_is_none(text: str) -> None:
    assert ChartSize.read(text) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("720x400", (720, 400)),
        ("720x400px", (720, 400)),
        ("3 in x 4 in", (288, 384)),
        ("4in", (384, 240)),
        ("720", (720, 450)),
    ],
)
def test_units_are_those_of_css(text: str, size: tuple[float, float]) -> None:
    assert ChartSize.read(text) == ChartSize(*size)


def test_set_says_how_charts_look(tmp_path: Path) -> None:
    query = "runs limit 3 keys loss scan | plot | to 'x.svg'"
    with Session("demo", Settings(folder=tmp_path)) as session:
        (made,) = session.run(f"set chart_size '10x8cm'; set chart_notes off; {query}")
        assert len(made) if isinstance(made, runql.Result) else False
        svg = (tmp_path / "x.svg").read_text()
        assert float(re.findall(' width="([0-9.]+)"', svg)[0]) == pytest.approx(10 * _CM, abs=1)
        for wrong, said in (("chart_size '4cm'", "`8x5cm`"), ("chart_size 8", "`8x5cm`"), ("chart_notes 1", "`on`")):
            with pytest.raises(QueryError, match=re.escape(said)) as caught:
                session.run(f"set {wrong}")
            assert caught.value.diagnostics[0].code == "RQL223"


def test_python_takes_a_size_and_refuses_what_is_none(tmp_path: Path) -> None:
    made = runql.query("runs limit 3 keys loss scan", "demo").plot("loss", size="10x8cm")
    made.save(tmp_path / "x.svg", notes=False)
    assert float(re.findall(' width="([0-9.]+)"', (tmp_path / "x.svg").read_text())[0]) == pytest.approx(378, abs=1)
    with pytest.raises(QueryError, match="`8x5cm`") as caught:
        made.save(tmp_path / "x.svg", size="big")
    assert caught.value.diagnostics[0].code == "RQL216"
