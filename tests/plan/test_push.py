"""What goes to a backend, by example: the filter, the order, the pages, and what is said of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runql.plan.capabilities import Capabilities, Trust
from runql.plan.lower import lower
from runql.plan.nodes import Fetch, Filter, those
from runql.plan.push import push
from runql.semantic.catalog import Catalog
from tests.plan.documents import asked
from tests.semantic.world import COMPLETE, PARTIAL, typed

SERVER = Capabilities()
OURS = Capabilities(Trust.EXACT, Trust.EXACT)


def pushed(text: str, capabilities: Capabilities = SERVER, catalog: Catalog | None = COMPLETE) -> Fetch:
    return push(lower(typed(text, catalog)), capabilities, catalog).source


def filters(condition: str, capabilities: Capabilities = SERVER, catalog: Catalog | None = COMPLETE) -> dict[str, Any]:
    return dict(asked(pushed(f"runs where {condition}", capabilities, catalog)).filters)


NOTHING: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("config.lr > 0.01", {"config.lr": {"$gt": 0.01}}),
        ("0.01 < config.lr", {"config.lr": {"$gt": 0.01}}),
        ("config.lr > 0.01 and config.lr <= 1", {"config.lr": {"$gt": 0.01, "$lte": 1}}),
        ("config.lr between 0.01 and 1", {"config.lr": {"$gte": 0.01, "$lte": 1}}),
        ("config.lr = 0.1", {"config.lr": 0.1}),
        ("config.use_amp", {"config.use_amp": True}),
        ("not config.use_amp", {"config.use_amp": False}),
        ("config.model.depth >= 18", {"config.model.value.depth": {"$gte": 18}}),
        ("config.model.`depth` >= 18", {"config.model.value.depth": {"$gte": 18}}),
        ("config.`pbt.workspace` = 'a'", NOTHING),
        ("config.pbt.`workspace` = 'a'", {"config.pbt.value.workspace": "a"}),
        ("config.layers[0] = 1", NOTHING),
        ("summary.val/loss < 1", {"summary_metrics.val/loss": {"$lt": 1}}),
        ("summary.`top-1 acc` > 0.9", NOTHING),
        ("summary.val/loss > summary.loss", NOTHING),
        ("log10(config.lr) < -3", NOTHING),
        ("min(logged.loss) < 1", NOTHING),
        ("config.optimizer in ('adam', 'sgd')", {"config.optimizer": {"$in": ["adam", "sgd"]}}),
        ("config.lr in (0.1, nan, inf)", NOTHING),
        ("config.lr in (0.1, nan)", {"config.lr": 0.1}),
        ("config.optimizer contains 'a.b'", {"config.optimizer": {"$regex": r"a\.b"}}),
        ("name startswith 'run'", {"displayName": {"$regex": "^run"}}),
        ("name glob 'run-*'", {"displayName": {"$regex": "^run-"}}),
        ("name glob '*run?1*'", {"displayName": {"$regex": "(?s)run.1"}}),
        ("name ~ '^(a|b)-[0-9]+$'", {"displayName": {"$regex": "^(a|b)-[0-9]+$"}}),
        (r"name ~ '\\w+'", NOTHING),
        ("name ~* 'Run'", {"displayName": {"$regex": "(?i)Run"}}),
        ("name !~ 'run'", NOTHING),
        ("id = 'abc123'", {"name": "abc123"}),
        ("name = 'x'", {"displayName": "x"}),
        ("state = 'Finished'", {"state": "finished"}),
        ("state != 'crashed'", {"state": {"$ne": "crashed"}}),
        ("state not in ('crashed', 'failed')", {"state": {"$nin": ["crashed", "failed"]}}),
        ("group != 'a'", {"$or": [{"group": {"$ne": "a"}}, {"group": None}]}),
        ("group is null", {"group": None}),
        ("group is not null", {"group": {"$ne": None}}),
        ("sweep = 'abc' and user = 'ann'", {"sweep": "abc", "username": "ann"}),
        ("notes = 'x'", NOTHING),
        ("runtime > 2h", NOTHING),
        ("tags has 'x'", {"tags": "x"}),
        ("tags has any ('x', 'y')", {"tags": {"$in": ["x", "y"]}}),
        ("tags has all ('x', 'y')", {"$and": [{"tags": "x"}, {"tags": "y"}]}),
        ("not tags has 'x'", {"$or": [{"tags": None}, {"tags": {"$ne": "x"}}]}),
        ("untagged", NOTHING),
        ("exists(logged.val/loss)", {"keys_info.keys.val/loss": {"$exists": True}}),
        ("missing(logged.loss)", {"keys_info.keys.loss": {"$exists": False}}),
        ("missing(config.lr)", {"config.lr": {"$exists": False}}),
        ("config.lr is not null", {"config.lr": {"$exists": True}}),
        ("config.lr != 0.1", NOTHING),
        ("not config.lr > 0.1", NOTHING),
        ("created >= 2026-01-31", {"createdAt": {"$gte": "2026-01-31T00:00:00Z"}}),
        ("created = 2026-01-31", {"createdAt": {"$gte": "2026-01-31T00:00:00Z", "$lt": "2026-02-01T00:00:00Z"}}),
        ("created <= 2026-01-31T12:00", {"createdAt": {"$lt": "2026-01-31T12:00:01Z"}}),
        ("not created > 2026-01-31T12:00", {"createdAt": {"$lt": "2026-01-31T12:00:01Z"}}),
        (
            "config.lr > 1 or summary.loss < 1",
            {"$or": [{"config.lr": {"$gt": 1}}, {"summary_metrics.loss": {"$lt": 1}}]},
        ),
        ("config.lr > 1 or summary.val/loss > summary.loss", NOTHING),
        ("not (config.use_amp or state = 'failed')", {"config.use_amp": False, "state": {"$ne": "failed"}}),
    ],
)
def test_the_filter_of_a_condition(condition: str, expected: dict[str, Any]) -> None:
    assert json.dumps(filters(condition)) == json.dumps(expected)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("config.lr != 0.1", {"config.lr": {"$ne": 0.1}}),
        ("config.lr = null", {"config.lr": None}),
        ("config.layers != null", {"config.layers": {"$exists": True}}),
        ("exists(config.lr)", {"config.lr": {"$exists": True}}),
        ("not tags has 'x'", {"tags": {"$ne": "x"}}),
        ("untagged", {"$or": [{"tags": None}, {"tags": []}]}),
        ("name !~ 'run'", {"$nor": [{"displayName": {"$regex": "run"}}]}),
        ("runtime > 2h", {"duration": {"$gt": 7200}}),
        ("created <= 2026-01-31T12:00", {"createdAt": {"$lte": "2026-01-31T12:00:00Z"}}),
    ],
)
def test_a_backend_that_keeps_to_the_manual_gets_more(condition: str, expected: dict[str, Any]) -> None:
    assert json.dumps(filters(condition, OURS)) == json.dumps(expected)


@pytest.mark.parametrize(
    "condition",
    ["config.model.depth > 1", "config.lr != 0.1", "config.a.b.c = 'x'"],
)
def test_what_only_a_whole_catalog_allows(condition: str) -> None:
    assert filters(condition, OURS, PARTIAL) == {}


def test_one_and_true_are_two_values() -> None:
    found = filters("config.x = 1 or config.x = true or config.x = 1", catalog=None)
    assert json.dumps(found) == json.dumps({"$or": [{"config.x": 1}, {"config.x": True}]})


def test_a_backend_that_ignores_filters_gets_none() -> None:
    found = pushed("runs where config.lr > 1", Capabilities(filters=Trust.NONE))
    assert (asked(found).filters, found.exact) == ({}, False)


@pytest.mark.parametrize(
    ("condition", "exact"),
    [
        ("config.lr > 0.01", True),
        ("config.lr < 0.01", False),
        ("config.mixed > 1", False),
        ("config.optimizer = 'adam'", True),
        ("config.mixed = 1", True),
        ("state = 'finished' and tags has 'x'", True),
        ("state = 'finished' and summary.loss < summary.acc", False),
        ("state = 'finished' or config.lr < 0.01", False),
        ("created >= 2026-01-31", True),
        ("created > 2026-01-31T12:00", False),
    ],
)
def test_whether_the_filter_alone_decides(condition: str, exact: bool) -> None:
    assert pushed(f"count runs where {condition}").exact is exact


def test_without_a_catalog_a_filter_on_config_never_decides() -> None:
    assert not pushed("runs where config.lr > 1", catalog=None).exact


def test_the_whole_condition_stays() -> None:
    query = typed("runs where config.lr > 1 and summary.loss < summary.acc")
    rest = push(lower(query), SERVER, COMPLETE).rest
    assert [node.condition for node in those(rest, Filter)] == [query.where]


@pytest.mark.parametrize("condition", ["false", "config.lr > 1 and false", "not (true or config.lr > 1)"])
def test_a_condition_that_never_holds_asks_nothing(condition: str) -> None:
    assert pushed(f"runs where {condition}").is_empty


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", "+created_at"),
        ("order -created", "-created_at"),
        ("order -summary.loss, created", "-summary_metrics.loss"),
        ("order config.lr", "+config.lr.value"),
        ("order config.model.depth", "+config.model.value.depth"),
        ("order name", "+displayName"),
        ("order -summary.`top-1 acc`", "+created_at"),
        ("order summary.loss - summary.acc", "+created_at"),
    ],
)
def test_the_first_key_is_asked_for(order: str, expected: str) -> None:
    assert asked(pushed(f"runs {order}")).order == expected


@pytest.mark.parametrize(
    ("text", "capabilities", "crosses"),
    [
        ("runs limit 5", OURS, True),
        ("runs order -summary.loss limit 5", OURS, True),
        ("runs order -summary.loss, created limit 5", OURS, False),
        ("runs order summary.loss - summary.acc limit 5", OURS, False),
        ("runs order -summary.loss limit 5", SERVER, False),
        ("runs limit 5", Capabilities(order=Trust.NONE), False),
    ],
)
def test_a_limit_rests_only_on_an_order_that_is_ours(text: str, capabilities: Capabilities, crosses: bool) -> None:
    assert pushed(text, capabilities).ordered is crosses


@pytest.mark.parametrize(
    ("text", "capabilities", "size"),
    [
        ("runs select name", SERVER, 50),
        ("runs", SERVER, 100),
        ("runs where config.lr > 1", SERVER, 200),
        ("runs where config.lr > 1", Capabilities(column_subsets=False), 100),
        ("runs where config.lr > 1 page 7", SERVER, 7),
        ("runs where config.lr > 1 limit 5", OURS, 5),
        ("runs where config.lr < 1 limit 5", OURS, 5),
        ("runs limit 100000", OURS, 1000),
    ],
)
def test_the_size_of_a_page(text: str, capabilities: Capabilities, size: int) -> None:
    assert pushed(text, capabilities).per_page == size


def test_what_is_done_here_is_said_where_it_is_written() -> None:
    text = "runs where state = 'failed' and summary.loss < summary.acc and log(config.lr) > 1 order -summary.loss"
    notes = pushed(text).notes
    assert [(d.code, d.message, text[d.span.start : d.span.end]) for d in notes] == [
        ("RQL301", "2 filters are done here", "summary.loss < summary.acc and log(config.lr) > 1"),
        ("RQL305", "the order is made here", "summary.loss"),
    ]
    assert pushed("runs where state = 'failed'").notes == ()
