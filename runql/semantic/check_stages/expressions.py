"""Expressions inside a stage: names are columns of the table it stands on, and aggregates are over its rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.language.kinds import Kind, TableKind
from runql.semantic.catalog import Catalog
from runql.semantic.check.any_field import AnyFields
from runql.semantic.check.arithmetic import refuse_other_kinds
from runql.semantic.check.expressions import Expressions
from runql.semantic.check.logged_names import whole_history
from runql.semantic.check_context import CheckContext, Report, rewrite, rewrites
from runql.semantic.check_stages.calls import StageCalls
from runql.semantic.check_stages.other_metrics import asked_for, is_logged, is_read_once, say_last_value
from runql.semantic.check_stages.scope import Scope
from runql.semantic.check_stages.windows import Folding, rows_of
from runql.semantic.names.meanings import LoggedName
from runql.semantic.names.nearest import nearest_hint, nearest_names
from runql.semantic.names.no_run import of_no_run
from runql.semantic.names.odd_names import divided
from runql.semantic.names.resolver import Names
from runql.semantic.naming import aggregate_text, key_text
from runql.semantic.needed import walk
from runql.semantic.operands import ANY_KIND, BROKEN, Operand, kind_in
from runql.semantic.questions import ColumnFacts
from runql.semantic.spelling import PREFIXES, code, field_text, path_text
from runql.semantic.typed import TCell, TColumn, TField, TFold, TIs, TLogged, TNot, TWindow, TypedExpr
from runql.syntax import tree
from runql.syntax.tree.walk import nodes
from runql.text.source import NOWHERE, Span


class StageExpressions(Expressions):
    """Checks the expressions of the stages of one query. `scope` is that of the stage at hand.

    `mentions` are the fields of runs that stages name and that the query itself must fetch, by column.
    """

    def __init__(self, catalog: Catalog | None, context: CheckContext, report: Report, scope: Scope) -> None:
        super().__init__(catalog, context, report)
        self.scope, self.catalog, self.stage = scope, catalog, ""
        self.node: tree.Stage | None = None
        self.folding = Folding.NO
        self.mentions: dict[str, TColumn] = {}
        self.pivoted: dict[str, tuple[str, str]] = {}
        """The aggregates of a `pivot` before, each with what goes across and one of its columns, if that is known."""
        self.lost: set[str] = set()
        """Columns that would be there if what makes them were right: nothing is said of them."""

    @cached_property
    def calls(self) -> StageCalls:
        return StageCalls(self)

    @cached_property
    def any_field(self) -> AnyFields:
        return AnyFields(self, of_rows=True)

    @cached_property
    def per_run(self) -> Expressions:
        """What stands inside a value of a run's history: fields of the run, and no columns."""
        return Expressions(self.names.catalog, self.context, self.report)

    # ------------------------------------------------------------ names

    def column_name(self, path: tree.Path) -> str | None:
        """The column of the table that a path means as it is written, if there is one."""
        return next((name for name in _spellings(path, self.scope) if name in self.scope.columns), None)

    def has_column(self, name: str) -> bool:
        return name in self.scope.columns

    def _field(self, node: tree.Field, span: Span) -> Operand:
        name = self.column_name(node.path)
        if name is not None:
            return self.cell(name, span)
        return self._elsewhere(node, span)

    def _relative(self, node: tree.RelativeTime, span: Span) -> Operand:
        """A column that is called `now`, `today` or `yesterday` is meant before the moment."""
        if not node.back and node.moment in self.scope.columns:
            return self.cell(str(node.moment), span)
        return super()._relative(node, span)

    def cell(self, name: str, span: Span) -> Operand:
        """A column of the table."""
        facts = self.scope.columns[name]
        expr = TCell(name, kind=kind_in(facts.kinds), span=span)
        return Operand(expr, facts.kinds, text=name, info=facts.info)

    def _elsewhere(self, node: tree.Field, span: Span) -> Operand:
        """A name that is no column as it is written: an alias, a shortened one, a field of the runs, or a mistake."""
        dotted = ".".join(map(str, node.path.segments))
        if not self.lost.isdisjoint({dotted, *_spellings(node.path, self.scope)}):
            return BROKEN
        if dotted in self.context.aliases and dotted not in RUN_FIELD_SPELLINGS:
            from runql.semantic.names.meanings import AliasUse

            return self.aliases.operand(AliasUse(dotted, self.context.aliases[dotted]), node.span)
        hidden = next((name for name in _spellings(node.path, self.scope) if name in self.scope.hidden), None)
        if hidden is not None:
            message = f"the column {code(hidden)} is not there any more: a stage before took it away"
            self.report.add("RQL218", message, span)
            return BROKEN
        if (element := self._element(node, span)) is not None:
            return element
        if self.scope.fields:
            return self._of_runs(node, span)
        return self._shortened(node, dotted, span) or self._unknown_column(node, span)

    def _element(self, node: tree.Field, span: Span) -> Operand | None:
        """`p[0]` of a column that holds lists, and of the tags: `element(p, 0)`."""
        *owner, place = node.path.segments
        if not owner or not isinstance(place, int):
            return None
        path = replace(node.path, segments=tuple(owner))
        if self.column_name(path) is None and not (self.scope.fields and owner == ["tags"]):
            return None
        if place < 0:
            text = f"element({path_text(tuple(owner), exact=path.exact)}, {place})"
            message = f"{code(path_text(node.path.segments, exact=path.exact))} is Python"
            self.report.add("RQL108", message, span, f"in RunQL write {code(text)}", fixes=rewrite(span, text))
            return BROKEN
        inner = tree.Field(path, span=node.span)
        return self.operand(tree.Call("element", (inner, tree.Literal(place, span=node.span)), span=node.span))

    def _of_runs(self, node: tree.Field, span: Span) -> Operand:
        """A field of the runs: it becomes a column."""
        if self.scope.more and not self._is_known(node.path):
            return self._unknown_column(node, span)
        since = len(self.report.found)
        found = self.names.resolve(node.path, span)
        if isinstance(found, LoggedName):
            if self.scope.kind is TableKind.HISTORIES:
                self._not_asked_for(found, span)
            else:
                whole_history(found, self.report, span)
            return BROKEN
        if not isinstance(found, Operand):
            near = nearest_names(".".join(map(str, node.path.segments)), self.scope.columns)
            if near:
                hint = f"nearest of the columns: {', '.join(map(code, near))}"
                self.report.amend(since, ("RQL201",), (hint,), rewrites(span, [_as_path(one) for one in near]))
            return BROKEN
        if is_read_once(node.path, found, self.scope, self.catalog):
            self.report.take_back(since, "RQL211")
            say_last_value(replace(node.path, span=span), found, self.scope, self.context.text, self.report)
        return self.mention(key_text(found.key), found)

    def _is_known(self, path: tree.Path) -> bool:
        """Whether a name is one of the runs. Another may be of a table beside them, of which nothing is known."""
        quiet = Names(self.catalog, self.context, Report())
        return isinstance(quiet.resolve(path, path.span), Operand | LoggedName)

    def mention(self, name: str, operand: Operand) -> Operand:
        """The column of a value that the query itself must give for each run."""
        self.mentions.setdefault(name, TColumn(name, value=operand.expr))
        cell = TCell(name, kind=operand.expr.kind, span=operand.expr.span)
        return replace(operand, expr=cell, text=name)

    def _not_asked_for(self, name: LoggedName, span: Span) -> None:
        written = path_text(name.metric.split("."))
        message = f"the metric {code(written)} is not among the columns"
        fixes = asked_for(written, self.scope, self.context.text)
        self.report.add("RQL218", message, span, f"ask for it: add {code(written)} to `keys`", fixes=fixes)

    def _shortened(self, node: tree.Field, dotted: str, span: Span) -> Operand | None:
        """`acc` where the table has a column `summary.acc` and no other that could be meant."""
        if node.path.exact:
            return None
        names = [f"{space}.{dotted}" for space in (Space.CONFIG, Space.SUMMARY)]
        found = [name for name in names if name in self.scope.columns]
        if len(found) == 1:
            fixes = rewrite(span, found[0])
            self.report.add("RQL211", f"{code(dotted)} was read as {code(found[0])}", span, fixes=fixes)
            return self.cell(found[0], span)
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
        if self.scope.keys_at != NOWHERE and is_logged(name, self.catalog):
            self._not_asked_for(LoggedName(name, False, span), span)
            return
        made = [column for column in self.scope.columns if column.startswith(f"{name}(")]
        near = made if len(made) == 1 else nearest_names(name, self.scope.columns)
        hints = nearest_hint(near)
        if not hints:
            names = list(self.scope.columns)
            shown = ", ".join(map(code, names[:8])) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            hints = (f"its columns are {shown}",) if names else ("it has no columns",)
        message = f"no column {code(name)} in the table that `{self.stage}` is given"
        self.report.add("RQL218", message, span, *hints, fixes=rewrites(span, [_as_path(one) for one in near]))

    def _window(self, node: tree.Window, span: Span) -> Operand:
        return self.calls.window(node, span)

    def own_over(self) -> str | None:
        """The keys of the first window that the stage has, as they are written."""
        windows = [one for one in nodes(self.node) if isinstance(one, tree.Window)]
        return rows_of(min(windows, key=lambda one: one.span.start)).over if windows else None

    def of_run(self, node: tree.Call, span: Span) -> Operand:
        """A value of each run's history."""
        return self.per_run.calls.call(node, span)

    # ------------------------------------------------------------ tests

    def tested(self, node: tree.Truth) -> TypedExpr:
        if isinstance(node, tree.Untagged):
            # The engine reads the column `tags`.
            self.operand(tree.Field(tree.Path(("tags",), span=node.span), span=node.span))
        return super().tested(node)

    def _is(self, node: tree.Is, span: Span) -> TypedExpr:
        field = node.value
        if isinstance(field, tree.Field) and self.column_name(field.path) is not None:
            value = self.operand(field)
        elif self._is_history(field) and self.scope.fields and self.scope.kind is TableKind.RUNS:
            return self._logged(field, node, span)
        else:
            since, value = len(self.report.found), self.operand(field)
            if value is BROKEN and isinstance(field, tree.Field) and node.state is tree.State.MISSING:
                value = self._of_no_run(field, since) or value
        refuse_other_kinds(node, value, self.beside_null, self.report, span)
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


def facts(operand: Operand) -> ColumnFacts:
    """What is known of a column that is made of an operand."""
    return ColumnFacts(operand.kinds, operand.info if isinstance(operand.expr, TCell | TField) else None)
