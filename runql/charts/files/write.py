"""The file of a chart: where it goes, and its bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, assert_never

from runql.chart_look import PLAIN, ChartLook
from runql.charts.chart import Chart
from runql.charts.files import engine, glyphs, metadata, pdf
from runql.charts.files.fitting import fitted
from runql.charts.files.kinds import ChartFile, endings
from runql.charts.files.page import page
from runql.charts.vega.spec import for_picture, vega_lite
from runql.charts.vega.theme import Theme
from runql.results.cell_text import whole_unicode
from runql.results.destination import Destination, destination
from runql.results.writing import never, write_to


def place_of_chart(kind: ChartFile, path: Path, name: str | None = None) -> Destination:
    """Where a chart goes; `name` is what it is called.

    Raises `OutputError` for what cannot be written, and where what draws it is not installed.
    """
    begin(kind)
    return destination(path, endings(kind), name)


def begin(kind: ChartFile) -> None:
    """Have what draws such a file started while something else goes on. Raises `OutputError` where it is not
    installed.
    """
    if kind is ChartFile.PDF:
        pdf.need()
    if kind is not ChartFile.JSON:
        engine.begin()


def save_chart(
    chart: Chart, kind: ChartFile, place: Destination, look: ChartLook, gave_up: Callable[[], bool] = never
) -> None:
    """Write the file, whole or not at all. Raises `OutputError`, and `GivenUp` if `gave_up` says so."""
    write_to(place, (chart_bytes(chart, kind, look) for _ in range(1)), gave_up)


def chart_bytes(chart: Chart, kind: ChartFile, look: ChartLook = PLAIN) -> bytes:
    """The file of a chart: the same bytes of the same chart but for the time in `chart.source`.

    Raises `OutputError` without the extra `charts` (RQL506), but for JSON, and where a size has no room (RQL578).
    """
    if kind is not ChartFile.JSON:
        chart = replace(chart, source=replace(chart.source, versions=(*chart.source.versions, *engine.versions())))
    chart = for_picture(chart)
    if kind in glyphs.WITH_FONTS and (characters := glyphs.lacking(chart)):
        chart = replace(chart, notes=(*chart.notes, glyphs.noted(characters)))
    spec = vega_lite(chart, look, live=kind in {ChartFile.HTML, ChartFile.JSON})
    if look.size is not None and kind is not ChartFile.JSON:
        spec = fitted(spec, look.size)
    kept = metadata.metadata_of(chart)
    match kind:
        case ChartFile.SVG:
            return (metadata.in_svg(engine.svg(spec), kept, spec.get("description", "")) + "\n").encode()
        case ChartFile.PNG:
            return metadata.in_png(engine.png(spec), kept)
        case ChartFile.PDF:
            return pdf.with_information(engine.pdf(spec), kept, chart.title or "chart", metadata.KEY, engine.ON_PAPER)
        case ChartFile.HTML:
            return whole_unicode(page(spec, kept, chart.title or "chart", Theme(look.theme), engine.script())).encode()
        case ChartFile.JSON:
            return whole_unicode(_json({**spec, "usermeta": {metadata.KEY: kept}}) + "\n").encode()
        case _:
            assert_never(kind)


def _json(spec: dict[str, Any]) -> str:
    """The specification as a person reads it: a row of data a line."""
    short = {**spec, "datasets": {name: [] for name in spec["datasets"]}}
    text = json.dumps(short, indent=2, ensure_ascii=False, allow_nan=False)
    for name, rows in spec["datasets"].items():
        if rows:
            lines = ",\n".join(f"      {json.dumps(row, ensure_ascii=False, allow_nan=False)}" for row in rows)
            text = text.replace(f'"{name}": []', f'"{name}": [\n{lines}\n    ]', 1)
    return text
