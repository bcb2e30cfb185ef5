"""The chart of a result in Python and in notebooks: what `Result.plot` takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from runql.chart_look import PLAIN, SIZE_FORM, ChartLook, ChartSize
from runql.charts.chart import Mark
from runql.errors import OutputError, QueryError
from runql.language.formats import CHART_FORMATS
from runql.language.options import THEMES
from runql.syntax import parse_query, tree
from runql.syntax.literals import write_string
from runql.syntax.tree import PlotStage, ToStage
from runql.text.diagnostic import Diagnostic
from runql.text.source import Source

if TYPE_CHECKING:
    from runql.charts.chart import Chart

MimeBundle: TypeAlias = tuple[dict[str, Any], dict[str, Any]]
"""What a notebook shows, and what it is told of it, both by the kind of the data."""

MIME_TYPE: Final = "application/vnd.vegalite.v5+json"
"""What JupyterLab, VS Code and others draw themselves."""


class DrawnChart:
    """A chart: a notebook shows it, `save` writes it, `vega_lite` gives what any program of Vega-Lite takes."""

    def __init__(self, chart: Chart, look: ChartLook = PLAIN) -> None:
        self.chart = chart
        self.look = look

    def save(
        self,
        path: str | PathLike[str],
        *,
        theme: str | None = None,
        size: str | None = None,
        notes: bool | None = None,
    ) -> None:
        """Write it as `.svg`, `.png`, `.pdf`, `.html` or `.json` (Vega-Lite); a file is replaced when it is whole.

        `size`: how large it is, such as `8x5cm`; `notes`: whether what it leaves out is said under it.

        Raises `OutputError` for another ending, for what cannot be written, and without the extra `charts`, which all
        but JSON need.
        """
        from runql.charts.files.kinds import chart_file
        from runql.charts.files.write import place_of_chart, save_chart

        target = Path(path)
        kind = chart_file(target)
        if kind is None:
            known = ", ".join(f"`.{end}`" for entry in CHART_FORMATS.values() for end in entry.extensions)
            raise OutputError.of("RQL506", f"`{target}` is no file of a chart", f"a file that ends in {known}")
        save_chart(self.chart, kind, place_of_chart(kind, target), changed(self.look, theme, size, notes))

    def vega_lite(self, *, theme: str | None = None) -> dict[str, Any]:
        """It as Vega-Lite: a dictionary that holds the values too."""
        from runql.charts.vega.spec import vega_lite

        return vega_lite(self.chart, changed(self.look, theme))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> MimeBundle:  # noqa: ARG002
        """Vega-Lite for notebooks that draw it, and SVG for the others, where the extra `charts` is installed.

        Beside it the text for those who see no picture: by Jupyter's convention, and in the SVG itself as `<desc>`.
        """
        from runql.charts.files import engine
        from runql.charts.files.kinds import ChartFile
        from runql.charts.files.write import chart_bytes

        spec = self.vega_lite()
        made: dict[str, Any] = {MIME_TYPE: spec, "text/plain": repr(self)}
        if not engine.is_there():
            return made, {}
        made["image/svg+xml"] = chart_bytes(self.chart, ChartFile.SVG, self.look).decode()
        return made, {"image/svg+xml": {"alt": spec.get("description", "")}}

    def __repr__(self) -> str:
        """What is drawn, in characters."""
        from runql.charts.terminal.draw import chart_lines
        from runql.charts.terminal.look import Look

        return "\n".join(chart_lines(self.chart, Look()))


def changed(look: ChartLook, theme: str | None = None, size: str | None = None, notes: bool | None = None) -> ChartLook:
    """How a chart looks with what an argument says otherwise. Raises `QueryError`."""
    if theme is not None and theme not in THEMES:
        raise QueryError.of("RQL216", f"`theme` is `light` or `dark`, not {theme!r}")
    read = look.size if size is None else ChartSize.read(size)
    if size is not None and read is None:
        raise QueryError.of("RQL216", f"`size` is {SIZE_FORM}, not {size!r}")
    return ChartLook(look.theme if theme is None else theme, read, look.notes if notes is None else notes)


def plot_stage(
    y: Sequence[str],
    *,
    vs: str | None = None,
    by: str | None = None,
    shape: str | None = None,
    log: str | Sequence[str] = (),
    band: bool = False,
    title: str | None = None,
) -> PlotStage:
    """The stage `plot` of a Python call, read as the language reads it. Raises `QueryError` for what it would not."""
    if shape is not None and shape not in {*Mark}:
        raise QueryError.of("RQL216", f"`shape` is one of {', '.join(f'`{one}`' for one in Mark)}, not {shape!r}")
    axes = log.replace(",", " ").split() if isinstance(log, str) else [*log]
    parts = ["plot", shape or "", ", ".join(y), f"vs {vs}" if vs else "", f"by {by}" if by else ""]
    parts += [
        *(f"log {axis}" for axis in axes),
        "band" if band else "",
        f"title {write_string(title)}" if title else "",
    ]
    text = f"runs | {' '.join(filter(None, parts))}"
    query, diagnostics = parse_query(text)
    wrong = [one for one in diagnostics if one.is_error]
    if wrong or query is None:
        raise QueryError(wrong or [Diagnostic("RQL216", "no chart can be read of the arguments")], Source(text))
    stage = query.stages[0] if len(query.stages) == 1 else None
    if not isinstance(stage, PlotStage):
        raise QueryError.of("RQL216", f"the arguments are more than a chart: `{text.removeprefix('runs | ')}`")
    return stage


def with_plot(query: tree.Query, stage: PlotStage) -> tree.Query:
    """The query with this chart at its end, and not with another; it writes no file."""
    stages = (one for one in query.stages if not isinstance(one, PlotStage | ToStage))
    return replace(query, stages=(*stages, stage))
