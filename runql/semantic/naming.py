"""What columns are called: fields by their full name, values of histories as the language writes them."""

from __future__ import annotations

from runql.language.fields import Space
from runql.semantic.spelling import field_text
from runql.semantic.typed import FieldKey, TAggregate, TAnyField, TLogged
from runql.syntax.literals import write_string


def key_text(key: FieldKey) -> str:
    """A field by its full name: `config.lr`, `state`."""
    return key.written or field_text(key.space, key.segments, exact=key.exact)


def aggregate_text(node: TAggregate | TLogged) -> str:
    """A value of a history as the language writes it: `mean(logged.loss, last 100)`."""
    metric = field_text(Space.LOGGED, (node.metric,))
    if isinstance(node, TLogged):
        return f"exists({metric})"
    if node.written:
        return node.written
    last = f", last {node.last_rows}" if node.last_rows is not None else ""
    return f"{node.name}({metric}{last}{', approx' if node.approx else ''})"


def searched_text(node: TAnyField) -> str:
    """One word of `search`, as a query of its own would ask for it."""
    return f"search {write_string(node.word)}"
