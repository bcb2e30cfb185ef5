"""The checker: from the tree of a query to its typed tree, with everything that is wrong or worth saying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import field, replace
from functools import partial
from typing import assert_never

from runql.language.fields import RUN_FIELD_SPELLINGS, RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog
from runql.semantic.check.clauses import DEFAULT_SAMPLES, clauses_of
from runql.semantic.check.expressions import Expressions
from runql.semantic.check.piped import piped_form
from runql.semantic.check.quotes.names_in_quotes import say_constant, say_in_quotes
from runql.semantic.check.rows_or_runs import rows_instead
from runql.semantic.check_context import CheckContext, Report, rewrites
from runql.semantic.check_stages.names_of_columns import say_comparison
from runql.semantic.check_stages.scope import CheckedStages, Scope, names_made, open_columns, scope_of, with_mentions
from runql.semantic.copy_asked import COPY_CLAUSES, copy_asked
from runql.semantic.needed import unknown_when_negated
from runql.semantic.operands import BROKEN
from runql.semantic.questions import UNKNOWN, InnerTable
from runql.semantic.spelling import code, field_text, path_text
from runql.semantic.typed import (
    FieldKey,
    TAnd,
    TColumn,
    TConst,
    TField,
    TNot,
    TOr,
    TOrderKey,
    TStage,
    TypedExpr,
    TypedQuery,
)
from runql.syntax import tree
from runql.syntax.printer.to_text import to_text
from runql.text.diagnostic import Diagnostic, without_secrets
from runql.text.frozen import frozen
from runql.text.hidden import secrets_in
from runql.text.source import NOWHERE

_NO_STAGES = CheckedStages((), Scope())
_SORTABLE = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME})


@frozen
class Checked:
    """A checked query and all that is to be said of it.

    `query` is `None` if there is an error: among the diagnostics, or of the parser (a broken node in the tree). It
    fetches what its stages name too. `scope` gives the table after the stages: of a query without any it is worked out
    for whoever asks.
    """

    query: TypedQuery | None
    diagnostics: tuple[Diagnostic, ...] = ()
    stages: tuple[TStage, ...] = ()
    scope: Callable[[], Scope] = field(default=Scope, compare=False, repr=False)
    mentions: tuple[TColumn, ...] = ()

    def named(self) -> tuple[TColumn, ...]:
        """The columns of a table of runs of which any field may be named besides."""
        return open_columns(self.query, self.mentions) if self.query is not None and self.scope().fields else ()


def check(query: tree.Query, catalog: Catalog | None, context: CheckContext) -> Checked:
    """Check a query against what is known of its source; without a catalog no field is looked up.

    Pure, and raises for no tree: each mistake is a diagnostic, all of one query are found in one pass.
    """
    if context.inner is None:
        context = replace(context, inner=partial(_inner_of, query, catalog, context))
    report = Report()
    report.unreadable = any(isinstance(c, tree.BrokenClause) for c in query.clauses)
    typed = _typed(query, catalog, context, report)
    own = partial(_own_scope, query, typed, catalog)
    staged = _staged(query, own(), context, catalog, report) if query.stages else _NO_STAGES
    whole = with_mentions(typed, staged.mentions) if staged.mentions else typed
    if (lazy := query.clause(tree.LazyClause)) is not None and lazy.lazy:
        _lazy_columns(lazy, whole, report)
    said = without_secrets((*report.found, *staged.diagnostics), secrets_in(context.params))
    found = dict.fromkeys(said)
    diagnostics = tuple(sorted(found, key=lambda d: d.span.start))
    if report.has_errors or staged.stages is None:
        return Checked(None, diagnostics)
    if not staged.stages:
        return Checked(whole, diagnostics, scope=own)
    checked = Checked(whole, diagnostics, staged.stages, lambda: staged.scope, staged.mentions)
    return replace(checked, stages=_with_columns(staged.stages, checked.named()))


def _typed(query: tree.Query, catalog: Catalog | None, context: CheckContext, report: Report) -> TypedQuery:
    """What stands left of the pipes, checked."""
    expressions = Expressions(catalog, context, report)
    expressions.piped = partial(piped_form, query, context.text, catalog)
    clauses = clauses_of(query, expressions)
    if (x := query.clause(tree.XClause)) is not None:
        expressions.x_axis = clauses.x_axis(x)
    counts = clauses.counts()
    sample = counts.pop("sample", DEFAULT_SAMPLES)
    lazy, search = query.clause(tree.LazyClause), query.clause(tree.SearchClause)
    source, select = query.clause(tree.FromClause), query.clause(tree.SelectClause)
    condition, where = query.clause(tree.WhereClause), None
    if condition is not None:
        if clauses.asks_histories:
            expressions.names.row_names = partial(rows_instead, query, condition, expressions)
        where = expressions.condition(condition.condition)
        expressions.names.row_names = dict
        if isinstance(where, TNot | TAnd | TOr):
            _say_left_out(where, expressions)
    typed = TypedQuery(
        target=query.target,
        ident=query.ident,
        sources=tuple(_source(s) for s in source.sources) if source else (),
        where=where if search is None else _with_words(search, expressions, where),
        order=_order(query, expressions, report),
        lazy=lazy.lazy if lazy else None,
        with_sweeps=query.clause(tree.SweepsClause) is not None,
        histories=clauses.histories(sample) if clauses.asks_histories else None,
        columns=None if select is None else selected(select, expressions, report),
        **counts,
    )
    clauses.contradictions()
    if any(isinstance(clause, COPY_CLAUSES) for clause in query.clauses):
        copy_asked(query, expressions)
    return typed


def _own_scope(query: tree.Query, typed: TypedQuery, catalog: Catalog | None) -> Scope:
    """The table of a query before its stages."""
    keys = query.clause(tree.KeysClause)
    return replace(scope_of(typed, catalog), keys_at=keys.span if keys is not None else NOWHERE)


def _staged(
    query: tree.Query, scope: Scope, context: CheckContext, catalog: Catalog | None, report: Report
) -> CheckedStages:
    """The stages of a query, checked. What checks them is loaded for the first query that has some."""
    from runql.semantic.check_stages.pipeline import check_stages

    lost = names_made(query.clause(tree.SelectClause)) - set(scope.columns) if report.has_errors else ()
    return check_stages(query.stages, scope, context, catalog, lost)


def _with_columns(stages: tuple[TStage, ...], named: tuple[TColumn, ...]) -> tuple[TStage, ...]:
    from runql.semantic.check_stages.two_tables import fetched_with

    return fetched_with(stages, named)


def inner_table(checked: Checked, catalog: Catalog | None) -> InnerTable:
    """What is known of the table of a question that was checked against a catalog."""
    scope = checked.scope()
    return InnerTable(
        columns=scope.columns,
        more=scope.more,
        fields=scope.fields,
        kind=scope.kind,
        run_id=scope.run_id,
        is_sampled=scope.is_sampled,
        named=checked.named(),
        catalog=catalog,
        diagnostics=checked.diagnostics,
        is_broken=checked.query is None,
    )


def _inner_of(outer: tree.Query, catalog: Catalog | None, context: CheckContext, query: tree.Query) -> InnerTable:
    """An inner question checked against the same source; of another source nothing is known."""
    if query.clause(tree.FromClause) not in (None, outer.clause(tree.FromClause)):
        return UNKNOWN
    return inner_table(check(query, catalog, replace(context, depth=context.depth + 1)), catalog)


def _source(ref: tree.SourceRef) -> str:
    match ref.kind:
        case tree.SourceKind.LAST:
            return "_"
        case tree.SourceKind.SAVED:
            return f"@{ref.name.removeprefix('@')}"
        case tree.SourceKind.NAME:
            return ref.name
        case _:
            assert_never(ref.kind)


def _with_words(clause: tree.SearchClause, expressions: Expressions, where: TypedExpr | None) -> TypedExpr | None:
    """The condition, and that the run mentions the words of `search`."""
    words = expressions.any_field.search(clause)
    if words is None or where is None:
        return where if words is None else words
    return TAnd((where, words), kind=Kind.BOOL)


def _say_left_out(where: TypedExpr, expressions: Expressions) -> None:
    """Says that the runs without a field that is tested below a `not` are left out, if the catalog knows of any."""
    if (catalog := expressions.names.catalog) is None:
        return
    for tested in dict.fromkeys(one for one in unknown_when_negated(where) if isinstance(one, TField)):
        key = tested.key
        infos = catalog.index.by_dotted.get((key.space, ".".join(map(str, key.segments))), ())
        if len(infos) != 1 or (lacking := catalog.looked_at(key.space) - infos[0].runs) <= 0:
            continue
        name = code(key.written or field_text(key.space, key.segments, exact=key.exact))
        counted = f" ({lacking:,} of {catalog.run_count:,})" if catalog.complete else ""
        message = f"left out: runs without {name}{counted}, of which the test is unknown with `not` too"
        expressions.report.add("RQL330", message, tested.span, f"take them in: `or missing({name[1:-1]})`")


def _order(query: tree.Query, expressions: Expressions, report: Report) -> tuple[TOrderKey, ...]:
    clause = query.clause(tree.OrderClause)
    select = query.clause(tree.SelectClause)
    keys = []
    for key in clause.keys if clause else ():
        if isinstance(key.value, tree.Literal) and say_in_quotes(key.value, expressions):
            continue
        operand = expressions.operand(key.value if select is None else _meant(key.value, select, expressions))
        if operand is not BROKEN and not operand.kinds & _SORTABLE:
            report.add("RQL203", f"`{operand.text}` is {operand.holds}, and has no order", operand.span)
        elif isinstance(operand.expr, TConst) and operand is not BROKEN:
            hint = "order by a field: `order -summary.loss`"
            report.add("RQL203", "a constant orders nothing", operand.span, hint)
        keys.append(TOrderKey(operand.expr, key.descending))
    return tuple(keys)


def _meant(value: tree.Expr, clause: tree.SelectClause, expressions: Expressions) -> tree.Expr:
    """The value of a column of `select` where its new name stands: `select summary.acc as acc order -acc`.

    A name that is a field's too is an error, for the two may differ.
    """
    path = value.path if isinstance(value, tree.Field) else None
    if path is None or len(path.segments) != 1:
        return value
    name = str(path.segments[0])
    column = next((one for one in clause.columns if one.name == name), None)
    if column is None:
        return value
    catalog = expressions.names.catalog
    found = [space for space in (Space.CONFIG, Space.SUMMARY) if catalog and (space, name) in catalog.index.by_dotted]
    fields = [f"{space}.{name}" for space in found] + [name] * (name in RUN_FIELD_SPELLINGS)
    written = expressions.written(column.value) or to_text(column.value)
    others = [one for one in fields if one != written]
    if others:
        options = (written, *others) if name not in RUN_FIELD_SPELLINGS else (written,)
        hint = f"it may be {' or '.join(map(code, (written, *others)))}"
        expressions.report.add(
            "RQL202",
            f"{code(name)} is a column of `select`, and a field",
            value.span,
            hint,
            fixes=rewrites(value.span, options),
        )
    return column.value


def _lazy_columns(clause: tree.LazyClause, query: TypedQuery, report: Report) -> None:
    """`lazy` leaves config and summary out, so a pattern over them contradicts it."""
    for column in query.columns or ():
        if column.glob is not None and column.glob.space in (Space.CONFIG, Space.SUMMARY):
            message = f"`lazy` leaves out what `{column.name}` asks for"
            hint = "drop `lazy`: only the fields that the query names are fetched anyway"
            report.add("RQL213", message, clause.span, hint)


def selected(clause: tree.SelectClause, expressions: Expressions, report: Report) -> tuple[TColumn, ...]:
    """The columns of a `select`, in its order."""
    columns: list[TColumn] = []
    for column in clause.columns:
        columns += _column(column, expressions, report)
    _same_names(clause, columns, report)
    return tuple(columns)


def _column(column: tree.Column, expressions: Expressions, report: Report) -> list[TColumn]:
    path = column.value.path if isinstance(column.value, tree.Field) else None
    if path is not None and path.is_glob:
        return _glob(column, path, expressions, report)
    if column.except_:
        span = column.except_[0].span if column.except_[0].span != NOWHERE else column.span
        report.add("RQL213", "`except` takes away from a pattern such as `config.*`", span)
    say_comparison(report, column)
    if column.name is None and say_in_quotes(column.value, expressions):
        return []
    say_constant(column.value, expressions)
    operand = expressions.operand(column.value)
    if operand is BROKEN:
        return []
    name = column.name or _name(column, operand.text, expressions)
    return [TColumn(name, value=operand.expr)]


def _name(column: tree.Column, text: str, expressions: Expressions) -> str:
    """A column without a name is called as it is written; a field by its full name, an alias by its own."""
    if isinstance(column.value, tree.Field):
        dotted = ".".join(map(str, column.value.path.segments))
        is_alias = dotted in expressions.context.aliases and dotted not in RUN_FIELD_SPELLINGS
        return dotted if is_alias else text
    if expressions.report.unreadable:  # of a tree with holes no query comes, so no column is named
        return text
    return expressions.written(column.value) or text or to_text(column.value)


def _glob(column: tree.Column, path: tree.Path, expressions: Expressions, report: Report) -> list[TColumn]:
    if column.name is not None:
        message = f"{code(path_text(path.segments))} stands for several columns, and `as` names one"
        report.add("RQL213", message, column.span)
    if path.segments == ("*",):
        return _everything(column, report)
    key = expressions.names.glob(path, column.span)
    if key is None:
        return []
    excepted = [expressions.names.excepted(p, column.span, key) for p in column.except_]
    return [TColumn(key.written, glob=key, except_=tuple(e for e in excepted if e is not None))]


def _everything(column: tree.Column, report: Report) -> list[TColumn]:
    """`select *`: the fields of the run, then all of its config and summary."""
    if column.except_:
        hint = "write `select config.* except …, summary.*`"
        report.add("RQL213", "`except` needs a pattern with a prefix", column.span, hint)
    fields = [
        TColumn(f.name, value=TField(FieldKey(Space.RUN, (f.name,), written=f.name), kind=f.kind))
        for f in RUN_FIELDS.values()
    ]
    globs = [FieldKey(space, ("*",), written=f"{space}.*") for space in (Space.CONFIG, Space.SUMMARY)]
    return [*fields, *(TColumn(key.written, glob=key) for key in globs)]


def _same_names(clause: tree.SelectClause, columns: list[TColumn], report: Report) -> None:
    counts = Counter(c.name for c in columns if c.value is not None)
    for name, count in counts.items():
        if count > 1:
            place = next((c.span for c in reversed(clause.columns) if c.name == name), clause.span)
            hint = "name one of them with `as`"
            report.add("RQL213", f"two columns are called `{name}`", place, hint)
