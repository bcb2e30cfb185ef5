"""The door to vl-convert, which draws what is written in Vega-Lite: no browser, no network, its own fonts.

Its engine starts with the first picture, which takes a second or two, and stays for the others. While it draws nothing
else of the process runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from types import ModuleType
from typing import Any, Final

from runql.errors import OutputError

DOTS_PER_INCH: Final = 300
_VERSION: Final = "5.21"
"""Of Vega-Lite: the last of those that JupyterLab draws too. Version 6.4 loses texts of the nearest point."""

_CSS_POINTS_PER_INCH: Final = 96
_POINTS_PER_INCH: Final = 72
_ID: Final = re.compile(r'(?<= id=")[^"]+(?=")|(?<=url\(#)[^)]+(?=\))|(?<=href="#)[^"]+(?=")')


def is_there() -> bool:
    """Whether the extra is installed."""
    try:
        _engine()
    except OutputError:
        return False
    return True


def _engine() -> ModuleType:
    """The package. Raises `OutputError` where it is not installed."""
    try:
        import vl_convert
    except ImportError:
        message = "charts as SVG, PNG and HTML need `vl-convert-python`, which is not installed"
        way_out = 'install it with `pip install "runql[charts]"`'
        raise OutputError.of("RQL506", message, way_out, "a file `.json` holds the chart as Vega-Lite") from None
    engine: ModuleType = vl_convert
    return engine


def svg(spec: Mapping[str, Any]) -> str:
    """The picture as SVG. The same specification gives the same text. Raises `OutputError` without the extra."""
    drawn: str = _engine().vegalite_to_svg(dict(spec), vl_version=_VERSION, allowed_base_urls=[])
    return _own_ids(drawn, spec)


def png(spec: Mapping[str, Any]) -> bytes:
    """The picture as PNG of 300 dots an inch, as large on paper as the SVG. Raises `OutputError` without the extra."""
    scale = _POINTS_PER_INCH / _CSS_POINTS_PER_INCH
    drawn: bytes = _engine().vegalite_to_png(
        dict(spec), vl_version=_VERSION, scale=scale, ppi=DOTS_PER_INCH, allowed_base_urls=[]
    )
    return drawn


def script() -> str:
    """The programs of Vega for a page, which define `vegaEmbed`. Raises `OutputError` without the extra."""
    return _script(_engine())


@cache
def _script(engine: ModuleType) -> str:
    bundled: str = engine.javascript_bundle(vl_version=_VERSION)
    return bundled


def versions() -> tuple[tuple[str, str], ...]:
    """What draws. Raises `OutputError` without the extra."""
    return (("vl-convert", str(_engine().__version__)), ("vega-lite", _VERSION))


def _own_ids(drawn: str, spec: Mapping[str, Any]) -> str:
    """The engine counts its ids through all pictures: here they begin anew, and two pictures on a page share none."""
    own = sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:8]
    names: dict[str, str] = {}
    return _ID.sub(lambda found: names.setdefault(found.group(), f"c{own}-{len(names) + 1}"), drawn)
