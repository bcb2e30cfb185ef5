"""The kinds of files that hold a chart. Loads nothing that draws."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from runql.language.formats import CHART_FORMATS


class ChartFile(StrEnum):
    """The kinds of files, by the names of their formats."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"
    HTML = "html"
    JSON = "json"


_ENDINGS: Final = {end: ChartFile(name) for name, entry in CHART_FORMATS.items() for end in entry.extensions}


def chart_file(path: Path) -> ChartFile | None:
    """The kind of file that a path names by its end; `None` for one that holds no chart."""
    return _ENDINGS.get(path.suffix[1:].lower())


def endings(kind: ChartFile) -> tuple[str, ...]:
    """How the names of such files end, with the dot."""
    return tuple(f".{end}" for end in CHART_FORMATS[kind.value].extensions)
