"""Charts as files: what stands in them, and that the same chart gives the same bytes."""

from __future__ import annotations

import json
import re
import struct
import sys
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from runql.chart_look import ChartLook
from runql.charts.files import engine
from runql.charts.files.kinds import ChartFile
from runql.charts.files.page import page
from runql.charts.files.write import chart_bytes, place_of_chart
from runql.charts.vega.spec import vega_lite
from runql.charts.vega.theme import Theme
from runql.errors import OutputError
from runql.extras import install_command
from tests.charts.examples import CHARTS, GAP, SOURCE, curves

_SVG = "{http://www.w3.org/2000/svg}"


def _texts(drawn: ElementTree.Element) -> list[str]:
    return [part.text or "" for part in drawn.iter(f"{_SVG}text")]


@pytest.mark.parametrize("name", CHARTS)
def test_every_shape_is_drawn(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    drawn = ElementTree.fromstring(chart_bytes(CHARTS[name], ChartFile.SVG))
    assert drawn.tag == f"{_SVG}svg"
    panel = CHARTS[name].panels[0]
    shown = {"parallel": "lr (log)", "points": "config.lr (log)", "nothing": "loss: no value that can be drawn"}.get(
        name, panel.x.title
    )
    assert shown in _texts(drawn)
    assert capfd.readouterr() == ("", ""), "the engine says nothing, of fonts least of all"


def test_the_same_chart_gives_the_same_bytes() -> None:
    later = replace(curves(), source=replace(SOURCE, time="2027-01-01T00:00:00Z"))
    for kind in (ChartFile.SVG, ChartFile.JSON):
        first = chart_bytes(curves(), kind)
        assert first == chart_bytes(curves(), kind)
        assert first != chart_bytes(later, kind)
        assert first == chart_bytes(later, kind).replace(b"2027-01-01T00:00:00Z", SOURCE.time.encode())


def test_pdf_has_the_size_of_the_others_and_holds_what_it_was_made_of() -> None:
    made = chart_bytes(CHARTS["shaded"], ChartFile.PDF)
    assert all(chart_bytes(CHARTS["shaded"], ChartFile.PDF) == made for _ in range(3)), "whatever the engine's order"
    svg = chart_bytes(CHARTS["shaded"], ChartFile.SVG).decode()
    wide, high = (float(re.findall(f' {side}="([0-9.]+)"', svg)[0]) * 72 / 96 for side in ("width", "height"))
    (page,) = PdfReader(BytesIO(made), strict=True).pages
    assert (page.mediabox.width, page.mediabox.height) == (wide, high)
    assert "config.lr (log)" in page.extract_text(), "the letters are text"
    query = "runs where name = 'a) \\ b'"
    named = replace(curves(), title="Loss (α)", source=replace(SOURCE, query=query))
    told: Any = PdfReader(BytesIO(chart_bytes(named, ChartFile.PDF)), strict=True).metadata
    assert json.loads(told["/runql"])["query"] == query
    assert (told["/Title"], told["/Subject"], told["/CreationDate"]) == ("Loss (α)", query, "D:20261129190000Z")


def test_gradients_of_a_pdf_are_as_large_as_the_rest() -> None:
    """Those that stand on the page itself would not be: no scale of the page reaches them."""
    page: Any = PdfReader(BytesIO(chart_bytes(CHARTS["shaded"], ChartFile.PDF))).pages[0]
    assert [*page["/Resources"]] == ["/XObject"]
    form = page["/Resources"]["/XObject"]["/F"]
    patterns = [one.get_object() for one in form["/Resources"]["/Pattern"].values()]
    assert {one["/PatternType"] for one in patterns} == {2}, "what colours the legend is a shading"
    assert page.get_contents().get_data() == b"0.75 0 0 0.75 0 0 cm /F Do"


def test_characters_that_no_font_has_are_found() -> None:
    assert engine.lacking("я\U0010fffd±∞") == "\U0010fffd"


def test_svg_holds_what_it_was_made_of() -> None:
    drawn = ElementTree.fromstring(chart_bytes(curves(), ChartFile.SVG, ChartLook("dark")))
    (kept,) = (json.loads(part.text or "") for part in drawn.iter(f"{_SVG}metadata"))
    assert (kept["query"], kept["runs"], kept["time"]) == (SOURCE.query, ["a1", "b2"], SOURCE.time)
    assert kept["counts"] == ["120 rows", "2 of 64 runs"]
    assert (kept["notes"], kept["notices"]) == (["1 gap (NaN)"], ["2 missing skipped"])
    assert {"runql", "vl-convert", "vega-lite"} <= kept["versions"].keys()
    assert {"Loss", "run 2", "1 gap (NaN)"} <= {*_texts(drawn)}


def test_ids_of_two_pictures_on_a_page_differ() -> None:
    first, second = (chart_bytes(CHARTS[name], ChartFile.SVG).decode() for name in ("bins", "bands"))
    ids = [{*re.findall(r' id="(c[^"]+)"', text)} for text in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert {*re.findall(r"url\(#([^)]+)\)", first)} <= ids[0]


def test_a_bar_without_an_error_stands_beside_those_that_have_one() -> None:
    shown = CHARTS["bars"].panels[0].series[0]
    bar = replace(shown, y=(1.0, 1.0, 1.0), low=(GAP, 0.5, 0.5), high=(GAP, 2.0, 2.0))
    panel = replace(CHARTS["bars"].panels[0], series=(bar,))
    assert chart_bytes(replace(CHARTS["bars"], panels=(panel,)), ChartFile.SVG)


def test_png_has_300_dots_an_inch_and_holds_what_it_was_made_of() -> None:
    odd = replace(CHARTS["bins"], source=replace(SOURCE, query="runs where name = 'μ' | plot"))
    drawn = chart_bytes(odd, ChartFile.PNG)
    assert drawn == chart_bytes(odd, ChartFile.PNG)
    chunks, at = [], 8
    while at < len(drawn):
        (length,) = struct.unpack(">I", drawn[at : at + 4])
        kind, body = drawn[at + 4 : at + 8], drawn[at + 8 : at + 8 + length]
        assert struct.pack(">I", zlib.crc32(kind + body)) == drawn[at + 8 + length : at + 12 + length]
        chunks.append((kind, body))
        at += 12 + length
    assert struct.unpack(">IIB", dict(chunks)[b"pHYs"]) == (11811, 11811, 1)
    texts = dict(body.split(b"\0", 1) for kind, body in chunks if kind == b"tEXt")
    assert texts[b"Creation Time"].decode() == SOURCE.time
    assert json.loads(texts[b"runql"])["query"] == "runs where name = 'μ' | plot"
    assert texts[b"Source"] == rb"runs where name = '\u03bc' | plot"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.policy = ""
        self.scripts: dict[str, str] = {}
        self._script = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.outside += [name for name in given if name in {"src", "href", "srcset", "action"}]
        self._script = (given.get("id") or "other") if tag == "script" else ""
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def test_a_page_loads_nothing_and_is_not_left_by_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "script", lambda: "const s = '</script>';")
    chart = replace(curves(), title="</title><script>alert(1)</script>", notes=("<img src=x>", "</details>"))
    read = _Page()
    read.feed(chart_bytes(chart, ChartFile.HTML).decode())
    assert read.outside == []
    assert read.policy.startswith("default-src 'none';")
    assert not any(word in read.policy for word in ("http:", "https:", "*", "'self'"))
    spec, kept = json.loads(read.scripts["spec"]), json.loads(read.scripts["runql"])
    assert spec["datasets"] == vega_lite(chart)["datasets"]
    assert kept["query"] == SOURCE.query
    assert {*read.scripts} == {"runql", "spec", "options", "other"}


def test_a_page_says_what_a_pointer_does() -> None:
    for name, told in (("lines", True), ("bins", False)):
        made = page(
            vega_lite(CHARTS[name]),
            {"query": "", "runs": [], "counts": [], "notes": [], "notices": [], "versions": {}, "time": ""},
            "",
            Theme.LIGHT,
            "",
        )
        assert ("click names in the legend" in made) == ("the wheel zoom" in made) == told


def test_json_is_vega_lite_that_a_person_can_read() -> None:
    text = chart_bytes(curves(), ChartFile.JSON).decode()
    spec = json.loads(text)
    assert spec == {**vega_lite(curves()), "usermeta": spec["usermeta"]}
    assert spec["$schema"].endswith("/vega-lite/v5.json")
    assert '      {"series": "run 0", "x": 0, "y": 1, "run": "id0"},\n' in text


@pytest.mark.parametrize("kind", [kind for kind in ChartFile if kind is not ChartFile.JSON])
def test_without_the_extra_the_error_names_it(kind: ChartFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert not engine.is_there()
    with pytest.raises(OutputError) as caught:
        chart_bytes(curves(), kind)
    assert caught.value.diagnostics[0].code == "RQL506"
    assert install_command("charts") in caught.value.diagnostics[0].hints[0]
    assert chart_bytes(curves(), ChartFile.JSON)


def test_without_pypdf_only_pdf_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(OutputError) as caught:
        place_of_chart(ChartFile.PDF, Path("x.pdf"))
    assert (caught.value.diagnostics[0].code, "`pypdf`" in str(caught.value)) == ("RQL506", True)
    assert caught.value.diagnostics[0].hints == (f"install it with `{install_command('charts')}`",)
    assert chart_bytes(CHARTS["bins"], ChartFile.SVG)
