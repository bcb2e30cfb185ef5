"""The stage `plot`: the columns that it names, and which parts of a chart go together."""

from __future__ import annotations

from collections.abc import Iterator

from runql.language.kinds import Kind, TableKind
from runql.language.stages import SHAPES
from runql.semantic.check_context import rewrite
from runql.semantic.check_stages.columns import FoundColumn, StageColumns
from runql.semantic.check_stages.other_metrics import asked_for
from runql.semantic.spelling import PREFIXES, code
from runql.semantic.typed import ColumnPick, TPlot, TStage
from runql.syntax import tree as s
from runql.syntax.mistakes.piped.curves import shapes_said
from runql.syntax.mistakes.piped.stages import SHAPES as OTHER_SHAPES
from runql.text.diagnostic import Edit, Fix
from runql.text.nearest import nearest
from runql.text.source import NOWHERE, Span


class PlotStages(StageColumns):
    """Checks this stage."""

    def plot(self, stage: s.PlotStage) -> TStage:
        if self.expressions.context.depth:
            message = "`plot` draws the answer of a query, and this one is asked inside of another"
            self.report.add("RQL571", message, stage.span, "leave `plot` out, or put it behind the outer query")
        for written in _options(stage):
            self._fits_shape(stage, written)
        y = [pick for path in stage.y for pick in self._drawn(path, stage)]
        x = None if stage.x is None else self._one(stage.x, stage.span)
        by = None if stage.by is None else self._one(stage.by, stage.span)
        self._name_runs()
        return TPlot(stage.shape, tuple(y), x, by, stage.log, stage.band, self._titled(stage), span=stage.span)

    def behind_plot(self, name: str, plot: s.Stage, stage: s.Stage) -> None:
        """Say that a chart is the end of a line: only `to` may follow, and writes it."""
        before = Span(plot.span.start, plot.span.start)
        fixes: tuple[Fix, ...] = ()
        text = self.expressions.context.text
        if text is not None and text[plot.span.end : stage.span.start].strip() == "|":
            moved = text[stage.span.start : stage.span.end]
            between = Span(plot.span.end, stage.span.end)
            fixes = (Fix(f"put `{name}` before `plot`", (Edit(before, f"{moved} | "), Edit(between, ""))),)
        message = f"`{name}` stands behind `plot`, which ends the line: only `to` may follow, and writes the chart"
        self.report.add("RQL571", message, stage.span, f"put `{name}` before it", fixes=fixes)

    def _fits_shape(self, stage: s.PlotStage, written: str) -> None:
        shape = stage.shape or ("line" if stage.band else "scatter")
        takes = SHAPES[shape].takes
        if written in takes:
            return
        taken = ", ".join(f"`{one}`" for one in takes) or "columns alone"
        hint = SHAPES[shape].instead.get(written, f"`plot {shape}` takes {taken}")
        self.report.add("RQL570", f"`{written}` does not go with `plot {shape}`", stage.span, hint)

    def _drawn(self, path: s.Path, stage: s.PlotStage) -> list[ColumnPick]:
        """The columns of a name or a pattern. One that holds no number is a mistake, unless its axis may be of text."""
        if path.is_glob:
            return self.picks(path, stage.span)
        place = path.span if path.span != NOWHERE else stage.span
        before = len(self.report.found)
        found = self._found(path, stage.span)
        if found is None:
            shape = _shape_meant(str(path.segments[0])) if len(stage.y) == len(path.segments) == 1 else None
            if shape is not None and stage.shape is None and len(self.report.found) > before:
                self.report.add_way_out(f"the shape is {code(shape)}; {shapes_said()}", rewrite(place, shape))
            return []
        drawable = {Kind.NUMBER, Kind.BOOL, Kind.UNKNOWN}
        needs_numbers = stage.shape is None or SHAPES[stage.shape].needs_numbers
        if stage.shape in (None, "line") and len(stage.y) == 1 and stage.x is None and stage.by is None:
            self._say_curves(found.name, before)
        if needs_numbers and found.facts.kinds and not found.facts.kinds & drawable:
            if stage.shape is None and len(stage.y) == 1 and stage.x is None:
                return [ColumnPick(found.name)]
            counted = rewrite(stage.span, f"group {code(found.name).strip('`')} : count() | plot", "count the values")
            hint = f"how often each value occurs: `group {found.name} : count() | plot`"
            message = f"{code(found.name)} holds no numbers, and `plot` draws numbers along y"
            self.report.add("RQL203", message, place, hint, fixes=counted if len(stage.y) == 1 else ())
        return [ColumnPick(found.name)]

    def _say_curves(self, name: str, since: int) -> None:
        """`runs | plot loss` draws what the runs ended with: say how their curves are asked for."""
        metric = name.removeprefix("summary.")
        is_last = self.scope.kind is TableKind.RUNS and metric != name and self.expressions.metrics.is_known([metric])
        if is_last:
            hint = f"these are the values that the runs ended with; their curves: {code(f'runs keys {metric} | plot')}"
            self.report.amend(since, ("RQL211",), (hint,), ())

    def _one(self, path: s.Path, span: Span) -> ColumnPick | None:
        found = self._found(path, span)
        return None if found is None else ColumnPick(found.name)

    def _found(self, path: s.Path, span: Span) -> FoundColumn | None:
        """The column that a name means. Of histories a metric without its space is not the last value of that metric,
        which would be the same along a run.
        """
        is_bare = path.segments[0] not in PREFIXES
        since = len(self.report.found)
        found = self.column(path, span)
        of_histories = self.scope.kind is TableKind.HISTORIES
        if found is None or not (is_bare and of_histories and found.name.startswith("summary.")):
            return found
        place = path.span if path.span != NOWHERE else span
        name = found.name.removeprefix("summary.")
        message = f"{code(name)} is not among the metrics that were asked for"
        hints = (f"ask for it: add {code(name)} to `keys`", f"the last value of each run is {code(found.name)}")
        self.report.take_back(since, "RQL576")
        fixes = (*asked_for(name, self.scope, self.expressions.context.text), *rewrite(place, found.name))
        self.report.add("RQL208", message, place, *hints, fixes=fixes)
        return None

    def _name_runs(self) -> None:
        """Have the names of the runs fetched, by which a legend tells them apart."""
        scope = self.scope
        of_runs = scope.run_id is not None and scope.kind is not TableKind.RUNS
        if of_runs and scope.fields and "name" not in scope.columns and "name" not in scope.hidden:
            self.column(s.Path(("name",)), NOWHERE)

    def _titled(self, stage: s.PlotStage) -> str:
        title = stage.title
        if title is None or isinstance(title, str):
            return title or ""
        bound = self.expressions.bound(title)
        value = bound.value if bound is not None and not isinstance(bound, tuple) else None
        if bound is None or isinstance(value, str):
            return value if isinstance(value, str) else ""
        span = title.span if title.span != NOWHERE else stage.span
        held = "a list" if isinstance(bound, tuple) else "no text"
        self.report.add("RQL203", f"`title` takes a text, and `${title.name}` is {held}", span)
        return ""


def _shape_meant(word: str) -> str | None:
    """A shape under its name elsewhere, or with a slip in it."""
    return OTHER_SHAPES.get(word.lower()) or next(iter(nearest(word, SHAPES, most=1)), None)


def _options(stage: s.PlotStage) -> Iterator[str]:
    """The options of a chart as they are written, but the title, which goes with each."""
    yield from ["vs"] if stage.x is not None else []
    yield from ["by"] if stage.by is not None else []
    yield from (f"log {axis}" for axis in stage.log)
    yield from ["band"] if stage.band else []
