"""The bytes of a chart's file."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from typing import Any, assert_never

from runql.charts.chart import Chart
from runql.charts.files import engine, metadata
from runql.charts.files.page import page
from runql.charts.vega.spec import for_picture, vega_lite
from runql.charts.vega.theme import Theme
from runql.results.cell_text import whole_unicode


class ChartFile(StrEnum):
    """The kinds of files, by the end of their names."""

    SVG = "svg"
    PNG = "png"
    HTML = "html"
    JSON = "json"


def chart_bytes(chart: Chart, kind: ChartFile, theme: Theme = Theme.LIGHT) -> bytes:
    """The file of a chart: the same bytes of the same chart but for the time in `chart.source`.

    Raises `OutputError` (RQL506) without the extra `charts`, but for JSON.
    """
    if kind is not ChartFile.JSON:
        chart = replace(chart, source=replace(chart.source, versions=(*chart.source.versions, *engine.versions())))
    chart = for_picture(chart)
    spec = vega_lite(chart, theme, live=kind in {ChartFile.HTML, ChartFile.JSON})
    kept = metadata.metadata_of(chart)
    match kind:
        case ChartFile.SVG:
            return (metadata.in_svg(engine.svg(spec), kept, spec.get("description", "")) + "\n").encode()
        case ChartFile.PNG:
            return metadata.in_png(engine.png(spec), kept)
        case ChartFile.HTML:
            return whole_unicode(
                page({**spec, **engine.SCHEMA}, kept, chart.title or "chart", theme, engine.script())
            ).encode()
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
