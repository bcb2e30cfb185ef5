"""A query of a text that was checked: all that its answer or its explanation needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from runql.config import Settings
from runql.execute.deferred_names import Doubt
from runql.execute.inner_query import InnerQuery
from runql.execute.progress import Spent
from runql.plan.answers import Asked
from runql.plan.nodes import Plan
from runql.script.options import Options
from runql.semantic.catalog import Catalog
from runql.sources.open import SourcePlace
from runql.syntax import tree
from runql.syntax.tree import PullStatement
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen


class Explanation:
    """What a query becomes, as text; `str()` of it gives the text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


@frozen
class KnownSources:
    """What a query was checked against: sources, catalog, and what of it is to be seen when runs come."""

    places: tuple[SourcePlace, ...] = ()
    catalog: Catalog | None = None
    doubt: Doubt | None = None


@frozen(kw_only=True)
class CheckedQuery:
    """A query that may run. `tree` is what was written, `said` what is to be said of it already, `spent` what it has
    cost so far. `hidden`: values that are secret. `folder`: where the paths of `to` are meant from.
    `inner`: the questions inside of it. `params`, `source`: what its parameters stand for, and the source that it does
    not name."""

    plan: Plan
    places: tuple[SourcePlace, ...]
    catalog: Catalog
    tree: tree.Query
    said: tuple[Diagnostic, ...] = ()
    explains: bool = False
    spent: Spent
    options: Options = field(default_factory=Options)
    doubt: Doubt | None = None
    hidden: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path)
    inner: Mapping[Asked, InnerQuery] = field(default_factory=dict)
    pull: PullStatement | None = None
    """The runs are copied to the store that this names."""
    settings: Settings = field(default_factory=Settings)
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    source: str | None = None
