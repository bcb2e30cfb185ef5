"""Expressions inside a stage: names are columns of the table it stands on, and aggregates are over its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.entry import Function
from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.language.functions import FUNCTIONS
from runql.language.kinds import Kind, TableKind
from runql.language.windows import ALONG_RUNS, WINDOWS
from runql.semantic.catalog import Catalog
from runql.semantic.check.any_field import AnyFields
from runql.semantic.check.arguments import percent_of
from runql.semantic.check.expressions import Expressions, field_operand
from runql.semantic.check.logged_names import whole_history
from runql.semantic.check_context import CheckContext, Report, rewrite, rewrites
from runql.semantic.check_stages.of_curves import OF_CURVES, over_rows
from runql.semantic.check_stages.scope import Scope
from runql.semantic.check_stages.windows import Folding, WindowCalls
from runql.semantic.folds import fold_named, history_fold_named
from runql.semantic.names.foreign_calls import FOREIGN_FUNCTIONS
from runql.semantic.names.nearest import nearest_hint, nearest_names
from runql.semantic.names.no_run import of_no_run
from runql.semantic.names.odd_names import divided
from runql.semantic.names.resolver import LoggedName, Resolved
from runql.semantic.naming import aggregate_text, key_text
from runql.semantic.needed import walk
from runql.semantic.operands import ANY_KIND, BROKEN, NUMBER_STATES, Operand, kind_in, quoted
from runql.semantic.questions import ColumnFacts
from runql.semantic.spelling import PREFIXES, code, field_text, path_text
from runql.semantic.typed import TAggregate, TCell, TColumn, TField, TFold, TIs, TLogged, TNot, TWindow, TypedExpr
from runql.syntax import tree
from runql.syntax.printer.to_text import to_text
from runql.text.source import NOWHERE, Span


class StageExpressions(Expressions):
    """Checks the expressions of the stages of one query. `scope` is that of the stage at hand.

    `mentions` are the fields of runs that stages name and that the query itself must fetch, by column.
    """

    def __init__(self, catalog: Catalog | None, context: CheckContext, report: Report, scope: Scope) -> None:
        super().__init__(catalog, context, report)
        self.scope, self.catalog, self.stage = scope, catalog, ""
        self.folding = Folding.NO
        self.mentions: dict[str, TColumn] = {}
        self.lost: set[str] = set()
        """Columns that would be there if what makes them were right: nothing is said of them."""
        self.windows = StageCalls(self)
        self.calls = self.windows
        self.any_field = AnyFields(self, of_rows=True)
        self.per_run = Expressions(catalog, context, report)
        """What stands inside a value of a run's history: fields of the run, and no columns."""

    # ------------------------------------------------------------ names

    def column_name(self, path: tree.Path) -> str | None:
        """The column of the table that a path means as it is written, if there is one."""
        return next((name for name in _spellings(path, self.scope) if name in self.scope.columns), None)

    def has_column(self, name: str) -> bool:
        return name in self.scope.columns

    def _field(self, node: tree.Field, span: Span) -> Operand:
        name = self.column_name(node.path)
        if name is not None:
            return self._cell(name, span)
        return self._elsewhere(node, span)

    def _cell(self, name: str, span: Span) -> Operand:
        facts = self.scope.columns[name]
        expr = TCell(name, kind=kind_in(facts.kinds), span=span)
        return Operand(expr, facts.kinds, text=name, info=facts.info)

    def _elsewhere(self, node: tree.Field, span: Span) -> Operand:
        """A name that is no column as it is written: an alias, a shortened one, a field of the runs, or a mistake."""
        dotted = ".".join(map(str, node.path.segments))
        if not self.lost.isdisjoint({dotted, *_spellings(node.path, self.scope)}):
            return BROKEN
        if dotted in self.context.aliases and dotted not in RUN_FIELD_SPELLINGS:
            from runql.semantic.names.resolver import AliasUse

            return self.aliases.operand(AliasUse(dotted, self.context.aliases[dotted]), node.span)
        hidden = next((name for name in _spellings(node.path, self.scope) if name in self.scope.hidden), None)
        if hidden is not None:
            message = f"the column {code(hidden)} is not there any more: a stage before took it away"
            self.report.add("RQL218", message, span)
            return BROKEN
        if self.scope.fields:
            return self._of_runs(node, span)
        return self._shortened(node, dotted, span) or self._unknown_column(node, span)

    def _of_runs(self, node: tree.Field, span: Span) -> Operand:
        """A field of the runs: it becomes a column."""
        found = self.names.resolve(node.path, node.span)
        if isinstance(found, LoggedName):
            if self.scope.kind is TableKind.HISTORIES:
                self._not_asked_for(found, span)
            else:
                whole_history(found, self.report, span)
            return BROKEN
        if not isinstance(found, Resolved):
            return BROKEN
        operand = field_operand(found, span)
        name = key_text(found.key)
        return self.mention(name, operand)

    def mention(self, name: str, operand: Operand) -> Operand:
        """The column of a value that the query itself must give for each run."""
        self.mentions.setdefault(name, TColumn(name, value=operand.expr))
        cell = TCell(name, kind=operand.expr.kind, span=operand.expr.span)
        return replace(operand, expr=cell, text=name)

    def _not_asked_for(self, name: LoggedName, span: Span) -> None:
        written = path_text(name.metric.split("."))
        message = f"the metric {code(written)} is not among the columns"
        self.report.add("RQL218", message, span, f"ask for it: add {code(written)} to `keys`")

    def _shortened(self, node: tree.Field, dotted: str, span: Span) -> Operand | None:
        """`acc` where the table has a column `summary.acc` and no other that could be meant."""
        if node.path.exact:
            return None
        names = [f"{space}.{dotted}" for space in (Space.CONFIG, Space.SUMMARY)]
        found = [name for name in names if name in self.scope.columns]
        if len(found) == 1:
            fixes = rewrite(span, found[0])
            self.report.add("RQL211", f"{code(dotted)} was read as {code(found[0])}", span, fixes=fixes)
            return self._cell(found[0], span)
        if found:
            options = " or ".join(map(code, found))
            self.report.add(
                "RQL202", f"{code(dotted)} is ambiguous", span, f"it may be {options}", fixes=rewrites(span, found)
            )
            return BROKEN
        return None

    def _unknown_column(self, node: tree.Field, span: Span) -> Operand:
        segments = node.path.segments
        # What only the rows tell is a value, such as a key of `pivot`: it is called as it is, without backticks.
        is_value = len(segments) == 1 and node.path.exact
        name = str(segments[0]) if is_value else _spellings(node.path, self.scope)[0]
        if self.scope.more:
            return Operand(TCell(name, span=span), ANY_KIND, text=name)
        self.unknown(name, span)
        return BROKEN

    def unknown(self, name: str, span: Span) -> None:
        """Report a column that the table does not have."""
        if name in self.lost:
            return
        if text := divided(name, self.scope.columns.__contains__):
            hint = f"a division has spaces around its sign: {code(text)}"
            message = f"no column {code(name)} in the table that `{self.stage}` is given"
            self.report.add("RQL218", message, span, hint, fixes=rewrite(span, text))
            return
        near = nearest_names(name, self.scope.columns)
        hints = nearest_hint(near)
        if not hints:
            names = list(self.scope.columns)
            shown = ", ".join(map(code, names[:8])) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            hints = (f"its columns are {shown}",) if names else ("it has no columns",)
        message = f"no column {code(name)} in the table that `{self.stage}` is given"
        self.report.add("RQL218", message, span, *hints, fixes=rewrites(span, [_as_path(one) for one in near]))

    def _window(self, node: tree.Window, span: Span) -> Operand:
        return self.windows.window(node, span)

    # ------------------------------------------------------------ tests

    def _tested(self, node: tree.Truth) -> TypedExpr:
        if isinstance(node, tree.Untagged):
            # The engine reads the column `tags`.
            self.operand(tree.Field(tree.Path(("tags",), span=node.span), span=node.span))
        return super()._tested(node)

    def _is(self, node: tree.Is, span: Span) -> TypedExpr:
        field = node.value
        if isinstance(field, tree.Field) and self.column_name(field.path) is not None:
            value = self.operand(field)
        elif self._is_history(field) and self.scope.fields and self.scope.kind is TableKind.RUNS:
            return self._logged(field, node, span)
        else:
            since, value = self.report.count, self.operand(field)
            if value is BROKEN and isinstance(field, tree.Field) and node.state is tree.State.MISSING:
                value = self._of_no_run(field, since) or value
        if node.state in NUMBER_STATES and value is not BROKEN and Kind.NUMBER not in value.kinds:
            message = f"{quoted(value)} is {value.holds}, and only a number can be `{node.state}`"
            self.report.add("RQL203", message, span)
        return TIs(value.expr, node.state, kind=Kind.BOOL, span=span)

    def _of_no_run(self, field: tree.Field, since: int) -> Operand | None:
        """A field that no run has, as a column that is missing everywhere."""
        none = of_no_run(self.names, field, since) if self.scope.fields else None
        return None if none is None else self.mention(none.text, none)

    @staticmethod
    def _is_history(node: tree.Expr) -> bool:
        return isinstance(node, tree.Field) and len(node.path.segments) > 1 and node.path.segments[0] == "logged"

    def _logged(self, field: tree.Expr, node: tree.Is, span: Span) -> TypedExpr:
        """`exists(logged.x)` of each run, as a column."""
        assert isinstance(field, tree.Field)
        expr = super()._is(node, span)
        there = expr.value if isinstance(expr, TNot) else expr
        if not isinstance(there, TLogged):
            return expr
        cell = self.mention(aggregate_text(there), Operand(there, frozenset({Kind.BOOL}))).expr
        return TNot(cell, kind=Kind.BOOL, span=span) if isinstance(expr, TNot) else cell

    # ------------------------------------------------------------ what reads rows one by one

    def loose_cells(self, expr: TypedExpr) -> list[TCell]:
        """The columns that an expression reads outside of its aggregates."""
        return [node for node in walk(expr) if isinstance(node, TCell)]

    def loose_windows(self, expr: TypedExpr) -> list[TWindow]:
        """The windows of an expression outside of its aggregates."""
        return [node for node in walk(expr) if isinstance(node, TWindow)]

    def folds(self, expr: TypedExpr) -> list[TFold]:
        """The aggregates over rows in an expression."""
        return [node for node in walk(expr) if isinstance(node, TFold)]


def _spellings(path: tree.Path, scope: Scope) -> list[str]:
    """What the column that a path means may be called, its own spelling first."""
    segments = path.segments
    names = [path_text(segments, exact=path.exact), ".".join(map(str, segments))]
    first = PREFIXES.get(str(segments[0])) if segments else None
    rest = segments[1:]
    if first is not None and rest:
        names.append(field_text(first, rest, exact=path.exact))
        if first is Space.LOGGED and scope.kind is TableKind.HISTORIES:
            names.append(".".join(map(str, rest)))
    elif (run_field := RUN_FIELD_SPELLINGS.get(names[1])) is not None:
        names.append(run_field.name)
        if run_field.name == "id" and scope.run_id is not None:
            names.append(scope.run_id)
    if names[1] == "x" and scope.x_axis is not None:
        names.append(scope.x_axis)
    return list(dict.fromkeys(names))


def _as_path(name: str) -> str:
    """A column's name as a query writes it: as it is where it is a path, else in backticks."""
    plain = all(char.isalnum() or char in "_./`" for char in name) and not name[:1].isdigit()
    return name if plain else "`" + name.replace("`", "``") + "`"


class StageCalls(WindowCalls):
    """Checks the calls inside stages."""

    def __init__(self, expressions: StageExpressions) -> None:
        super().__init__(expressions)
        self._stage = expressions

    def call(self, node: tree.Call, span: Span) -> Operand:  # noqa: PLR0911 - one line a kind of call
        """A column of that name, an aggregate over rows, a value of each run's history, or a function."""
        written = to_text(node)
        if written in self._stage.scope.columns:
            return self._stage._cell(written, span)
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
        if self._stage.folding is not Folding.YES:
            self._no_fold(node, span)
            return BROKEN
        return self._fold(fold, node, span)

    def _goes_along(self) -> bool:
        """Whether `first(x)` is of the run of each row, and no aggregate."""
        return self._stage.scope.kind is TableKind.HISTORIES and self._stage.folding is not Folding.YES

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
        if fold is None and node.name not in FUNCTIONS and history_fold_named(node.name) is None:
            near = [] if node.name in FOREIGN_FUNCTIONS else nearest_names(node.name, ROW_AGGREGATES)
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
        operand = self._stage.per_run.calls.call(node, span)
        if isinstance(operand.expr, TAggregate | TLogged):
            return self._stage.mention(aggregate_text(operand.expr), operand)
        return operand

    # ------------------------------------------------------------ aggregates over rows

    def _no_fold(self, node: tree.Call, span: Span) -> None:
        stage = self._stage.stage
        if self._stage.folding is Folding.ARGUMENT:
            message = f"`{node.name}` stands inside another aggregate, where there is one row at a time"
            hints: tuple[str, ...] = ("make it a stage of its own before: `group … : …`",)
        else:
            message = f"`{node.name}` makes one value of many rows, and `{stage}` looks at one row at a time"
            hints = (*self.over_hints(node), f"one row a group: `group KEY : {to_text(node)}`")
            if node.arguments and isinstance(node.arguments[0], tree.Field) and node.name in HISTORY_AGGREGATES:
                segments = node.arguments[0].path.segments
                metric = segments[1:] if str(segments[0]) in PREFIXES and len(segments) > 1 else segments
                one = f"{node.name}({field_text(Space.LOGGED, metric)})"
                hints = (*hints, f"of each run's history: {code(one)}")
        fixes = rewrite(span, f"{to_text(node)} over all") if self._stage.folding is Folding.NO else ()
        self._report.add("RQL219", message, span, *hints, fixes=fixes)

    def _fold(self, fold: Function, node: tree.Call, span: Span) -> Operand:
        if node.last_rows is not None:
            message = f"`last {node.last_rows}` belongs to a metric's history, not to an aggregate over rows"
            self._report.add("RQL206", message, span, f"written `{fold.form}`")
            return BROKEN
        if not self._arity(fold, node, span):
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
        self._report.add("RQL310", f"`{node.name}` needs every row, and the histories are sampled", span, *hints)


def facts(operand: Operand) -> ColumnFacts:
    """What is known of a column that is made of an operand."""
    return ColumnFacts(operand.kinds, operand.info if isinstance(operand.expr, TCell | TField) else None)
