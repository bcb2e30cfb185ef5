"""Expressions over whole columns. What has no form here, the reference works out for that part of the expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, assert_never

from runql.engine.casts import to_text
from runql.engine.membership import constants_of
from runql.engine.patterns import matcher
from runql.engine.stages.arrays.arithmetic import ARITHMETIC, OF_NUMBER, arithmetic
from runql.engine.stages.arrays.functions import calls
from runql.engine.stages.arrays.functions.joined_texts import concat
from runql.engine.stages.arrays.vectors import (
    BOOL,
    IN_NUMBERS,
    LARGEST_WHOLE,
    LIST,
    NO_VALUE,
    NULL,
    NUMBER,
    RECORD,
    TEXT,
    TIME,
    Bools,
    Objects,
    Vector,
    choose,
    constant,
    decode,
    encode,
    of_numbers,
    of_truth,
)
from runql.engine.stages.shared.rows import NotHeld, cells_of, compile_rows
from runql.engine.table import Table
from runql.engine.values.column import Column, column_of
from runql.semantic import typed as t
from runql.semantic.typed import TCell
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import Comparison, State


def values(expr: t.TypedExpr, table: Table) -> Column:
    """The value of an expression in each row. Raises `NotHeld`."""
    import numpy as np

    with np.errstate(all="ignore"):
        return _Columns(table).column(expr)


def true_rows(condition: t.TypedExpr, table: Table) -> bytes:
    """A flag a row: 1 where the condition is true."""
    import numpy as np

    with np.errstate(all="ignore"):
        return bytes(_Columns(table).true(condition).tobytes())


class _Columns:
    """The columns of a table as arrays, each made once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._cells: dict[str, Vector] = {}

    def of(self, expr: t.TypedExpr) -> Vector:
        try:
            return self._worked_out(expr)
        except NotHeld:
            return encode(compile_rows(expr)(self._table))

    def column(self, expr: t.TypedExpr) -> Column:
        """The same as a column, which need not have been arrays."""
        if isinstance(expr, t.TCall) and expr.name in calls.HELD:
            return self._called(expr)
        stored = self._stored(expr)
        return decode(self.of(expr)) if stored is None else stored

    def _stored(self, expr: t.TypedExpr) -> Column | None:
        return column_of(cells_of(self._table, expr.name)) if isinstance(expr, TCell) else None

    def _called(self, call: t.TCall) -> Column:
        try:
            made = self._call(call)
        except NotHeld:
            return column_of(compile_rows(call)(self._table))
        return decode(made) if isinstance(made, Vector) else made

    def truth(self, condition: t.TypedExpr) -> Vector:
        """The same of a condition, whose values are always held: what is no truth is unknown."""
        try:
            return self._worked_out(condition)
        except NotHeld:
            truths = compile_rows(condition)(self._table)
            return encode([value if isinstance(value, bool) else MISSING for value in truths])

    def true(self, condition: t.TypedExpr) -> Bools:
        """Where the condition is true: `and` where all its terms are, `or` where any is."""
        import numpy as np

        if isinstance(condition, t.TAnd | t.TOr) and condition.terms:
            join = np.logical_and if isinstance(condition, t.TAnd) else np.logical_or
            return join.reduce([self.true(term) for term in condition.terms])
        number = _bound_of(condition)
        if number is not None and isinstance(condition, t.TCompare):
            return self._ordered_with(condition, number)
        return _is(self.truth(condition), 1)

    def _ordered_with(self, condition: t.TCompare, number: float) -> Bools:
        """Where a number that stands in the text is exceeded, or not."""
        try:
            left = self.of(condition.left)
        except NotHeld:
            return _is(self.truth(condition), 1)
        result = _ufunc(_ORDERINGS[condition.op])(left.numbers, number)
        return result & (left.tags == NUMBER) if left.tags.any() else result

    def _worked_out(self, expr: t.TypedExpr) -> Vector:  # noqa: PLR0911, PLR0912 - one line a node
        match expr:
            case TCell(name=name):
                if name not in self._cells:
                    self._cells[name] = encode(cells_of(self._table, name))
                return self._cells[name]
            case t.TConst(value=value):
                return constant(value, self._table.length)
            case t.TCompare():
                return self._compare(expr)
            case t.TBetween(value=value, low=low, high=high) if not _has_state(value, low, high):
                middle = self.of(value)
                lower, upper = _ordered("<=", self.of(low), middle), _ordered("<=", middle, self.of(high))
                return _both(lower, upper)
            case t.TIn(value=value) if (constants := constants_of(expr)) is not None:
                return self._among(value, constants)
            case t.TIn(value=value, items=items):
                tests = [t.TCompare(Comparison.EQ, value, item) for item in items]
                return self._chain(tuple(tests), _either) if tests else of_truth(self.of(value).tags < 0)
            case t.TTextTest(value=value, pattern=t.TConst(value=str() as pattern)):
                return _text_test(self.of(value), matcher(expr.op, pattern))
            case t.TIs(value=value, state=state):
                return _STATES[state](self.of(value))
            case t.TNot(value=value):
                inner = self.of(value)
                return of_truth(inner.numbers == 0, inner.tags == BOOL)
            case t.TAnd(terms=terms):
                return self._chain(terms, _both)
            case t.TOr(terms=terms):
                return self._chain(terms, _either)
            case t.TArithmetic(op=op) if op in ARITHMETIC:
                return arithmetic(op, self.of(expr.left), self.of(expr.right))
            case t.TNegate(value=value):
                number = self.of(value)
                return of_numbers(-number.numbers, number.whole, number.tags == NUMBER)
            case t.TCall(name=name, arguments=(only,)) if name in OF_NUMBER:
                return OF_NUMBER[name](self.of(only))
            case t.TCall(name="coalesce", arguments=arguments):
                return self._coalesce(arguments)
            case t.TCall(name="if", arguments=(condition, then, otherwise)):
                truth = self.of(condition)
                return choose((truth.tags == BOOL) & (truth.numbers == 1), self.of(then), self.of(otherwise))
            case t.TCall():
                made = self._call(expr)
                return made if isinstance(made, Vector) else encode(made)
            case t.TBetween() | t.TTextTest() | t.TArithmetic():
                raise NotHeld
            case (
                t.TField()
                | t.TAnyField()
                | t.THas()
                | t.TUntagged()
                | t.TLogged()
                | t.TAggregate()
                | t.TFold()
                | t.TQuestion()
                | t.TWindow()
            ):
                raise NotHeld
            case _:
                assert_never(expr)

    def _call(self, node: t.TCall) -> Vector | Column:
        """A function that works on the different values of a column."""
        first = node.arguments[0]
        if (found := calls.by_different(node, self._table)) is not None:
            return found
        if node.name == "concat":
            parts = [text if (text := _text_of(one)) is not None else self.column(one) for one in node.arguments]
            return concat(parts, self._table.length)
        if node.name == "time":
            return calls.time_of_numbers(self.of(first))
        if node.name in calls.OF_TIMES:
            return calls.of_times(node, self.of(first))
        if node.name in calls.OF_TEXTS:
            return calls.of_texts(node, self.of(first))
        raise NotHeld

    def _compare(self, node: t.TCompare) -> Vector:
        if _has_state(node.left, node.right):
            raise NotHeld
        left, right = node.left, node.right
        if node.op in _ORDERINGS:
            return _ordered(_ORDERINGS[node.op], self.of(left), self.of(right))
        if _is_null(right) or _is_null(left):
            same = self.of(left if _is_null(right) else right).tags >= NULL
        else:
            same = _equal(self.of(left), self.of(right))
        return of_truth(same if node.op is Comparison.EQ else ~same)

    def _chain(self, terms: tuple[t.TypedExpr, ...], join: Callable[[Vector, Vector], Vector]) -> Vector:
        if not terms:
            raise NotHeld
        first = self.of(terms[0])
        result = join(first, first)  # what is no truth becomes unknown
        for term in terms[1:]:
            result = join(result, self.of(term))
        return result

    def _among(self, value: t.TypedExpr, constants: Sequence[Value]) -> Vector:
        """Whether a value is one of many: of columns of numbers alone, and of texts alone."""
        import numpy as np

        if _has_state(value):
            raise NotHeld
        vector, types = self.of(value), frozenset(map(type, constants))
        if not vector.tags.any() and types <= {int, float} and all(abs(one) < LARGEST_WHOLE for one in constants):
            return of_truth(np.isin(vector.numbers, np.array(constants, np.float64)))
        if (vector.tags == TEXT).all() and types == {str} and vector.cells is not None:
            known = frozenset(constants)
            return of_truth(np.fromiter(map(known.__contains__, vector.cells.tolist()), bool, len(vector.tags)))
        raise NotHeld

    def _coalesce(self, arguments: tuple[t.TypedExpr, ...]) -> Vector:
        vectors = [self.of(argument) for argument in arguments]
        result = constant(None, self._table.length)
        result.tags[:] = NO_VALUE
        for vector in reversed(vectors):
            result = choose(vector.tags < NULL, vector, result)
        return result


def _bound_of(condition: t.TypedExpr) -> int | float | None:
    """The number in the text by which a condition asks for more or less; none of any other condition."""
    if not isinstance(condition, t.TCompare) or condition.op not in _ORDERINGS or _has_state(condition.left):
        return None
    number = condition.right.value if isinstance(condition.right, t.TConst) else None
    if not isinstance(number, int | float) or isinstance(number, bool):
        return None
    return number if abs(number) < LARGEST_WHOLE else None


def _text_of(expr: t.TypedExpr) -> str | None:
    """The text of a constant; none of one that has none."""
    text = to_text(expr.value) if isinstance(expr, t.TConst) else MISSING
    return text if isinstance(text, str) else None


def _is_null(expr: t.TypedExpr) -> bool:
    return isinstance(expr, t.TConst) and expr.value is None


def _has_state(*exprs: t.TypedExpr) -> bool:
    """Whether letters' case does not count."""
    return any(isinstance(expr, TCell) and expr.name == "state" for expr in exprs)


# ---------------------------------------------------------------- tests

_ORDERINGS: Mapping[Comparison, str] = MappingProxyType(
    {Comparison.LT: "<", Comparison.LE: "<=", Comparison.GT: ">", Comparison.GE: ">="}
)


def _ufunc(sign: str) -> Any:
    import numpy as np

    return {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[sign]


def _ordered(sign: str, left: Vector, right: Vector) -> Vector:

    work = _ufunc(sign)
    known = (left.tags == right.tags) & (left.tags <= TIME)
    result = work(left.numbers, right.numbers)
    texts = known & (left.tags == TEXT)
    if texts.any():
        result[texts] = work(_texts(left, texts), _texts(right, texts)).astype(bool)
    return of_truth(result, known)


def _equal(left: Vector, right: Vector) -> Bools:
    import numpy as np

    same = left.tags == right.tags
    if (same & ((left.tags == LIST) | (left.tags == RECORD))).any():
        raise NotHeld
    result = same & np.where(np.isin(left.tags, IN_NUMBERS), left.numbers == right.numbers, left.tags == NULL)
    texts = same & (left.tags == TEXT)
    if texts.any():
        result[texts] = (_texts(left, texts) == _texts(right, texts)).astype(bool)
    return result


def _texts(vector: Vector, where: Bools) -> Objects:
    if vector.cells is None:
        raise NotHeld
    return vector.cells[where]


def _text_test(vector: Vector, matches: Callable[[str], bool]) -> Vector:
    """Each different text is matched once; of lists any element is."""
    import numpy as np

    if (vector.tags == LIST).any():
        raise NotHeld

    result = np.zeros(len(vector.tags), bool)
    texts = vector.tags == TEXT
    if texts.any():
        cells = _texts(vector, texts).tolist()
        verdicts = {text: matches(text) for text in set(cells)}
        result[texts] = np.fromiter(map(verdicts.__getitem__, cells), bool, len(cells))
    return of_truth(result)


def _both(left: Vector, right: Vector) -> Vector:
    false = _is(left, 0) | _is(right, 0)
    true = _is(left, 1) & _is(right, 1)
    return of_truth(true, true | false)


def _either(left: Vector, right: Vector) -> Vector:
    true = _is(left, 1) | _is(right, 1)
    false = _is(left, 0) & _is(right, 0)
    return of_truth(true, true | false)


def _is(vector: Vector, truth: int) -> Bools:
    return (vector.tags == BOOL) & (vector.numbers == truth)


def _state(test: Callable[[Vector], Bools]) -> Callable[[Vector], Vector]:
    return lambda vector: of_truth(test(vector))


def _is_nan(vector: Vector) -> Bools:
    import numpy as np

    return (vector.tags == NUMBER) & np.isnan(vector.numbers)


def _is_finite(vector: Vector) -> Bools:
    import numpy as np

    return (vector.tags == NUMBER) & np.isfinite(vector.numbers)


def _is_infinite(vector: Vector) -> Bools:
    import numpy as np

    return (vector.tags == NUMBER) & np.isinf(vector.numbers)


_STATES: Mapping[State, Callable[[Vector], Vector]] = MappingProxyType(
    {
        State.NULL: _state(lambda vector: vector.tags >= NULL),
        State.NAN: _state(_is_nan),
        State.FINITE: _state(_is_finite),
        State.INFINITE: _state(_is_infinite),
        State.MISSING: _state(lambda vector: vector.tags == NO_VALUE),
    }
)


def has_ends(values: Sequence[Value]) -> bool:
    """Whether values may hold a time at an end of the calendar: no array holds one."""
    try:
        encode(values)
    except NotHeld:
        return True
    return False
