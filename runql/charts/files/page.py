"""A chart as a page: one file, which loads nothing from outside, whatever stands in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from runql.charts.vega.theme import FONT, PALETTES, Theme
from runql.text.visible import visible

# A browser holds a page to this: it runs what stands in it and loads nothing, from nowhere.
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
)
_MANY_POINTS: Final = 4_000
"""More are drawn on a canvas, fewer as SVG, which stays sharp when it is printed or enlarged."""

_ERRORS: Final = 1
"""What Vega calls the level at which it says errors alone."""

_STYLE: Final = """
:root{color-scheme:SCHEME}
body{margin:0;padding:16px;background:BACKGROUND;color:TEXT;font:13px FONT}
#chart{overflow-x:auto}
.vega-embed details summary{opacity:.35}
.hint{color:FAINT;margin:4px 14px}
details.made{margin:10px 14px;color:FAINT;max-width:72em}
details.made>summary{cursor:pointer;width:max-content}
dt{float:left;clear:left;width:6em}
dd{margin:0 0 .4em 6.5em;color:TEXT;overflow-wrap:anywhere}
dd pre{margin:0;white-space:pre-wrap;font-size:12px}
"""

_START: Final = """
const text = id => JSON.parse(document.getElementById(id).textContent);
vegaEmbed("#chart", text("spec"), text("options")).catch(error => {
  document.getElementById("chart").textContent = "the chart cannot be drawn: " + error.message;
});
"""


def page(spec: Mapping[str, Any], kept: Mapping[str, Any], title: str, theme: Theme, script: str) -> str:
    """The page. `kept`: what the chart was made of; `script`: the programs that draw."""
    points = sum(len(rows) for rows in spec["datasets"].values())
    options = {
        "mode": "vega-lite",
        "logLevel": _ERRORS,
        "renderer": "canvas" if points > _MANY_POINTS else "svg",
        "actions": {"export": True, "source": False, "compiled": False, "editor": False},
        "downloadFileName": "chart",
    }
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width">
<title>{escape(visible(title))}</title>
<style>{_style(theme)}</style>
</head>
<body>
<div id="chart"></div>
<p class="hint">{_hint(spec)}</p>
{_made(kept)}
<script type="application/json" id="runql">{_json(kept)}</script>
<script type="application/json" id="spec">{_json(spec)}</script>
<script type="application/json" id="options">{_json(options)}</script>
<script>{_harmless(script)}</script>
<script>{_START}</script>
</body>
</html>
"""


def _style(theme: Theme) -> str:
    colours = PALETTES[theme]
    told = {"SCHEME": theme.value, "BACKGROUND": colours.background, "TEXT": colours.text, "FAINT": colours.faint}
    style = _STYLE.replace("FONT", FONT)
    for name, value in told.items():
        style = style.replace(name, value)
    return style


def _hint(spec: Mapping[str, Any]) -> str:
    """What a pointer does there."""
    text = json.dumps(spec["vconcat"])
    told = ["point at a mark for its values"]
    if '"bind": "legend"' in text:
        told.append("click names in the legend to see them alone, double-click for all")
    if '"bind": "scales"' in text:
        told.append("Shift and the wheel zoom, dragging moves, double-click resets")
    return " · ".join(told)


def _made(kept: Mapping[str, Any]) -> str:
    """How the chart was made, behind a mark."""
    runs = kept["runs"]
    told = {
        "query": f"<pre>{escape(kept['query'])}</pre>" if kept["query"] else "",
        "runs": f"{len(runs):,}: {escape(visible(', '.join(runs)))}" if runs else "",
        "counts": escape(visible(" · ".join(kept["counts"]))),
        "notes": "<br>".join(escape(visible(note)) for note in (*kept["notes"], *kept["notices"])),
        "versions": escape(", ".join(f"{name} {version}" for name, version in kept["versions"].items())),
        "time": escape(kept["time"]),
    }
    rows = "\n".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in told.items() if text)
    return f'<details class="made"><summary>how it was made</summary><dl>\n{rows}\n</dl></details>' if rows else ""


def _json(value: object) -> str:
    """JSON in a page: nothing in it ends its element."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


def _harmless(script: str) -> str:
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
