"""What is asked in SQL, and in whose words: the part of a statement that depends on who answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from runql.plan.selectors import TypedSelector
from runql.plan.to_sql.fields import nothing_odd
from runql.plan.to_sql.statement import RunStatement, statement_of
from runql.text.frozen import frozen


@frozen
class SqlSpeech:
    """`statement`: what of a selector, of an entity and a project, is asked in SQL where nobody looked for what is odd.
    `spell`: a statement in the words of who answers it. `engine`: who that is, where it is not this process."""

    statement: Callable[[TypedSelector, str, str], RunStatement]
    spell: Callable[[str], str]
    engine: str = ""


def _statement(selector: TypedSelector, entity: str, project: str) -> RunStatement:
    return statement_of(selector, nothing_odd, entity, project)


DUCKDB: Final = SqlSpeech(_statement, str)
"""That of a store which is asked in this process."""
