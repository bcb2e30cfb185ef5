"""The keys of a join: those that both tables have first, and behind `=` the columns of the other one."""

from __future__ import annotations

from collections.abc import Iterator

from runql.ide.completion.items import ItemKind, Offer
from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.ide.named_tables import other_table
from runql.language.fields import RUN_FIELDS
from runql.semantic.check_stages.scope import Scope
from runql.semantic.spelling import PREFIXES
from runql.syntax import tree as t
from runql.syntax.lexer import lexer
from runql.syntax.literals import quote_name
from runql.text.frozen import frozen
from runql.text.render import clean

_FIRST = -1
_MADE = "n"
"""What `group` counts: no key."""


@frozen
class Keys:
    """The tables of a join at whose keys the cursor stands: the one whose columns come, and the other one."""

    table: Scope | None
    context: Context
    other: Scope | None = None


def keys_at(cursor: Cursor, table: Scope | None, context: Context, known: Context) -> Keys | None:
    """Whose columns come at the cursor, if it stands at a key of a join. `known` is of queries that name no source."""
    if cursor.clause != "JOIN" or cursor.previous not in {"ON", "EQ", "COMMA"}:
        return None
    stage = next((node for node in reversed(cursor.chain) if isinstance(node, t.JoinStage)), None)
    if stage is None:
        return None
    found = other_table(stage, known, context)
    if cursor.previous == "EQ":
        return Keys(Scope(), known) if found is None else Keys(*found)
    return Keys(table, context, None if found is None else found[0])


def shared(keys: Keys) -> Iterator[Offer]:
    """The columns of the other table that this one has too."""
    if keys.other is None or keys.table is None:
        return
    for name, facts in keys.other.columns.items():
        text = name if lexer().terminal_pattern("PATH").fullmatch(name) else quote_name(name)
        if name != _MADE and clean(text) == text and _is_known(name, keys.table, keys.context):
            kinds = " or ".join(sorted(facts.kinds)) if len(facts.kinds) == 1 else "a column"
            yield Offer(text, text, ItemKind.FIELD, _FIRST, f"{kinds} · in both tables", name=name)


def _is_known(name: str, table: Scope, context: Context) -> bool:
    if name in table.columns:
        return True
    space, _, rest = name.partition(".")
    is_field = context.catalog is not None and (PREFIXES.get(space), rest) in context.catalog.prefixes
    return table.fields and (name in RUN_FIELDS or is_field)
