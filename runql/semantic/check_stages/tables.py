"""The stages that make tables of many rows: `pivot`, `histogram`, `unnest`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runql.language.kinds import Kind
from runql.semantic.check_context import rewrite, rewrites
from runql.semantic.check_stages.columns import StageColumns
from runql.semantic.check_stages.commas import say_commas
from runql.semantic.check_stages.windows import Folding
from runql.semantic.operands import BROKEN, quoted
from runql.semantic.questions import ColumnFacts
from runql.semantic.spelling import code
from runql.semantic.typed import Named, Pivoted, TFold, THistogram, TPivot, TStage, TUnnest
from runql.syntax import tree as s
from runql.syntax.literals import quote_name
from runql.syntax.printer.to_text import to_text
from runql.text.source import Span

_NUMBER = ColumnFacts(frozenset({Kind.NUMBER}))
_MOST_BINS = 10_000


class TableStages(StageColumns):
    """Checks these stages."""

    # ------------------------------------------------------------ pivot

    def pivot(self, stage: s.PivotStage) -> TStage | None:
        say_commas(self.report, stage.rows)
        values = [self._pivoted(one) for one in stage.values]
        keys = self._pivot_keys(stage)
        named = [self.named(key) for key in (*keys[0], keys[1])] if keys is not None else [None]
        found = [one for one in named if one is not None]
        folds = [one for one in values if one is not None]
        if len(found) < len(named) or len(folds) < len(values):
            return None
        *rows, columns = found
        self._no_twins(stage.span, [one.name for one, _ in found], "keys of the `pivot`")
        self._no_twins(stage.span, [one.name for one in folds], "values of the `pivot`")
        made = {one.name: facts for one, facts in rows}
        self.expressions.scope = self.scope.other(made, more=True)
        self.expressions.pivoted = {one.name: _titles_of(one, folds, columns) for one in folds}
        return TPivot(tuple(folds), tuple(one for one, _ in rows), columns[0], span=stage.span)

    def _pivoted(self, definition: s.Definition) -> Pivoted | None:
        self.expressions.folding = Folding.YES
        operand = self.expressions.operand(definition.value)
        self.expressions.folding = Folding.NO
        if operand is BROKEN:
            return None
        if not isinstance(operand.expr, TFold):
            hint = "for example: `pivot mean(summary.acc) by config.model, config.data`"
            message = f"{quoted(operand)} is no aggregate, and each cell of a `pivot` is one value of many rows"
            self.report.add("RQL219", message, operand.span, hint)
            return None
        given = definition.defined
        name = self.title(definition.value, operand) if given is None else ".".join(map(str, given.segments))
        return Pivoted(name, operand.expr, given is not None)

    def _pivot_keys(self, stage: s.PivotStage) -> tuple[Sequence[s.Expr], s.Expr] | None:
        """The keys of the rows, and the one that goes across; `None` if that is not said, which is reported."""
        if stage.columns is not None:
            return stage.rows, stage.columns
        *rows, last = stage.rows
        if len(rows) == 1:
            return rows, last
        texts = [self.expressions.written(one) or to_text(one) for one in stage.rows]
        place = stage.rows[0].span.to(last.span)
        if not rows:
            hint = f"a table of one key is {code(f'group {texts[0]} : …')}"
            message = "`pivot` needs two keys: that of the rows and that of the columns"
            self.report.add("RQL219", message, place, f"for example: {code(f'by {texts[0]} across COLUMN')}", hint)
            return None
        text = f"{', '.join(texts[:-1])} across {texts[-1]}"
        message = f"which of the {len(texts)} keys goes across is not said"
        self.report.add("RQL219", message, place, f"for example: {code(f'by {text}')}", fixes=rewrite(place, text))
        return None

    def _no_twins(self, span: Span, names: Sequence[str], what: str) -> None:
        for name, count in Counter(names).items():
            if count > 1:
                self.report.add("RQL318", f"two {what} are called `{name}`", span)

    # ------------------------------------------------------------ histogram

    def histogram(self, stage: s.HistogramStage) -> TStage | None:
        operand = self.expressions.operand(stage.value)
        bins = None if stage.bins is None else int(self.whole(stage.bins, "bins", least=1))
        say_commas(self.report, stage.by)
        by = [self.named(key) for key in stage.by]
        if bins is not None and stage.bins is not None and bins > _MOST_BINS:
            message = f"`bins` takes at most {_MOST_BINS:,}, not {bins:,}"
            self.report.add("RQL209", message, stage.bins.span, fixes=rewrites(stage.bins.span, [str(_MOST_BINS)]))
        keys = [one for one in by if one is not None]
        self._no_twins(stage.span, [one.name for one, _ in keys], "keys of the `histogram`")
        made = {one.name: facts for one, facts in keys}
        self.expressions.scope = self.scope.other({**made, **dict.fromkeys(("low", "high", "n"), _NUMBER)})
        if operand is BROKEN or len(keys) < len(by):
            return None
        if Kind.NUMBER not in operand.kinds:
            hint = f"how often each value occurs: {code(f'group {operand.text} : count()')}" if operand.text else ""
            message = f"{quoted(operand)} is {operand.holds}, and `histogram` works on numbers"
            self.report.add("RQL203", message, operand.span, *([hint] if hint else []))
        value = Named(self.title(stage.value, operand), operand.expr)
        return THistogram(value, bins, tuple(one for one, _ in keys), span=stage.span)

    # ------------------------------------------------------------ unnest

    def unnest(self, stage: s.UnnestStage) -> TStage | None:
        found = self.column(stage.column, stage.span)
        if found is None:
            return None
        if Kind.LIST not in found.facts.kinds:
            message = f"{code(found.name)} holds no list, and `unnest` makes rows of the elements of lists"
            self.report.add("RQL203", message, stage.column.span)
        name = found.name if stage.name is None else ".".join(map(str, stage.name.segments))
        if name != found.name and name in self.scope.columns:
            place = stage.name.span if stage.name is not None else stage.span
            hint = "drop it first, or choose another name"
            self.report.add("RQL318", f"there is a column `{name}` already", place, hint)
        columns = {name if old == found.name else old: facts for old, facts in self.scope.columns.items()}
        scope = self.scope.of_each_run({**columns, name: ColumnFacts()})
        self.expressions.scope = scope if name == found.name else scope.without([found.name])
        return TUnnest(found.name, name, span=stage.span)


def _titles_of(one: Pivoted, values: Sequence[Pivoted], across: tuple[Named, ColumnFacts]) -> tuple[str, str]:
    """What goes across a pivot, and a column of one of its aggregates; empty where only the rows tell."""
    key, facts = across
    texts = [value for value, _ in facts.info.top if isinstance(value, str)] if facts.info is not None else []
    is_titled = len(values) > 1 or any(value.is_given for value in values)
    title = f"{texts[0]} {one.name}" if texts and is_titled else texts[0] if texts else ""
    return key.name, quote_name(title) if title and not title.isidentifier() else title
