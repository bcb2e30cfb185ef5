"""What of a selector an engine answers exactly: each term by itself, and the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runql.plan.selectors import TypedSelector
from runql.plan.simplify import all_of
from runql.plan.to_sql.fields import OddOf
from runql.plan.to_sql.statement import RunStatement, statement_of
from runql.semantic.typed import TAnd, TypedExpr
from runql.sources.store.lake.spelling import EngineDialect, spelled


def exact_statement(
    selector: TypedSelector, odd_of: OddOf, dialect: EngineDialect, entity: str = "", project: str = ""
) -> RunStatement:
    """The statement of what an engine says exactly. Other terms, and an order that it does not, are decided here."""

    def is_exact(part: TypedSelector) -> bool:
        one = statement_of(part, odd_of)
        return not one.here and one.ordered and spelled(one.sql("r.nr"), dialect) is not None

    terms = [(term, is_exact(TypedSelector(term))) for term in _terms(selector.condition)]
    ordered = is_exact(TypedSelector(order=selector.order))
    asked = TypedSelector(all_of([term for term, there in terms if there]), selector.order if ordered else ())
    found = statement_of(asked, odd_of, entity, project)
    return replace(found, here=tuple(term for term, there in terms if not there), ordered=ordered)


def _terms(condition: TypedExpr | None) -> Sequence[TypedExpr]:
    if condition is None:
        return ()
    return condition.terms if isinstance(condition, TAnd) else (condition,)
