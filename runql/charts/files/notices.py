"""What is said of the file of a chart: that nothing is in it, or which characters it cannot show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runql.text.diagnostic import Diagnostic
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.charts.chart import Chart


def said_of_file(chart: Chart, path: str) -> tuple[Diagnostic, ...]:
    """What a file of a chart does not show that it is expected to."""
    from runql.charts.files.glyphs import WITH_FONTS, lacking
    from runql.charts.files.kinds import chart_file

    if not all(panel.is_empty for panel in chart.panels):
        return _said_of_glyphs(lacking(chart), path) if chart_file(Path(path)) in WITH_FONTS else ()
    why = "there are no rows" if not chart.panels else "no value can be drawn"
    return (Diagnostic("RQL574", f"nothing is drawn in `{path}`: {why}"),)


def _said_of_glyphs(characters: str, path: str) -> tuple[Diagnostic, ...]:
    if not characters:
        return ()
    count = "1 character has" if len(characters) == 1 else f"{len(characters):,} characters have"
    hint = "install a font that has them (Noto Sans CJK, Noto Emoji); `.svg` and `.html` use the fonts of the reader"
    message = f"{count} no glyph in the fonts here, so boxes stand for them in `{path}`: {visible(characters)}"
    return (Diagnostic("RQL579", message, hints=(hint,)),)
