"""Windows in a list of columns: where a comma behind one may mean another key of its order, or another column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias, assert_never

from runql.syntax import tree
from runql.syntax.tree.walk import nodes
from runql.text.frozen import frozen
from runql.text.source import NOWHERE

Item: TypeAlias = "tree.Column | tree.Definition | tree.OrderKey | tree.Expr"
"""What stands in a list of columns or keys."""


@frozen
class Comma:
    """`rank() over m order -a, b`: the column that ends with the window, the key, and the column behind the comma."""

    before: Item
    key: tree.OrderKey
    behind: Item

    @property
    def is_open(self) -> bool:
        """Whether no parenthesis closes the window before the comma, as it is written."""
        return self.key.span != NOWHERE and self.before.span.end == self.key.span.end


def windows_in(node: tree.Node) -> Iterator[tree.Window]:
    """The windows that a part of a query holds, in no order."""
    return (one for one in nodes(node) if isinstance(one, tree.Window))


def calls_in(node: tree.Node) -> Iterator[tree.Call]:
    """The calls that a part of a query holds, in no order."""
    return (one for one in nodes(node) if isinstance(one, tree.Call))


def value_of(item: Item) -> tree.Expr:
    """The value of a column or a key."""
    return item.value if isinstance(item, tree.Column | tree.Definition | tree.OrderKey) else item


def commas(columns: Sequence[Item]) -> Iterator[Comma]:
    """The commas that may mean two things: behind a window with one short key, before a field without a name."""
    for before, behind in pairwise(columns):
        is_named = isinstance(before, tree.Column) and before.name is not None  # `as r` stands before the comma
        key = None if is_named else _last_key(value_of(before))
        if key is not None and _may_be_key(behind):
            yield Comma(before, key, behind)


def _may_be_key(item: Item) -> bool:
    """Whether it is a field without a name, or that with a minus."""
    is_named = (isinstance(item, tree.Column) and item.name is not None) or (
        isinstance(item, tree.Definition) and item.defined is not None
    )
    value = value_of(item)
    value = value.value if isinstance(value, tree.Negate) else value
    return not is_named and isinstance(value, tree.Field) and not value.path.is_glob


def _last_key(value: tree.Expr) -> tree.OrderKey | None:
    """The only key of the window that a value ends with, if it needs no parentheses."""
    window = last_window(value)
    keys = () if window is None else window.order
    return keys[0] if len(keys) == 1 and isinstance(keys[0].value, tree.Field | tree.Call) else None


def last_window(value: tree.Expr) -> tree.Window | None:  # noqa: PLR0911 - one line a node
    """The window that a value ends with: an `order` behind it would be read as its own, unless it has one."""
    match value:
        case tree.Window():
            return value
        case tree.Arithmetic(right=right) | tree.Compare(right=right) | tree.Between(high=right):
            return last_window(right)
        case tree.TextTest(pattern=right):
            return last_window(right)
        case tree.Negate(value=inner) | tree.Not(value=inner):
            return last_window(inner)
        case tree.And(terms=terms) | tree.Or(terms=terms):
            return last_window(terms[-1])
        case tree.Literal() | tree.ListValue() | tree.Time() | tree.RelativeTime() | tree.Duration() | tree.Param():
            return None
        case tree.Regex() | tree.Field() | tree.In() | tree.Has() | tree.Untagged() | tree.Is() | tree.Call():
            return None
        case tree.AnyField() | tree.ValueQuery() | tree.Broken():
            return None
        case _:
            assert_never(value)
