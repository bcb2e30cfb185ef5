"""From a checked query to its plan: nothing of the query gets lost, and nothing else is needed behind it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import runql
from runql.engine.histories.facts import LoggedIn
from runql.execute.histories import AggregateReader
from runql.execute.operators import RunOperators
from runql.execute.run_facts import RunFacts
from runql.plan.capabilities import AT_HAND, Capabilities, Trust
from runql.plan.lower import lower
from runql.plan.nodes import (
    Count,
    Fetch,
    Filter,
    Histories,
    Limit,
    Merge,
    Node,
    Offset,
    Projection,
    RunScan,
    Slice,
    Sort,
    TableStage,
    Watch,
    keys_of,
    limit_of,
    nodes,
    stages_of,
    taken_of,
    those,
)
from runql.plan.push import push, spread
from runql.plan.selectors import TypedSelector
from runql.plan.simplify import by_cost
from runql.semantic.typed import TypedQuery
from runql.text.frozen import frozen
from tests.semantic.world import COMPLETE, checked, typed

SERVER = Capabilities(order=Trust.EXACT)
ROUGH = Capabilities()
STORE = Capabilities(filters=Trust.EXACT, order=Trust.EXACT)
DISK = AT_HAND


def kinds(plan: Node) -> list[type[Node]]:
    return [type(node) for node in nodes(plan)]


# ---------------------------------------------------------------- every field is in the tree

CHANGES = {
    "target": ("run abc", "sweep abc"),
    "ident": ("run abc", "run abd"),
    "sources": ("runs from a/b", "runs from a/c"),
    "where": ("runs where config.lr > 1 select id", "runs where config.lr > 2 select id"),
    "order": ("runs order name", "runs order -name"),
    "limit": ("runs limit 1", "runs limit 2"),
    "offset": ("runs limit 1 offset 1", "runs limit 1 offset 2"),
    "page": ("runs page 1", "runs page 2"),
    "lazy": ("runs full select id", "runs select id"),
    "with_sweeps": ("runs", "runs with sweeps"),
    "histories": ("runs keys loss", "runs keys acc"),
    "columns": ("runs select id", "runs select id, name"),
}
"""For each field of a typed query two queries that differ in it."""


def test_there_is_a_change_of_every_field_of_a_typed_query() -> None:
    assert list(CHANGES) == [field.name for field in fields(TypedQuery)]


@pytest.mark.parametrize("name", CHANGES)
def test_every_field_of_a_typed_query_is_in_its_plan(name: str) -> None:
    one, other = map(typed, CHANGES[name])
    changed = replace(one, **{name: getattr(other, name)})
    assert changed != one, "the two queries do not differ"
    assert lower(changed) != lower(one)


def test_nothing_behind_the_plan_knows_the_typed_query() -> None:
    root = Path(runql.__file__).parent
    floors = [
        root / "execute",
        root / "advice",
        root / "engine",
        root / "sources",
        root / "wandb_api",
        root / "results",
    ]
    for path in (each for floor in floors for each in floor.rglob("*.py")):
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert "TypedQuery" not in names, path


# ---------------------------------------------------------------- the tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("runs", [Projection, Sort, RunScan]),
        ("runs where config.lr > 1 order name limit 2", [Projection, Limit, Sort, Filter, RunScan]),
        ("count runs where config.lr > 1", [Count, Filter, RunScan]),
        ("runs keys loss limit 2", [Histories, Limit, Sort, RunScan]),
        ("run abc", [Projection, Sort, RunScan]),
        ("count runs | derive twice = 2 * count", [TableStage, Count, RunScan]),
        ("runs select name | where name = 'a' | limit 3", [TableStage, TableStage, Projection, Sort, RunScan]),
    ],
)
def test_the_operations_of_a_query_from_the_top_down(text: str, expected: list[type[Node]]) -> None:
    found = checked(text)
    assert found.query is not None
    plan = lower(found.query, found.stages)
    assert kinds(plan) == expected
    assert stages_of(plan) == found.stages


@frozen
class EveryOther(Slice):
    """A choice by places that no query makes yet."""

    @property
    def kept(self) -> slice:
        return slice(1, None, 2)


def test_a_limit_above_a_choice_by_places_does_not_say_how_many_runs_are_read() -> None:
    chosen = Projection(Limit(cast(Any, EveryOther(Sort(RunScan()), 0)), 3))
    assert limit_of(chosen) is None
    assert [taken_of(chosen, count) for count in (0, 1, 2, 5, 6, 7, 100)] == [0, 0, 1, 2, 3, 3, 3]
    pushed = push(chosen, SERVER, None)
    assert pushed.source.most is None
    assert kinds(pushed.rest) == [Projection, Watch, Limit, EveryOther, Watch, Fetch]


def test_a_choice_by_places_counts_on_from_page_to_page() -> None:
    class Paged(RunOperators):
        def _merge(self, node: Merge) -> Iterator[Sequence[Any]]:
            return iter([[0], [1, 2, 3, 4], [], [5, 6], [7]])

    facts = SimpleNamespace(left_out=0)
    operators = Paged((), AggregateReader((), LoggedIn(()), LoggedIn(())), cast(RunFacts, facts), ())
    several = Merge((), ())
    assert cast(Any, list(operators.pull(cast(Any, EveryOther(several, 0))))) == [[], [1, 3], [], [5], [7]]
    assert facts.left_out == 4
    assert cast(Any, list(operators.pull(Offset(several, 3)))) == [[], [3, 4], [], [5, 6], [7]]


# ---------------------------------------------------------------- who does what

ASKED = "runs where config.lr > 0.01 order -summary.loss limit 5"
MIXED = "runs where config.lr > 0.01 and summary.loss < summary.acc order -summary.loss limit 5"
DEAR = "runs where config.lr > 0.01 and min(logged.loss) < 1 limit 5"


@pytest.mark.parametrize(
    ("text", "capabilities", "expected"),
    [
        # A server's filter is decided again here; its order is watched; the limit stops the reading behind the filter.
        (ASKED, SERVER, [Projection, Watch, Limit, Filter, Fetch]),
        (MIXED, SERVER, [Projection, Watch, Limit, Filter, Fetch]),
        # An order that is not ours is made here, below the limit.
        (ASKED, ROUGH, [Projection, Limit, Sort, Filter, Fetch]),
        ("runs order -summary.loss, name limit 5", SERVER, [Projection, Limit, Sort, Fetch]),
        # A source whose filters are exact decides what its filter can say whole; else nothing is dropped.
        (ASKED, STORE, [Projection, Watch, Limit, Fetch]),
        (MIXED, STORE, [Projection, Watch, Limit, Filter, Fetch]),
        ("count runs where config.lr > 0.01", STORE, [Count, Fetch]),
        ("count runs where config.lr > 0.01", SERVER, [Count, Filter, Fetch]),
        # What needs histories is decided last.
        (DEAR, SERVER, [Projection, Watch, Limit, Filter, Filter, Fetch]),
    ],
)
def test_what_a_source_takes_of_a_plan(text: str, capabilities: Capabilities, expected: list[type[Node]]) -> None:
    assert kinds(push(lower(typed(text)), capabilities, COMPLETE).rest) == expected


@pytest.mark.parametrize("capabilities", [SERVER, ROUGH, STORE, DISK, Capabilities(Trust.NONE, Trust.NONE)])
@pytest.mark.parametrize("text", [ASKED, MIXED, DEAR])
def test_a_limit_never_crosses_a_filter(text: str, capabilities: Capabilities) -> None:
    """No filter stands above a limit, and a source is only told of a limit if its filter alone decides."""
    pushed = push(lower(typed(text)), capabilities, COMPLETE)
    names = kinds(pushed.rest)
    assert Filter not in names[: names.index(Limit)]
    assert pushed.source.most is None or pushed.source.exact


@pytest.mark.parametrize(
    ("text", "capabilities", "stops"),
    [(ASKED, SERVER, True), (ASKED, ROUGH, False), (ASKED, DISK, False), (DEAR, DISK, True)],
)
def test_reading_stops_at_a_limit_only_in_the_order_of_the_plan(
    text: str, capabilities: Capabilities, stops: bool
) -> None:
    (limit,) = those(push(lower(typed(text)), capabilities, COMPLETE).rest, Limit)
    assert limit.stops is stops


def test_several_sources_are_merged_below_the_order() -> None:
    plan = spread(lower(typed(ASKED)), [SERVER, DISK, ROUGH], COMPLETE)
    assert kinds(plan)[:4] == [Projection, Limit, Sort, Merge]
    (merge,) = those(plan, Merge)
    assert merge.most == (5, None, None)
    assert [fetch.at for fetch in those(plan, Fetch)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("runs where config.lr > 1 and summary.loss > summary.acc", [Projection, Fetch]),
        ("runs where config.lr > 1 order -summary.loss, config.lr * 2 limit 3", [Projection, Limit, Fetch]),
        ("runs where config.lr > 1 and min(logged.loss) < 1", [Projection, Filter, Fetch]),
        ("runs where config.lr > 1 order min(logged.loss)", [Projection, Sort, Fetch]),
        ("count runs where config.lr > 1 or not state = failed", [Count, Fetch]),
        ("runs where config.lr > 1 keys loss", [Histories, Fetch]),
    ],
)
def test_what_a_source_at_hand_decides_is_not_decided_again(text: str, above: list[type[Node]]) -> None:
    query = typed(text.replace("= failed", '= "failed"'))
    pushed = push(lower(query), DISK, COMPLETE)
    assert kinds(pushed.rest) == above
    assert isinstance(pushed.source.selector, TypedSelector)
    assert pushed.source.exact is (Filter not in above)
    for node in those(pushed.rest, Filter):  # only what reads a history
        assert by_cost(node.condition)[0] is None
    assert (() if Sort in above else keys_of(lower(query))) == pushed.source.selector.order
