"""The door to vl-convert, which draws what is written in Vega-Lite: no browser, no network, its own fonts.

Its engine starts with the first picture, in a process of its own, which takes a second or two, and stays there.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import metadata
from typing import Any, Final

from runql.charts.files.drawer import Drawer
from runql.charts.vega.theme import FONT
from runql.errors import OutputError
from runql.extras import install_command

DOTS_PER_INCH: Final = 300
_VERSION: Final = "5.21"
"""Of Vega-Lite: the last of those that JupyterLab draws too. Version 6.4 loses texts of the nearest point."""

_CSS_POINTS_PER_INCH: Final = 96
_POINTS_PER_INCH: Final = 72
ON_PAPER: Final = _POINTS_PER_INCH / _CSS_POINTS_PER_INCH
"""How many points of paper one of CSS is."""
_ID: Final = re.compile(r'(?<= id=")[^"]+(?=")|(?<=url\(#)[^)]+(?=\))|(?<=href="#)[^"]+(?=")')


_SAFE: Final = {"vl_version": _VERSION, "allowed_base_urls": []}
_DRAWER: Final = Drawer(_SAFE)


def is_there() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("vl_convert") is not None


def begin() -> None:
    """Have the engine started while something else goes on. Raises `OutputError` without the extra."""
    _need()
    _DRAWER.begin()


def stop() -> None:
    """End a drawing that goes on in another thread: nobody waits for its file any more."""
    _DRAWER.stop()


def _need() -> None:
    if is_there():
        return
    message = "charts as SVG, PNG, PDF and HTML need `vl-convert-python`, which is not installed"
    way_out = f"install it with `{install_command('charts')}`"
    raise OutputError.of("RQL506", message, way_out, "a file `.json` holds the chart as Vega-Lite")


def svg(spec: Mapping[str, Any]) -> str:
    """The picture as SVG. The same specification gives the same text. Raises `OutputError` without the extra."""
    _need()
    return _own_ids(_DRAWER.draw("svg", _still(spec)).decode(), spec)


def png(spec: Mapping[str, Any]) -> bytes:
    """The picture as PNG of 300 dots an inch, as large on paper as the SVG. Raises `OutputError` without the extra."""
    _need()
    return _DRAWER.draw("png", _still(spec), scale=ON_PAPER, ppi=DOTS_PER_INCH)


def pdf(spec: Mapping[str, Any]) -> bytes:
    """The picture as PDF, a point for each of CSS, with its fonts. Raises `OutputError` without the extra."""
    _need()
    return _DRAWER.draw("pdf", _still(spec))


def _still(spec: Any) -> Any:
    """The same for a picture, in which nobody zooms: points and lines at the edge of the axes are whole."""
    if isinstance(spec, list):
        return [_still(part) for part in spec]
    if not isinstance(spec, dict):
        return spec
    mark = spec.get("mark")
    if isinstance(mark, dict) and mark["type"] in {"point", "line"}:
        spec = {**spec, "mark": {key: value for key, value in mark.items() if key != "clip"}}
    return {key: part if key in {"data", "datasets"} else _still(part) for key, part in spec.items()}


def script() -> str:
    """The programs of Vega for a page, which define `vegaEmbed`. Raises `OutputError` without the extra."""
    _need()
    return _script()


@cache
def _script() -> str:
    return _DRAWER.draw("script", {}).decode()


@cache
def lacking(characters: str) -> str:
    """Those of some characters for which no font here has a glyph. Raises `OutputError` without the extra."""
    _need()
    found: str = json.loads(_DRAWER.draw("lacking", characters, family=FONT))
    return found


def versions() -> tuple[tuple[str, str], ...]:
    """What draws. Raises `OutputError` without the extra."""
    _need()
    return (("vl-convert", metadata.version("vl-convert-python")), ("vega-lite", _VERSION))


def _own_ids(drawn: str, spec: Mapping[str, Any]) -> str:
    """The engine counts its ids through all pictures: here they begin anew, and two pictures on a page share none."""
    own = sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:8]
    names: dict[str, str] = {}
    return _ID.sub(lambda found: names.setdefault(found.group(), f"c{own}-{len(names) + 1}"), drawn)
