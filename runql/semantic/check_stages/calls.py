"""Calls inside stages: a column of that name, an aggregate over rows, a value of each run's history, or a function."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.entry import Function
from runql.language.fields import Space
from runql.language.functions import FUNCTIONS
from runql.language.kinds import Kind, TableKind
from runql.language.windows import ALONG_RUNS, FRAMED, WINDOWS
from runql.semantic.check.arguments import percent_of
from runql.semantic.check.quotes.names_in_quotes import say_in_quotes
from runql.semantic.check_context import rewrite, rewrites
from runql.semantic.check_stages.last_values import is_framed, of_last
from runql.semantic.check_stages.windows import Folding, StageCheck, WindowCalls
from runql.semantic.folds import fold_named, history_fold_named
from runql.semantic.names.aggregates_offered import over_rows_of
from runql.semantic.names.foreign_calls import FOREIGN_FUNCTIONS
from runql.semantic.names.meanings import LoggedName
from runql.semantic.names.nearest import nearest_hint, nearest_names
from runql.semantic.names.several_meanings import has_meanings
from runql.semantic.naming import aggregate_text
from runql.semantic.operands import BROKEN, Operand, kind_in
from runql.semantic.spelling import PREFIXES, code, field_text, path_text
from runql.semantic.typed import TAggregate, TCell, TField, TFold, TLogged
from runql.syntax import to_text, tree
from runql.text.diagnostic import Edit, Fix
from runql.text.source import NOWHERE, Span

OF_CURVES: Final = frozenset({"at", "when", "auc", "slope", "spikes"})
"""The values of a history that no aggregate over rows has the name of."""

_MEANS: Final = frozenset({"avg", "average"})
_PREFIX: Final = re.compile(r"\blogged\.")


class StageCalls(WindowCalls):
    """Checks the calls inside stages."""

    def __init__(self, expressions: StageCheck) -> None:
        super().__init__(expressions)
        self._stage = expressions

    def call(self, node: tree.Call, span: Span) -> Operand:  # noqa: PLR0911 - one line a kind of call
        """A column of that name, an aggregate over rows, a value of each run's history, or a function."""
        written = to_text(node)
        if written in self._stage.scope.columns:
            return self._stage.cell(written, span)
        history = self._history(node)
        if history_fold_named(node.name) is not None and (history is not None or node.name == "when"):
            return self._of_history(node, history, span)
        if node.name in OF_CURVES and self._stage.scope.kind is TableKind.HISTORIES:
            return self._of_rows(node, span)
        if node.name in WINDOWS or (node.name in ALONG_RUNS and self._goes_along()):
            return self.along_run(node, span)
        fold = fold_named(node.name)
        if fold is None or (node.name in FUNCTIONS and len(node.arguments) > 1):
            return self._scalar(node, fold, span)
        if self._stage.folding is Folding.NO and self._stage.scope.kind is TableKind.HISTORIES and is_framed(node):
            return self.along_run(node, span)
        if self._stage.folding is not Folding.YES:
            self._no_fold(node, span)
            return BROKEN
        return self._fold(fold, node, span)

    def _goes_along(self) -> bool:
        """Whether `first(x)` is of the run of each row, and no aggregate."""
        return self._stage.scope.kind is TableKind.HISTORIES and self._stage.folding is not Folding.YES

    def _folds_runs(self) -> bool:
        return self._stage.folding is Folding.YES and self._stage.scope.kind is not TableKind.HISTORIES

    def _where_it_stands(self, text: str) -> str:
        return over_rows_of(text, self._rows.own_over() or "all") if self._stage.folding is Folding.NO else text

    def _known(self) -> dict[str, str]:
        of_rows = {**WINDOWS, **(ROW_AGGREGATES if self._stage.folding is Folding.YES else {})}
        return {**super()._known(), **{name: fold.form for name, fold in of_rows.items()}}

    def _kind_of(self, name: str) -> str:
        if name in WINDOWS:
            return "over the rows of a group, beside each"
        if name in ROW_AGGREGATES and name not in FUNCTIONS and self._stage.folding is Folding.YES:
            return "over the rows of a group"
        return super()._kind_of(name)

    def _scalar(self, node: tree.Call, fold: Function | None, span: Span) -> Operand:
        if node.name in _MEANS and self._stage.folding is Folding.NO and not is_framed(node):
            meant = replace(node, name="mean")
            place = node.name_span if node.name_span != NOWHERE else span
            fixes = rewrite(span, f"{to_text(meant)} over {self._rows.own_over() or 'all'}")
            self._report.add("RQL206", f"no function `{node.name}`", place, *self.over_hints(meant), fixes=fixes)
            return BROKEN
        if fold is None and node.name not in FUNCTIONS and history_fold_named(node.name) is None:
            is_told = node.name in FOREIGN_FUNCTIONS or has_meanings(node.name)
            near = [] if is_told else self._near(node.name, dict.fromkeys(ROW_AGGREGATES, ""))
            if near and self._stage.folding is Folding.YES and not nearest_names(node.name, FUNCTIONS):
                place = node.name_span if node.name_span != NOWHERE else span
                hints = nearest_hint([ROW_AGGREGATES[name].form for name in near])
                self._report.add("RQL206", f"no aggregate `{node.name}`", place, *hints, fixes=rewrites(place, near))
                return BROKEN
        return super().call(node, span)

    def _of_rows(self, node: tree.Call, span: Span) -> Operand:
        message = f"`{node.name}` is a value of a run, and the table holds the rows of its history"
        self._report.add("RQL219", message, span, over_rows(node, self._stage.scope.x_axis))
        return BROKEN

    def _of_history(self, node: tree.Call, history: LoggedName | None, span: Span) -> Operand:
        scope = self._stage.scope
        if scope.kind is TableKind.HISTORIES and (history is None or node.name in OF_CURVES):
            return self._of_rows(node, span)
        if scope.kind is TableKind.HISTORIES and history is not None:
            inner = path_text(history.metric.split("."))
            message = "the table holds the history itself: its columns are named without `logged.`"
            self._report.add("RQL219", message, span, f"write {code(f'{node.name}({inner})')}")
            return BROKEN
        if not scope.fields:
            message = f"{code(to_text(node))} is not a column of the table that `{self._stage.stage}` is given"
            self._report.add("RQL218", message, span, "add it to the `select` left of the pipe")
            return BROKEN
        operand = self._stage.of_run(node, span)
        if isinstance(operand.expr, TAggregate | TLogged):
            return self._stage.mention(aggregate_text(operand.expr), operand)
        return operand

    # ------------------------------------------------------------ aggregates over rows

    def _no_fold(self, node: tree.Call, span: Span) -> None:
        stage = self._stage.stage
        if (title := self._made_before(node)) is not None:
            message = f"{code(to_text(node))} was made before, and is a column"
            self._report.add("RQL219", message, span, f"its name is {code(title)}", fixes=rewrite(span, title))
            return
        if self._stage.folding is Folding.NO and self._stage.scope.more and self._stage.pivoted:
            self._behind_pivot(node, span)
            return
        if node.last_rows is not None and len(node.arguments) == 1:
            self._no_moving_fold(node, span)
            return
        if (last := of_last(node)) is not None and self._stage.folding is Folding.NO:
            of_rows = self._stage.scope.kind is TableKind.HISTORIES
            text = f"{to_text(last)}{'' if of_rows else ' over all order created'}"
            message = f"of how many last values `{node.name}` is, is said by `last`"
            self._report.add("RQL219", message, span, f"write {code(text)}", fixes=rewrite(span, text))
            return
        of_run: tuple[Fix, ...] = ()
        if self._stage.folding is Folding.ARGUMENT:
            message = f"`{node.name}` stands inside another aggregate, where there is one row at a time"
            hints: tuple[str, ...] = ("make it a stage of its own before: `group … : …`",)
        else:
            message = f"`{node.name}` makes one value of many rows, and `{stage}` looks at one row at a time"
            group, beside = f"one row a group: `group KEY : {to_text(node)}`", tuple(self.over_hints(node))
            is_key = stage == "group" and self._stage.folding is Folding.NO
            # Beside the keys it is rather an aggregate without its colon than a window to group by.
            hints = (group, *beside) if is_key else (*beside, group)
            if (one := _of_history(node)) is not None:
                hints = (*hints, f"of each run's history: {code(one)}")
                of_run = rewrite(span, one) if stage in {"where", "order"} and self._stage.scope.fields else ()
        over = self._rows.own_over() or "all"
        if self._stage.folding is not Folding.NO:
            fixes: tuple[Fix, ...] = ()
        else:
            fixes = self._behind_keys(span) if stage == "group" else rewrite(span, f"{to_text(node)} over {over}")
            # An order by one value of all rows is none; in a condition both may be meant.
            fixes = of_run if of_run and stage == "order" else (*fixes, *of_run)
        self._report.add("RQL219", message, span, *hints, fixes=fixes)

    def _behind_keys(self, span: Span) -> tuple[Fix, ...]:
        """`group k, mean(x)`: the colon in the place of the comma."""
        before = (self._stage.context.text or "")[: max(span.start, 0)].rstrip()
        if not before.endswith(","):
            return ()
        return (Fix("write `:` before it", (Edit(Span(len(before) - 1, span.start), " : "),)),)

    def _made_before(self, node: tree.Call) -> str | None:
        """The column of an aggregate that is named again without the space of its field."""
        if len(node.arguments) != 1 or not isinstance(node.arguments[0], tree.Field):
            return None
        titles = _titles(node)
        found = [name for name in self._stage.scope.columns if name in titles]
        return found[0] if len(found) == 1 else None

    def _several_columns(self, node: tree.Call, across: str, title: str, span: Span) -> None:
        message = f"{code(to_text(node))} is several columns of the `pivot`: one for each value of {code(across)}"
        hint = f"for example: {code(title)}" if title else "they are called as those values are"
        self._report.add("RQL219", message, span, hint, fixes=rewrite(span, title) if title else ())

    def _behind_pivot(self, node: tree.Call, span: Span) -> None:
        """An aggregate behind a `pivot`: several of its columns, or one that it does not measure."""
        if (pivoted := self._pivoted_before(node)) is not None:
            self._several_columns(node, *pivoted, span)
            return
        measured, (across, title) = next(iter(self._stage.pivoted.items()))
        asked = to_text(node)
        message = f"{code(asked)} is not what the `pivot` measures: {code(measured)} for each value of {code(across)}"
        hint = f"its columns are called as those values are{f', for example {code(title)}' if title else ''}"
        self._report.add("RQL219", message, span, hint, f"measure it there: {code(f'pivot {measured}, {asked} by …')}")

    def _pivoted_before(self, node: tree.Call) -> tuple[str, str] | None:
        """What goes across a `pivot` before that has the aggregate, and one of its columns."""
        titles = {to_text(node), *(_titles(node) if len(node.arguments) == 1 else ())}
        return next((found for name, found in self._stage.pivoted.items() if name in titles), None)

    def _no_moving_fold(self, node: tree.Call, span: Span) -> None:
        """`mean(loss, last 5)` of rows: a stage does that, in the place of the column."""
        if self._stage.scope.kind is TableKind.HISTORIES and not is_framed(node):
            of_last = ", ".join(f"`{name}`" for name in sorted(FRAMED))
            message = f"`{node.name}` has no `last` beside the rows of a history; these have it: {of_last}"
        else:
            message = f"`{node.name}` of the last rows belongs to a metric's history, and the table holds rows"
        of_rows = self._stage.scope.kind is TableKind.HISTORIES and isinstance(node.arguments[0], tree.Field)
        metric = to_text(node.arguments[0]) if of_rows else "METRIC"
        one = f"{node.name}(logged.{metric}, last {node.last_rows})"
        hints = [f"of each run's history, one value: {code(one)}, left of the pipe"]
        if is_framed(node):
            hints.insert(0, f"of the last rows up to each: {code(f'{to_text(node)} over all order created')}")
        self._report.add("RQL219", message, span, *hints)

    def _fold(self, fold: Function, node: tree.Call, span: Span) -> Operand:
        if self._is_modified(node, "an aggregate over rows", fold.form, span):
            return BROKEN
        if not self._arity(fold, node, span) or any(say_in_quotes(one, self._stage) for one in node.arguments):
            return BROKEN
        if self._stage.scope.is_sampled and not node.approx:
            self._sampled(node, span)
        self._stage.folding = Folding.ARGUMENT
        try:
            operands = [self._argument(fold, index, argument) for index, argument in enumerate(node.arguments)]
        finally:
            self._stage.folding = Folding.YES
        if any(operand is BROKEN for operand in operands):
            return BROKEN
        return self.folded(fold, operands, span)

    def folded(self, fold: Function, operands: Sequence[Operand], span: Span) -> Operand:
        argument = operands[0] if operands else None
        of = operands[1] if len(operands) > 1 else None
        name = fold.name
        if fold.name == "percentile" and of is not None:
            percent = percent_of(of, self._report)
            name, of = f"p{percent}", None
        kinds = frozenset({fold.result})
        if fold.result is Kind.UNKNOWN:
            chosen = of if fold.name in ("argmin", "argmax") else argument
            kinds = frozenset({Kind.TEXT}) if chosen is None else chosen.kinds
        expr = TFold(name, argument.expr if argument else None, of.expr if of else None, kind=kind_in(kinds), span=span)
        texts = ", ".join(one.text for one in operands)
        is_field = argument is not None and isinstance(argument.expr, TCell | TField)
        if fold.name == "count" and argument is not None and argument.kinds == {Kind.BOOL} and not is_field:
            self._counts_falsehoods(argument, span)
        return Operand(expr, kinds, text=f"{fold.name}({texts})" if all(one.text for one in operands) else "")

    def _counts_falsehoods(self, argument: Operand, span: Span) -> None:
        """`count(x)` counts values, and false is one: of a condition that is seldom what is meant."""
        message = f"`count({argument.text})` counts the rows where it is known, those where it is false too"
        text = f"count_if({argument.text})"
        fixes = rewrite(span, text) if argument.text else ()
        self._report.add("RQL333", message, span, f"where it holds: {code(text)}", fixes=fixes)

    def _sampled(self, node: tree.Call, span: Span) -> None:
        inner = ", ".join(map(to_text, node.arguments))
        hints = ["every row: write `scan` left of the pipe"]
        if inner:
            hints.append(f"of the sample all the same: {code(f'{node.name}({inner}, approx)')}")
        text = self._stage.context.text or ""
        pipe = text.find("|")
        is_plain = pipe > 0 and not re.search(r"[\"'`(]|\bsample\b", text[:pipe])
        scan = Fix("write `scan` left of the pipe", (Edit(Span(pipe, pipe), "scan "),)) if is_plain else None
        fixes = () if scan is None else (scan,)
        message = f"`{node.name}` needs every row, and the histories are sampled"
        self._report.add("RQL310", message, span, *hints, fixes=fixes)


def over_rows(node: tree.Call, x_axis: str | None) -> str:
    """The way out: `when` and `at` are rows of the table, what is of a whole curve is a column of its run."""
    argument = node.arguments[0] if node.arguments else None
    if node.name == "when" and argument is not None:
        condition = _PREFIX.sub("", to_text(argument))
        return f"the first such row of each run is {code(f'| where {condition} | first')}"
    if node.name == "at" and len(node.arguments) == 2:
        place = f"{path_text([x_axis or 'x'])} <= {to_text(node.arguments[1])}"
        return f"the last row of each run up to there is {code(f'| where {place} | last')}"
    if isinstance(argument, tree.Field) and argument.path.segments:
        segments = argument.path.segments
        metric = segments[1:] if segments[0] == "logged" and len(segments) > 1 else segments
        field = tree.Field(tree.Path(("logged", *metric)))
        text = to_text(replace(node, arguments=(field, *node.arguments[1:])))
        return f"of each run it is a column: {code(f'runs select {text}')}"
    return "of each run it is a column: `runs select auc(logged.loss)`"


def _titles(node: tree.Call) -> set[str]:
    """How a column of an aggregate may be called whose field is named without its space."""
    asked = to_text(node.arguments[0])
    return {f"{node.name}({prefix}.{asked})" for prefix in PREFIXES}


def _of_history(node: tree.Call) -> str | None:
    """The same aggregate of the history of each run, where there is one."""
    if not node.arguments or not isinstance(node.arguments[0], tree.Field) or node.name not in HISTORY_AGGREGATES:
        return None
    segments = node.arguments[0].path.segments
    metric = segments[1:] if str(segments[0]) in PREFIXES and len(segments) > 1 else segments
    return f"{node.name}({field_text(Space.LOGGED, metric)})"
