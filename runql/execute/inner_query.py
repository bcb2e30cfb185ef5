"""A question inside of another one, once it was checked."""

from __future__ import annotations

from runql.execute.deferred_names import Doubt
from runql.plan.nodes import Plan
from runql.semantic.catalog import Catalog
from runql.sources.open import SourcePlace
from runql.text.frozen import frozen


@frozen(kw_only=True)
class InnerQuery:
    """A question that was checked: its plan, over its own sources. `run_id`: the column of its runs' ids, `text`: its
    canonical form.
    """

    plan: Plan
    places: tuple[SourcePlace, ...]
    catalog: Catalog
    doubt: Doubt | None = None
    run_id: str | None = None
    text: str = ""
