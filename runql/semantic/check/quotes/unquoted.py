"""Words that stand where a value must, without quotes (`state = finished`, `tags has lr`), and the lists of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, assert_never

from runql.language.fields import RUN_STATES, Space, state_like
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check_context import rewrite
from runql.semantic.names.nearest import nearest_names
from runql.semantic.operands import BROKEN, Operand, constant, literal_text
from runql.semantic.spelling import code
from runql.semantic.typed import TField
from runql.syntax import tree
from runql.text.diagnostic import Fix
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

_TIMES = ("now", "today", "yesterday")
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def is_word(node: tree.Expr) -> bool:
    """Whether a node is one word that could have been meant as text."""
    return isinstance(node, tree.Field) and len(node.path.segments) == 1 and not node.path.exact


def values_meant(word: str, beside: Operand, catalog: Catalog | None) -> tuple[str, ...]:
    """What a word beside an operand may be meant for, as it is written, likeliest first; none if text never fits."""
    if beside.kinds == frozenset({Kind.BOOL}):
        return (_TRUTHS[word.lower()],) if word.lower() in _TRUTHS else ()
    if beside.kinds == frozenset({Kind.TIME}):
        return tuple(nearest_names(word.lower(), _TIMES, limit=1))
    if not beside.kinds & {Kind.TEXT, Kind.LIST}:
        return ()
    known = known_values(beside, catalog)
    same = [value for value in known if value.casefold() == word.casefold()]
    near = same or nearest_names(word, known, limit=1)
    if beside.is_state:
        near = near or state_like(word)
    return tuple(map(literal_text, near)) or (literal_text(word),)


def known_values(operand: Operand, catalog: Catalog | None) -> Sequence[str]:
    """The texts that a field is known to hold."""
    if operand.is_state:
        return RUN_STATES
    expr = operand.expr
    if isinstance(expr, TField) and expr.key.space is Space.RUN and expr.key.segments == ("tags",):
        return tuple(catalog.tags) if catalog is not None else ()
    info = operand.info
    return [value for value, _ in (*info.top, *info.elements) if isinstance(value, str)] if info is not None else []


def element_meant(node: tree.Compare, left: Operand, catalog: Catalog | None) -> str | None:
    """`tags = best`: the test of a list that a word beside it means; `None` where it is no list, or no word."""
    right, equal = node.right, node.op in (tree.Comparison.EQ, tree.Comparison.NE)
    if not equal or left.kinds != frozenset({Kind.LIST}) or not (isinstance(right, tree.Field) and is_word(right)):
        return None
    texts = values_meant(str(right.path.segments[0]), left, catalog)
    return f"{'not ' * (node.op is tree.Comparison.NE)}{left.text} has {texts[0]}" if texts else None


@frozen
class Meant:
    """What a value alone stands for behind a test: what to say, and the fixes, if only one can be meant."""

    hint: str
    fixes: tuple[Fix, ...] = ()


class Joined:
    """The terms of a condition so far. A value alone (`a = 1 or 2`) lacks the comparison that stands before it.

    That a field equals two values holds for no run, and that it differs from one or the other for each: `in` is meant.
    """

    def __init__(self, written: Callable[[tree.Expr], str], any_of: bool) -> None:
        self._written = written
        self._any_of = any_of
        self._before: tree.Expr | None = None
        self._values = 0

    def follow(self, term: tree.Expr) -> None:
        """Go on to the next term."""
        is_value = isinstance(term, tree.Literal) or self._is_state(term)
        self._values = self._values + 1 if is_value else 0
        self._before = self._before if is_value else term

    def value(self, term: tree.Expr) -> Meant | None:
        """What a term means that is a value alone; `None` if it is none, or nothing before it is a test."""
        test, span = test_of(self._before), term.span
        if test is None or not (isinstance(term, tree.Literal) or self._is_state(term)):
            return None
        left, sign = self._written(test[0]), test[1]
        value = self._written(term) if isinstance(term, tree.Literal) else literal_text(self._written(term))
        if (held := self._never(sign)) is None:
            text = f"{left} {_OF_ONE.get(sign, sign)} {value}"
            return Meant(f"each condition is written in full: {code(text)}", rewrite(span, text))
        few = "not in" if self._any_of else "in"
        which = "none" if self._any_of else "one"
        before = self._before
        if self._any_of or not held or self._values or before is None or NOWHERE in (before.span, span):
            return Meant(f"{which} of several values: `{left} {few} (…)`")
        # That it differs from one or the other may be meant for `not in` or for `=`: nothing is offered.
        text = f"{left} {few} ({held}, {value})"
        return Meant(f"{which} of several values: {code(text)}", rewrite(before.span.to(span), text))

    def _never(self, sign: str) -> str | None:
        """The values that the test before holds the field against, if one more beside it would hold for no run, or for
        each; an empty text if they are not known by themselves, `None` if it may hold."""
        if (sign, self._any_of) not in _NEVER:
            return None
        return self._listed() if "in" in sign else self._compared()

    def _compared(self) -> str:
        return self._written(self._before.right) if isinstance(self._before, tree.Compare) else ""

    def _listed(self) -> str:
        items = self._before.items if isinstance(self._before, tree.In) else ()
        return ", ".join(map(self._written, items)) if isinstance(items, tuple) else ""

    def _is_state(self, term: tree.Expr) -> bool:
        """Whether a word is a state behind a test of the state."""
        test = test_of(self._before)
        is_word = isinstance(term, tree.Field) and self._written(term) in RUN_STATES
        return is_word and test is not None and self._written(test[0]) == "state"


_NEVER: Final = (("=", False), ("!=", True), ("in", False), ("not in", True))
"""How tests of one field are joined that together hold for no run, or for each."""

_OF_ONE: Final = {"in": "=", "not in": "!="}


def test_of(node: tree.Expr | None) -> tuple[tree.Expr, str] | None:  # noqa: PLR0911 - one line a node
    """What a test asks, and how."""
    match node:
        case tree.Compare(op=op, left=left):
            return left, str(op)
        case tree.Has(mode=tree.HasMode.ONE, value=value):
            return value, "has"
        case tree.TextTest(op=text_op, value=value, negated=False):
            return value, str(text_op)
        case tree.In(value=value, negated=negated):
            return value, "not in" if negated else "in"
        case tree.And(terms=(*_, last)) | tree.Or(terms=(*_, last)):
            return test_of(last)
        case None:
            return None
        case tree.Literal() | tree.Time() | tree.RelativeTime() | tree.Duration() | tree.Param() | tree.Field():
            return None
        case tree.ListValue():
            return None
        case tree.Between() | tree.TextTest() | tree.Has() | tree.Untagged() | tree.Is() | tree.Not():
            return None
        case tree.And() | tree.Or() | tree.Arithmetic() | tree.Negate() | tree.Call() | tree.Window():
            return None
        case tree.ValueQuery() | tree.Regex() | tree.Broken() | tree.AnyField():
            return None
        case _:
            assert_never(node)


# ---------------------------------------------------------------- lists that are written out


def list_value(expressions: ExpressionCheck, node: tree.ListValue, span: Span) -> Operand:
    """A list of constants, the same for each run."""
    items = [_element(expressions, item) for item in node.items]
    if any(item is BROKEN or not item.is_constant for item in items):
        return BROKEN
    shown = next((item.shown for item in items if item.shown), "")
    return constant(tuple(item.value for item in items), span, text=expressions.written(node) or None, shown=shown)


def _element(expressions: ExpressionCheck, node: tree.Expr) -> Operand:
    """One value of a list. A word is a text without its quotes."""
    if isinstance(node, tree.Field) and is_word(node):
        text = f'"{expressions.written(node)}"'
        hints, fixes = (f"text stands in quotes: {code(text)}",), rewrite(node.span, text)
        expressions.report.add("RQL203", "a list holds values, not fields", node.span, *hints, fixes=fixes)
        return BROKEN
    operand = expressions.operand(node)
    if not operand.is_constant:
        expressions.report.add("RQL203", "a list holds values, not fields or expressions", operand.span)
    return operand
