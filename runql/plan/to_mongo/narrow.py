"""From a condition to a W&B filter that lets through every run for which it holds.

A filter only narrows: the whole condition is evaluated again on the runs that come back. So each rule here has
to answer one question: is the filter true of *every* run for which the condition is true (or, under a `not`,
false)? What a filter means is what the MongoDB manual says of documents `{"config": {key: {"value": …}},
"summary_metrics": {…}, …}`, with the doubts about W&B's server on the safe side unless its filters are EXACT.
"""

from __future__ import annotations

from typing import assert_never

from runql.language.kinds import Kind
from runql.plan.capabilities import LARGEST_TERM, Capabilities, Trust
from runql.plan.to_mongo.comparisons import OPERATORS, between_times, compare_time, negated_op
from runql.plan.to_mongo.narrowing import Narrowing, conjunction, disjunction
from runql.plan.to_mongo.pushed_fields import (
    PushedField,
    equal_to,
    filter_path,
    holds_one,
    kinds_held,
    logged_path,
    not_equal_to,
    order_path,
)
from runql.plan.to_mongo.server_reading import is_never_null, is_sendable, is_shown_otherwise, knows_null
from runql.plan.to_mongo.texts import portable_pattern
from runql.plan.to_mongo.wire import wire_json
from runql.semantic.catalog import Catalog
from runql.semantic.typed import (
    FieldKey,
    TAggregate,
    TAnd,
    TAnyField,
    TArithmetic,
    TBetween,
    TCall,
    TCell,
    TCompare,
    TConst,
    TField,
    TFold,
    THas,
    TIn,
    TIs,
    TLogged,
    TNegate,
    TNot,
    TOr,
    TOrderKey,
    TQuestion,
    TTextTest,
    TUntagged,
    TWindow,
    TypedExpr,
)
from runql.semantic.values import Value, kind_of
from runql.syntax.mongo.names import read_field
from runql.syntax.mongo.nodes import (
    BY_CREATION,
    MongoCompare,
    MongoExists,
    MongoFilter,
    MongoIn,
    MongoNor,
    MongoOr,
    MongoOrder,
    MongoRegex,
    OrderField,
    run_field,
)
from runql.syntax.tree import Comparison, HasMode, State, TextOp
from runql.text.frozen import frozen

_TEXTS_OF_RUNS = (frozenset({Kind.TEXT}), frozenset({Kind.LIST}))
_TAGS = run_field("tags")


@frozen
class Narrower:
    """Makes filters for one backend and one catalog."""

    capabilities: Capabilities
    catalog: Catalog | None

    def narrow(self, expr: TypedExpr, wanted: bool = True) -> Narrowing | None:  # noqa: PLR0911, PLR0912 - one line a node
        """A filter that lets through every run where the condition is `wanted`; `None` if there is no safe one."""
        match expr:
            case TNot(value=value):
                return self.narrow(value, not wanted)
            case TAnd(terms=terms):
                return self._all(terms, True) if wanted else self._any(terms, False)
            case TOr(terms=terms):
                return self._any(terms, True) if wanted else self._all(terms, False)
            case TCompare(op=op, left=TField(key=key), right=TConst(value=value)):
                return self._compare(key, op, value, wanted)
            case TBetween(value=TField(key=key), low=TConst(value=low), high=TConst(value=high)):
                return self._between(key, low, high) if wanted else None
            case TIn(value=TField(key=key), items=items):
                return self._is_in(key, items, wanted)
            case TTextTest(op=text_op, value=TField(key=key), pattern=TConst(value=str() as pattern)):
                return self._text(key, text_op, pattern, wanted)
            case THas(mode=mode, value=TField(key=key), items=items):
                return self._has(key, mode, items, wanted)
            case TIs(value=TField(key=key), state=state):
                return self._is(key, state, wanted)
            case TField(key=key):
                return self._bare(key, wanted)
            case TUntagged():
                return self._untagged(wanted)
            case TLogged(metric=metric):
                path = logged_path(metric)
                return None if path is None else Narrowing(MongoExists(read_field(path), wanted), exact=True)
            case TCompare() | TBetween() | TIn() | TTextTest() | THas() | TIs():
                return None  # of more than one field, or of a value that is worked out
            case TAnyField():
                return None  # a filter names its field
            case (
                TConst()
                | TArithmetic()
                | TNegate()
                | TCall()
                | TAggregate()
                | TCell()
                | TFold()
                | TQuestion()
                | TWindow()
            ):
                return None
            case _:
                assert_never(expr)

    # ------------------------------------------------------------ logic

    def _all(self, terms: tuple[TypedExpr, ...], wanted: bool) -> Narrowing | None:
        """Every term as wanted: those that have no filter are left to the evaluation here."""
        found = [self.narrow(term, wanted) for term in terms]
        some = [f for f in found if f is not None]
        if not some:
            return None
        joined = conjunction(some)
        return joined if len(some) == len(found) else joined.inexact()

    def _any(self, terms: tuple[TypedExpr, ...], wanted: bool) -> Narrowing | None:
        """Some term as wanted: all of them must have a filter."""
        found = []
        for term in terms:
            narrowing = self.narrow(term, wanted)
            if narrowing is None:
                return None
            found.append(narrowing)
        return disjunction(found)

    # ------------------------------------------------------------ fields

    def _target(self, key: FieldKey) -> PushedField | None:
        path = filter_path(key, self.catalog)
        field = None if path is None else read_field(path)
        if field is None or (is_shown_otherwise(field) and not self._trusts):
            return None
        return PushedField(key, field, kinds_held(key, self.catalog))

    @property
    def _trusts(self) -> bool:
        return self.capabilities.filters is Trust.EXACT

    def _compare(self, key: FieldKey, op: Comparison, value: Value, wanted: bool) -> Narrowing | None:
        target = self._target(key)
        if target is None:
            return None
        if op in (Comparison.EQ, Comparison.NE):
            return self._equal(target, value, wanted is (op is Comparison.EQ))
        kind = kind_of(value)
        if kind is Kind.TIME:
            time_op = op if wanted else negated_op(op)
            return compare_time(target.field, time_op, value, self._trusts) if target.is_run_field else None
        if kind is Kind.NUMBER and wanted and is_sendable(value):
            # Below a number, MongoDB finds NaN as well.
            is_above = op in (Comparison.GT, Comparison.GE)
            return Narrowing(
                MongoCompare(target.field, OPERATORS[op], value), exact=is_above and target.holds_only(Kind.NUMBER)
            )
        return None

    def _between(self, key: FieldKey, low: Value, high: Value) -> Narrowing | None:
        ends = (self._compare(key, Comparison.GE, low, True), self._compare(key, Comparison.LE, high, True))
        some = [e for e in ends if e is not None]
        if not some:
            return None
        return conjunction(some) if len(some) == 2 else some[0].inexact()

    def _equal(  # noqa: PLR0911 - one line a shape
        self, target: PushedField, value: Value, wanted: bool
    ) -> Narrowing | None:
        if value is None:
            return self._null(target, wanted)
        if isinstance(value, tuple):
            return self._equal_list(target, value, wanted)
        if target.key.segments == ("tags",) and target.is_run_field:
            return None
        if kind_of(value) is Kind.TIME:
            return between_times(target.field, value, wanted, self._trusts) if target.is_run_field else None
        if not is_sendable(value) or (target.is_run_field and target.kinds != frozenset({kind_of(value)})):
            return None
        sent = value.lower() if target.name == "state" else value
        if wanted:
            return Narrowing(equal_to(target.field, sent), exact=target.is_unmixed_with(value))
        return self._differs(target, not_equal_to(target.field, sent), [value])

    def _equal_list(self, target: PushedField, value: tuple[Value, ...], wanted: bool) -> Narrowing | None:
        """A whole list: its elements are asked for where a server takes them, else that the field is there.

        W&B's server fails on a filter that names a whole list.
        """
        if not wanted:
            return None
        if not target.is_run_field:
            return Narrowing(MongoExists(target.field, True))
        texts = [v for v in value if isinstance(v, str) and is_sendable(v)]
        if target.name != "tags" or not texts or len(texts) < len(value):
            return None
        return conjunction([holds_one(target.field, [v], True, exact=False, trusted=self._trusts) for v in texts])

    def _differs(self, target: PushedField, differs: MongoFilter, values: list[Value]) -> Narrowing | None:
        """`!=` and `not in`, which hold for runs without a value too: W&B's server drops those unless asked for."""
        if target.is_run_field:
            plain = Narrowing(differs, exact=True)
            if self._trusts or is_never_null(target.field):
                return plain
            return disjunction([plain, Narrowing(equal_to(target.field, None), exact=True)])
        if self._trusts and all(target.is_unmixed_with(v) for v in values):
            return Narrowing(differs, exact=True)
        return None

    def _null(self, target: PushedField, wanted: bool) -> Narrowing | None:
        if knows_null(target.field):
            if target.name == "tags":
                return None
            asked = equal_to(target.field, None) if wanted else not_equal_to(target.field, None)
            return Narrowing(asked, exact=True)
        if not wanted:
            return Narrowing(MongoExists(target.field, True))
        is_sure = self._trusts and target.is_top
        return Narrowing(equal_to(target.field, None), target.is_scalar) if is_sure else None

    # ------------------------------------------------------------ lists of values

    def _is_in(self, key: FieldKey, items: tuple[TypedExpr, ...], wanted: bool) -> Narrowing | None:
        target = self._target(key)
        if target is None or not all(isinstance(i, TConst) for i in items):
            return None
        values = [i.value for i in items if isinstance(i, TConst) and i.value == i.value]  # nan equals nothing
        plain = [
            v
            for v in values
            if is_sendable(v) and not (target.is_run_field and target.kinds != frozenset({kind_of(v)}))
        ]
        if len(plain) < len(values) or len(plain) < 2:
            tests = [self._equal(target, v, wanted) for v in values]
            some = [t for t in tests if t is not None]
            if wanted:
                return disjunction(some) if some and len(some) == len(tests) else None
            joined = conjunction(some) if some else None
            return joined if joined is None or len(some) == len(tests) else joined.inexact()
        sent = [v.lower() if target.name == "state" else v for v in plain]
        if wanted:
            exact = all(target.is_unmixed_with(v) for v in plain)
            return Narrowing(MongoIn(target.field, tuple(sent)), exact)
        return self._differs(target, MongoIn(target.field, tuple(sent), negated=True), plain)

    def _has(self, key: FieldKey, mode: HasMode, items: tuple[TypedExpr, ...], wanted: bool) -> Narrowing | None:
        if mode is HasMode.NONE:
            mode, wanted = HasMode.ANY, not wanted
        target = self._target(key)
        values = [i.value for i in items if isinstance(i, TConst) and is_sendable(i.value)]
        if target is None or not values or len(values) < len(items):
            return None
        is_tags = target.is_run_field and target.name == "tags" and all(isinstance(v, str) for v in values)
        if not is_tags and not (self._trusts and wanted and target.is_top):
            return None
        if mode is HasMode.ALL:
            parts = [holds_one(target.field, [v], wanted, exact=is_tags, trusted=self._trusts) for v in values]
            return conjunction(parts) if wanted else disjunction(parts)
        return holds_one(target.field, values, wanted, exact=is_tags, trusted=self._trusts)

    def _untagged(self, wanted: bool) -> Narrowing | None:
        if not wanted:
            return Narrowing(not_equal_to(_TAGS, None))
        if not self._trusts:
            return None  # W&B's server fails on a filter that names a whole list
        return Narrowing(MongoOr((equal_to(_TAGS, None), equal_to(_TAGS, []))), exact=True)

    # ------------------------------------------------------------ single tests

    def _text(self, key: FieldKey, op: TextOp, pattern: str, wanted: bool) -> Narrowing | None:
        target = self._target(key)
        if target is None or target.name == "state":
            return None
        if not self._trusts and (target.name == "tags" or not target.is_scalar):
            # Of a list any element may match: what W&B's server does with lists is not documented.
            return Narrowing(not_equal_to(_TAGS, None)) if target.name == "tags" and wanted else None
        found = portable_pattern(op, pattern) if is_sendable(pattern) else None
        if found is None or (target.is_run_field and target.kinds not in _TEXTS_OF_RUNS):
            return None
        is_known = target.is_scalar or target.name == "tags"
        narrowing = Narrowing(MongoRegex(target.field, found.text), exact=found.exact and is_known)
        if wanted:
            return narrowing
        return Narrowing(MongoNor((narrowing.filter,)), exact=True) if narrowing.exact and self._trusts else None

    def _is(self, key: FieldKey, state: State, wanted: bool) -> Narrowing | None:
        target = self._target(key)
        if target is None:
            return None
        match state:
            case State.NULL:
                return self._null(target, wanted)
            case State.MISSING:
                return self._null(target, wanted) if target.is_run_field else self._missing(target, wanted)
            case State.FINITE:
                return Narrowing(MongoExists(target.field, True)) if wanted else None
            case State.NAN | State.INFINITE:
                return Narrowing(MongoExists(target.field, True)) if wanted and self._trusts else None
            case _:
                assert_never(state)

    def _missing(self, target: PushedField, wanted: bool) -> Narrowing | None:
        if not wanted:
            return Narrowing(MongoExists(target.field, True), target.is_top) if self._trusts else None
        return Narrowing(MongoExists(target.field, False), exact=self._trusts) if target.is_top else None

    def _bare(self, key: FieldKey, wanted: bool) -> Narrowing | None:
        """A field as a condition: true where it is `true`, false where it is `false`."""
        target = self._target(key)
        if target is None or target.is_run_field:
            return None
        return Narrowing(equal_to(target.field, wanted), exact=target.holds_only(Kind.BOOL))


class NarrowedTerms:
    """What a source is asked for of the terms of a condition and the keys of an order, in the form of W&B.

    `filters`: all that it takes, as one filter. `there`: the terms that stand in it, `here`: the others. `exact`: it
    lets through the runs of the condition and no other. `at_once`: only terms that are short enough for one request.
    `order`: what is asked for, and `ordered`: the answer then comes in the order of the keys.
    """

    def __init__(
        self,
        terms: tuple[TypedExpr, ...],
        capabilities: Capabilities,
        catalog: Catalog | None,
        keys: tuple[TOrderKey, ...] = (),
        *,
        at_once: bool = False,
    ) -> None:
        takes_any = capabilities.filters is not Trust.NONE
        narrower = Narrower(capabilities, catalog) if takes_any else None
        found = [(term, None if narrower is None else narrower.narrow(term)) for term in terms]
        taken = [
            (term, narrowing)
            for term, narrowing in found
            if narrowing is not None and (not at_once or len(wire_json(narrowing.filter)) <= LARGEST_TERM)
        ]
        whole = conjunction([narrowing for _, narrowing in taken])
        left = {id(term) for term, _ in taken}
        self.filters: MongoFilter = whole.filter
        self.there = tuple(term for term, _ in taken)
        self.here = tuple(term for term in terms if id(term) not in left)
        self.exact = whole.exact and not self.here
        first = keys[0].value if keys and capabilities.order is not Trust.NONE else None
        path = order_path(first.key, catalog) if isinstance(first, TField) else None
        self.order: MongoOrder = BY_CREATION
        if path is not None:
            self.order = (OrderField(read_field(path), keys[0].descending),)
        self.ordered = capabilities.order is Trust.EXACT and len(keys) == (0 if path is None else 1)
