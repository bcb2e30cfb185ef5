"""A picture of the size that was asked for: plots get what the texts around them leave, which the engine measures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from runql.chart_look import ChartSize
from runql.charts.files import engine
from runql.errors import OutputError

_SIZE: Final = re.compile(r' width="([0-9.]+)" height="([0-9.]+)"')
_CLOSE: Final = 0.75
"""A picture that is no more than so many points larger or smaller has the size."""

_LEAST: Final = 40
"""How wide and high a plot is at least."""

_LINE: Final = 12
"""How much of an axis a category takes at least: its name is so high."""

_TRIES: Final = 8


def fitted(spec: Mapping[str, Any], size: ChartSize) -> dict[str, Any]:
    """The specification whose picture has the size. Raises `OutputError` (RQL578) where there is no room for that, and
    without the extra `charts`.
    """
    panels = [dict(panel) for panel in spec["vconcat"]]
    made = {**spec, "vconcat": panels}
    for _ in range(_TRIES):
        wide, high = _measured(made)
        if abs(size.width - wide) <= _CLOSE and abs(size.height - high) <= _CLOSE:
            break
        more = divmod(
            round(size.height - high), len(panels)
        )  # whole points, as the engine rounds: the first get one more
        for at, panel in enumerate(panels):
            panel["width"] = max(1, round(panel["width"] + size.width - wide))
            panel["height"] = max(1, round(panel["height"]) + more[0] + (at < more[1]))
    lacking = [_lacking(panel) for panel in panels]
    across, down = max(across for across, _ in lacking), sum(down for _, down in lacking)
    if not across and not down:
        return made
    needed = ChartSize(wide + across if across else size.width, high + down if down else size.height)
    message = f"a chart of {size} has no room for its plot: it needs {needed}"
    hints = ("take that, or draw less", "`set chart_notes off` leaves more room")
    raise OutputError.of("RQL578", message, *hints)


def _lacking(panel: Mapping[str, Any]) -> tuple[float, float]:
    """How much wider and higher a plot must be to be read."""
    encoding = panel["layer"][0]["encoding"] if "layer" in panel else {}
    names = [len(encoding.get(axis, {}).get("sort") or ()) for axis in ("x", "y")]
    across, down = (max(_LEAST, _LINE * count) for count in names)
    return max(0, across - panel["width"]), max(0, down - panel["height"])


def _measured(spec: Mapping[str, Any]) -> tuple[float, float]:
    found = _SIZE.search(engine.svg(spec))
    assert found is not None, "a picture has a size"
    return float(found[1]), float(found[2])
