"""Whether more or less of a metric is better, as its name tells, and what is worth a rank."""

from __future__ import annotations

from collections.abc import Iterable

from runql.language.fields import Space
from runql.language.goals import less_is_better
from runql.semantic.catalog import Catalog
from runql.syntax.tree import Goal


def goal_of(name: str) -> Goal | None:
    """Whether more or less is better, by the words in a name; `None` if they don't tell."""
    less = less_is_better(name)
    return None if less is None else Goal.MIN if less else Goal.MAX


def ranking_key(columns: Iterable[str], catalog: Catalog | None) -> str:
    """A key to rank by, best first: of these columns of numbers, else of the metrics of the runs in a catalog."""
    found = [name for name in columns if "`" not in name and "(" not in name]
    named = [name for name in found if name.startswith("summary.")]
    if catalog is not None:
        numbers = [one for one in catalog.fields if one.space is Space.SUMMARY and one.median is not None]
        named += [f"summary.{one.dotted}" for one in numbers if one.dotted.isidentifier()]
    named += [one for one in found if "." not in one]
    told = [one for one in named if goal_of(one) is not None]
    best = (told or named or ["summary.loss"])[0]
    return best if goal_of(best) is Goal.MIN else f"-{best}"
