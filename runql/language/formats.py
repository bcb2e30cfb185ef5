"""The formats that a result is written in. Their bodies are in `results/formats/formats.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import FormatEntry

_TABLE = (
    FormatEntry("table", "Columns for a terminal.", "runs limit 3"),
    FormatEntry(
        "csv",
        "Comma-separated values.",
        'runs | to "runs.csv"',
        extensions=("csv",),
        streams=True,
        separated=True,
    ),
    FormatEntry(
        "tsv",
        "Tab-separated values.",
        'runs | to "runs.tsv"',
        extensions=("tsv", "tab"),
        streams=True,
        separated=True,
    ),
    FormatEntry("json", "One array of objects.", 'runs | to "runs.json"', extensions=("json",), streams=True),
    FormatEntry(
        "jsonl",
        "One object a line, written as the rows come.",
        'runs | to "runs.jsonl"',
        extensions=("jsonl", "ndjson"),
        streams=True,
    ),
    FormatEntry("md", "A Markdown table.", 'runs limit 3 | to "runs.md"', extensions=("md", "markdown")),
    FormatEntry(
        "tex",
        "A LaTeX table with booktabs; a pivot as mean ± spread, the best in bold.",
        'runs | pivot mean(summary.acc) by config.optimizer, config.model.depth | to "runs.tex"',
        extensions=("tex",),
    ),
    FormatEntry(
        "parquet",
        "A typed file; needs pyarrow.",
        'runs | to "runs.parquet"',
        extensions=("parquet", "pq"),
        binary=True,
    ),
    FormatEntry(
        "yaml",
        "A list of mappings; after `holes` the parameters of a W&B sweep.",
        'runs | holes over config.lr, config.seed | to "sweep.yaml"',
        extensions=("yaml", "yml"),
    ),
    FormatEntry("none", "Nothing: the answer is read, and its assertions are checked.", "runs | assert count() > 0"),
)

_CHARTS = (
    FormatEntry(
        "svg",
        "A picture of a chart that is sharp at any size; needs vl-convert, as `png`, `pdf` and `html` do.",
        'runs limit 5 keys loss scan | plot | to "loss.svg"',
        extensions=("svg",),
    ),
    FormatEntry(
        "png",
        "A picture of a chart, 300 dots an inch.",
        'runs | group config.optimizer : mean(summary.acc), ci95(summary.acc) | plot | to "acc.png"',
        extensions=("png",),
        binary=True,
    ),
    FormatEntry(
        "pdf",
        "A picture of a chart that is sharp at any size, with its fonts, as LaTeX takes it.",
        'runs | group config.optimizer : mean(summary.acc), ci95(summary.acc) | plot | to "acc.pdf"',
        extensions=("pdf",),
        binary=True,
    ),
    FormatEntry(
        "html",
        "A page with a chart: values under the pointer, zoom, names to click; it loads nothing from outside.",
        'runs limit 5 keys loss scan | plot | to "loss.html"',
        extensions=("html", "htm"),
    ),
    FormatEntry(
        "json",
        "The chart as Vega-Lite, with the values that it draws.",
        'runs limit 5 keys loss scan | plot | to "loss.json"',
        extensions=("json",),
    ),
)

CHART_FORMATS: Final[Mapping[str, FormatEntry]] = MappingProxyType({one.name: one for one in _CHARTS})
"""By name: what is written of a chart, behind `plot`. A format that is not here is written of its table."""

FORMATS: Final[Mapping[str, FormatEntry]] = MappingProxyType({one.name: one for one in _TABLE})
"""By name."""
