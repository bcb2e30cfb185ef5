"""Expressions: from the tree to the typed tree, with everything that is wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import assert_never

from runql.language.fields import RUN_STATES
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog
from runql.semantic.check.aliases import Aliases
from runql.semantic.check.any_field import AnyFields, subject_of
from runql.semantic.check.arguments import regex_alone
from runql.semantic.check.arithmetic import arithmetic, asked_beside_null, joined_by_bars, negation, refuse_other_kinds
from runql.semantic.check.calls.known import Calls
from runql.semantic.check.comparisons import Comparisons
from runql.semantic.check.interface import Row
from runql.semantic.check.logged_names import is_element, metric_value, negated, say_read, was_logged, whole_history
from runql.semantic.check.moments import moments_meant
from runql.semantic.check.parameters import Bound, UnfitError, bind
from runql.semantic.check.piped import LeftOfPipe
from runql.semantic.check.questions import QuestionCheck
from runql.semantic.check.quotes.names_in_quotes import subject_in_quotes
from runql.semantic.check.quotes.unquoted import Joined, element_meant, list_value, values_meant
from runql.semantic.check.text_tests import TextTests
from runql.semantic.check_context import CheckContext, Report, rewrite, rewrites
from runql.semantic.names.meanings import AliasUse, LoggedName
from runql.semantic.names.metrics import Metrics
from runql.semantic.names.nearest import nearest_hint, nearest_names
from runql.semantic.names.no_run import of_no_run
from runql.semantic.names.resolver import Names
from runql.semantic.operands import BROKEN, Operand, constant, example_value, quoted
from runql.semantic.spelling import code
from runql.semantic.times import Day, absolute, relative, seconds, whole_day
from runql.semantic.typed import (
    TAnd,
    TIs,
    TNot,
    TOr,
    TUntagged,
    TypedExpr,
)
from runql.syntax import tree
from runql.text.source import NOWHERE, Span

_TRUTH = frozenset({Kind.BOOL})
_UNKNOWN = ("RQL201", "RQL202", "RQL218")
"""What is said of a name that is none."""

MAX_DEPTH = 100
"""How deep an expression may nest, aliases included: later floors walk it by recursion."""


class Expressions(LeftOfPipe):
    """Checks the expressions of one query."""

    def __init__(self, catalog: Catalog | None, context: CheckContext, report: Report) -> None:
        self.context = context
        self.report = report
        self.names = Names(catalog, context, report)
        self.metrics = Metrics(catalog, context, report)
        self.comparisons = Comparisons(catalog, context, report)
        self.x_axis = "_step"
        """That of the query, for the aggregates of histories."""
        self._depth = 0
        self._row: Row | None = None
        self.beside_null: frozenset[tree.Is] = frozenset()

    # ------------------------------------------------------------ what checks a kind of node, made for the first one

    @cached_property
    def calls(self) -> Calls:
        return Calls(self)

    @cached_property
    def tests(self) -> TextTests:
        return TextTests(self)

    @cached_property
    def any_field(self) -> AnyFields:
        return AnyFields(self)

    @cached_property
    def aliases(self) -> Aliases:
        return Aliases(self)

    @cached_property
    def questions(self) -> QuestionCheck:
        return QuestionCheck(self)

    # ------------------------------------------------------------ entries

    def condition(self, node: tree.Expr, before: Joined | None = None) -> TypedExpr:
        """A node where a truth must stand. `failed` alone is a state; a value behind a test belongs to that."""
        since = len(self.report.found)
        operand = self.operand(node)
        if operand.kinds != _TRUTH:
            self._say_no_condition(operand)
        meant = before.value(node) if before is not None else None
        if meant is not None:
            self.report.amend(since, ("RQL203", *_UNKNOWN), (meant.hint,), meant.fixes)
        elif operand is BROKEN and isinstance(node, tree.Field) and self.written(node) in RUN_STATES:
            text = f'state = "{self.written(node)}"'
            self.report.amend(since, _UNKNOWN, (f"the state of a run: {code(text)}",), rewrite(node.span, text))
        return operand.expr

    def _say_no_condition(self, operand: Operand) -> None:
        """Reports what is no truth, or is never true."""
        if operand.is_null:
            self.report.add("RQL212", "null is never true, so no run matches", operand.span)
        elif Kind.BOOL not in operand.kinds:
            holds = operand.holds
            examples = [f"{operand.text} > {example_value(operand)}"] if Kind.NUMBER in operand.kinds else []
            if operand.text and not operand.is_constant:
                examples = examples or [f"{operand.text} = {example_value(operand)}"]
                hints: tuple[str, ...] = (f"for example: `{examples[0]}`, or `exists({operand.text})`",)
            else:
                hints = ()
            self.report.add(
                "RQL203", f"{quoted(operand)} is {holds}, and a condition must stand here", operand.span, *hints
            )

    @contextmanager
    def reading(self, row: Row | None) -> Iterator[None]:
        """Inside, a metric is its value in a row of the history; `None`: it is a whole history again."""
        before, self._row = self._row, row
        try:
            yield
        finally:
            self._row = before

    # ------------------------------------------------------------ values

    def operand(self, node: tree.Expr) -> Operand:  # noqa: PLR0911, PLR0912 - one line a node
        """A node where a value may stand; a test is the value true or false."""
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH or (self.context.aliases and self.aliases.is_too_large(node)):
                return self._too_much(node)
            span = self.report.place(node.span)
            match node:
                case tree.Literal(value=value):
                    return constant(value, span)
                case tree.Field():
                    return self._field(node, span)
                case tree.Compare():
                    return Operand(self._compared(node, span), _TRUTH, text=self.written(node))
                case tree.Time(value=value):
                    zone = self.context.zone
                    found = absolute(value, zone) if isinstance(value, datetime) else whole_day(value, zone)
                    return self._moment(found, value.isoformat(), span)
                case tree.RelativeTime():
                    return self._relative(node, span)
                case tree.Duration(value=value):
                    return constant(seconds(value), span, is_duration=True, text=self.written(node) or None)
                case tree.ListValue():
                    return list_value(self, node, span)
                case tree.Param():
                    return self._param(node, span)
                case tree.Regex():
                    return regex_alone(span, self.report)
                case tree.AnyField():
                    return self.any_field.value(node, span)
                case tree.Arithmetic():
                    return arithmetic(node, span, self)
                case tree.Negate():
                    return negation(node, span, self)
                case tree.Call():
                    return self.calls.call(node, span)
                case tree.ValueQuery():
                    return self.questions.value(node, node.span)
                case tree.Window():
                    return self._window(node, span)
                case tree.Broken():
                    self.report.unreadable = True
                    return BROKEN
                case tree.Between() | tree.In() | tree.TextTest() | tree.Has() | tree.Untagged():
                    return Operand(self.tested(node), _TRUTH, text=self.written(node))
                case tree.Is() | tree.Not() | tree.And() | tree.Or():
                    return Operand(self.tested(node), _TRUTH, text=self.written(node))
                case _:
                    assert_never(node)
        finally:
            self._depth -= 1

    def _too_much(self, node: tree.Expr) -> Operand:
        """What is too deep is reported here, what is one too many of the terms of aliases was."""
        if self._depth > MAX_DEPTH:
            self.report.add("RQL215", f"an expression may nest {MAX_DEPTH} deep, and this is deeper", node.span)
        return BROKEN

    def _relative(self, node: tree.RelativeTime, span: Span) -> Operand:
        return self._moment(relative(node, self.context.now, self.context.zone), self.written(node), span)

    def _moment(self, found: datetime | Day | None, text: str, span: Span) -> Operand:
        if found is None:
            self.report.add("RQL205", f"`{text}` is outside of the calendar", span, "years run from 1 to 9999")
            return BROKEN
        if isinstance(found, Day):
            return constant(found.start, span, day=found, text=text)
        return constant(found, span, text=text)

    def written(self, node: tree.Node) -> str:
        """A node as it stands in the text; nothing if there is no text."""
        text = self.context.text
        if text is None or node.span == NOWHERE or (self.context.aliases and self.aliases.names):
            return ""
        return " ".join(text[node.span.start : node.span.end].split())

    def _param(self, node: tree.Param, span: Span) -> Operand:
        bound = self.bound(node)
        if isinstance(bound, tuple):
            shown = next((one.shown for one in bound if one.shown), "")
            return constant(tuple(one.value for one in bound), span, text=f"${node.name}", shown=shown)
        return BROKEN if bound is None else self._bound_operand(bound, node, span)

    def _bound_operand(self, bound: Bound, node: tree.Param, span: Span) -> Operand:
        text = f"${node.name}"
        shown = bound.shown
        return constant(bound.value, span, day=bound.day, is_duration=bound.is_duration, text=text, shown=shown)

    def bound(self, node: tree.Param) -> Bound | tuple[Bound, ...] | None:
        """What a parameter is bound to; `None` if that is reported as an error."""
        span = self.report.place(node.span)
        if node.name not in self.context.params:
            near = [f"${n}" for n in nearest_names(node.name, self.context.params)]
            hints = nearest_hint(near) or (_given(node.name),)
            message = f"the parameter `${node.name}` has no value"
            self.report.add("RQL207", message, span, *hints, fixes=rewrites(span, near))
            return None
        try:
            return bind(self.context.params[node.name], self.context.zone)
        except UnfitError as error:
            self.report.add("RQL203", f"the parameter `${node.name}` is {error}", span)
            return None

    def _field(self, node: tree.Field, span: Span) -> Operand:
        since = len(self.report.found)
        found = self.names.resolve(node.path, span)
        if (found is None or isinstance(found, LoggedName)) and is_element(node.path, found, self.metrics, since, span):
            return BROKEN
        if self._row is not None and node.path.segments:
            self._row.fields.append(node)
        match found:
            case None:
                return BROKEN
            case LoggedName() if self._row is not None and not found.is_glob:
                say_read(found, node, self.report, span)
                return metric_value(found, self._row, self.metrics, span)
            case LoggedName():
                whole_history(found, self.report, span)
                return BROKEN
            case AliasUse():
                return self.aliases.operand(found, node.span)
            case Operand():
                return found
            case _:
                assert_never(found)

    # ------------------------------------------------------------ tests

    def tested(self, node: tree.Truth) -> TypedExpr:  # noqa: PLR0911 - one line a node
        """A test."""
        span = self.report.place(node.span)
        if (said := self._subject(node, subject_of(node))) is not None:
            return said
        match node:
            case tree.Compare():
                return self._compared(node, span)
            case tree.Between():
                low, high = self.operand(node.low), self.operand(node.high)
                return negated(self.comparisons.between(self.operand(node.value), low, high, span), node.negated)
            case tree.In():
                value = self.operand(node.value)
                items = self.items(node.items, value)
                test = self.comparisons.is_in(value, items, span, negated=node.negated)
                return negated(test, node.negated)
            case tree.TextTest():
                return negated(self.tests.text(node, span), node.negated)
            case tree.Has():
                return negated(self.tests.has(node, span), node.negated)
            case tree.Untagged():
                return TUntagged(kind=Kind.BOOL, span=span)
            case tree.Is():
                return negated(self._is(node, span), node.negated)
            case tree.Not(value=value):
                return TNot(self.condition(value), kind=Kind.BOOL, span=span)
            case tree.And(terms=terms):
                self.beside_null |= asked_beside_null(terms)
                return TAnd(tuple(self._terms(terms)), kind=Kind.BOOL, span=span)
            case tree.Or(terms=terms):
                terms = () if joined_by_bars(node, self) else terms
                self.beside_null |= asked_beside_null(terms)
                return TOr(tuple(self._terms(terms, any_of=True)), kind=Kind.BOOL, span=span)
            case _:
                assert_never(node)

    def _subject(self, node: tree.Truth, subject: tree.Expr | None) -> TypedExpr | None:
        """A test of any field, or of a text that is the name of a field, which is reported; `None` of all others."""
        if isinstance(subject, tree.AnyField) and subject is not self.any_field.subject:
            return self.any_field.test(node, subject)
        return BROKEN.expr if subject_in_quotes(node, subject, self) else None

    def _compared(self, node: tree.Compare, span: Span) -> TypedExpr:
        if isinstance(node.left, tree.AnyField | tree.Literal) and (said := self._subject(node, node.left)) is not None:
            return said
        if self.context.depth:
            self.questions.with_itself(node, span)
        left = self.operand(node.left)
        since = len(self.report.found)
        right = self.beside(left, node.right) if isinstance(node.right, tree.Field) else self.operand(node.right)
        if right is BROKEN and (text := element_meant(node, left, self.names.catalog)) is not None:
            self.report.amend(since, _UNKNOWN, (f"a list is asked with `has`: {code(text)}",), rewrite(span, text))
        return self.comparisons.compare(node.op, left, right, span)

    def _terms(self, terms: Sequence[tree.Expr], *, any_of: bool = False) -> Iterator[TypedExpr]:
        """The terms of a condition. A value alone (`a = 1 or 2`) lacks the comparison that stands before it."""
        before = Joined(self.written, any_of)
        for term in terms:
            yield self.condition(term, before)
            before.follow(term)

    def has_column(self, name: str) -> bool:  # noqa: ARG002 - a run has fields, and no columns
        """Whether a name is one of the table at hand and of no other."""
        return False

    def beside(self, value: Operand, node: tree.Expr) -> Operand:
        """What stands beside a value in a test. A word that is no field may be a text without its quotes."""
        since = len(self.report.found)
        operand = self.operand(node)
        if operand is BROKEN and isinstance(node, tree.Field) and len(node.path.segments) == 1:
            word = str(node.path.segments[0])
            texts = values_meant(word, value, self.names.catalog)
            if value.kinds == {Kind.TIME} and (meant := moments_meant(word, self.context)):
                texts = meant
            if texts:
                text = texts[0]
                is_same = text[1:-1].casefold() == word.casefold()
                hint = f"text stands in quotes: `{text}`" if is_same else f"write {' or '.join(map(code, texts))}"
                self.report.amend(since, _UNKNOWN, (hint,), rewrites(node.span, texts))
        return operand

    def items(self, items: tree.Listed, value: Operand | None = None) -> list[Operand]:
        """The values of a list: written out, bound to a parameter, or a question. In a list, a list parameter is its
        values."""
        if isinstance(items, tree.QueryNode):
            return [self.questions.listed(items, value)]
        found: list[Operand] = []
        for item in (items,) if isinstance(items, tree.Param) else items:
            if not isinstance(item, tree.Param):
                found.append(self.operand(item) if value is None else self.beside(value, item))
                continue
            bound = self.bound(item)
            span = self.report.place(item.span)
            if bound is None:
                found.append(BROKEN)
            elif isinstance(bound, tuple):
                found += [self._bound_operand(b, item, span) for b in bound]
            else:
                found.append(self._bound_operand(bound, item, span))
        return found

    def _is(self, node: tree.Is, span: Span) -> TypedExpr:
        if isinstance(node.value, tree.Field):
            path_span = node.value.path.span if node.value.path.span != NOWHERE else node.value.span
            since = len(self.report.found)
            found = self.names.resolve(node.value.path, self.report.place(node.value.span))
            if isinstance(found, Operand):
                value = found
            elif isinstance(found, LoggedName) and self._row is not None:
                value = metric_value(found, self._row, self.metrics, path_span)
            elif isinstance(found, LoggedName):
                return was_logged(found, node, self.metrics, span)
            else:
                value = BROKEN if found is None else self.aliases.operand(found, node.value.span)
            if found is None and node.state is tree.State.MISSING:
                value = of_no_run(self.names, node.value, since) or value
        else:
            value = self.operand(node.value)
        place = value.span if value.span in self.report.records else span
        refuse_other_kinds(node, value, self.beside_null, self.report, place)
        return TIs(value.expr, node.state, kind=Kind.BOOL, span=span)


def _given(name: str) -> str:
    """How a parameter gets its value."""
    if name == "source":  # which `runql.query` has for itself
        return "give it one: `-p source=VALUE`, or `source=` of a connection's `query` in Python"
    return f"give it one: `-p {name}=VALUE`, or `{name}=` in Python"
