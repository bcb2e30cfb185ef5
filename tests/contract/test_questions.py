"""Inner questions: the same answer whoever holds the runs, and each asked once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runql import config
from runql.session import Result, Session
from runql.sources.open import SourcePlace
from tests.contract.backends import BACKENDS, Source
from tests.contract.sample import SampleProject, SampleRun
from tests.contract.server import ServedSample

MANY = 1_200
SEEDS = [1100, 5, 700, 1, 499, 500, 501, 1199, 4000]
"""Of a list of 0, 1, … the parts that hold a run, in an order that is not theirs; the last is in none."""


def _run(at: int, seed: int) -> SampleRun:
    key = f"t{seed}" if at % 2 else seed
    config = {"seed": seed, "key": key, "lr": at / 10, "at": at, "even": at % 2 == 0}
    return SampleRun(f"run{at}", f"name{at}", config=config, rows=({"acc": at % 4 / 4}, {"acc": at % 5 / 5}))


ALL = [*range(MANY)]
MIXED = [value for one in ALL for value in (one, f"t{one}")]
WIDE = [*MIXED, *(f"{'w' * 300}{one}" for one in range(700))]
"""More than a request has room for."""
LISTS: dict[str, Any] = {"all": ALL, "mixed": MIXED, "three": [5, 700, 1199], "none": [], "wide": WIDE}
SAMPLE = SampleProject(
    "acme",
    "lists",
    (*(_run(at, seed) for at, seed in enumerate(SEEDS)), SampleRun("holder", "holder", config={"list": LISTS})),
)
THREE = "(runs where config.lr < 0.3 select config.seed)"


def listed(name: str) -> str:
    return f'(runs where id = "holder" | unnest config.list.{name} as v | select v)'


@pytest.fixture(scope="module", params=sorted(BACKENDS))
def holder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """The runs and the lists, held by one of the backends."""
    made = BACKENDS[request.param].make(SAMPLE, tmp_path_factory.mktemp(request.param))
    yield made
    made.service.close()


def asked(source: Source, text: str, **params: Any) -> Result:
    session = Session(source.service, config.Settings(), now=datetime(2026, 1, 1, tzinfo=UTC), zone=UTC)
    session._places[""] = SourcePlace("sample", source.service, source.entity, source.project)
    result = session.run(text, params)[-1]
    assert isinstance(result, Result)
    return result


def rows_of(source: Source, text: str, **params: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in asked(source, text, **params)]


def ids(*places: int, others: tuple[str, ...] = ()) -> list[tuple[str]]:
    return [*((f"run{at}",) for at in places), *((one,) for one in others)]


QUERIES: list[tuple[str, list[tuple[Any, ...]]]] = [
    (f"runs where config.seed in {THREE} select id", ids(0, 1, 2)),
    (f"runs where config.seed not in {THREE} select id", ids(*range(3, 9), others=("holder",))),
    (f"runs where config.seed in {listed('all')} select id", ids(*range(8))),
    (f"runs where config.seed in {listed('all')} order -config.seed select id", ids(7, 0, 2, 6, 5, 4, 1, 3)),
    (
        f"runs where config.seed in {listed('all')} order config.even, -config.seed select id",
        ids(7, 5, 1, 3, 0, 2, 6, 4),
    ),
    (f"runs where config.seed in {listed('all')} select id limit 3", ids(0, 1, 2)),
    (f"runs where config.seed in {listed('all')} select id limit 3 offset 4", ids(4, 5, 6)),
    (f"runs where config.seed in {listed('all')} order config.seed select id limit 2 offset 1", ids(1, 4)),
    (f"runs where config.seed in {listed('all')} | offset 2 | limit 2 | select id", ids(2, 3)),
    (f"count runs where config.seed in {listed('all')}", [(8,)]),
    (f"count runs where config.seed in {listed('all')} and config.even", [(4,)]),
    (f"runs where config.seed not in {listed('all')} select id", ids(8, others=("holder",))),
    (f"count runs where config.seed not in {listed('all')}", [(2,)]),
    (f'runs where config.seed in {listed("all")} or id = "run8" select id', ids(*range(9))),
    (f"runs where config.seed in {listed('all')} and config.key in {listed('mixed')} select id", ids(*range(8))),
    (f"runs where config.key in {listed('mixed')} select id", ids(*range(8))),
    (f"runs where config.key in {listed('mixed')} select id limit 4", ids(0, 1, 2, 3)),
    (f"runs where config.seed in {listed('none')} select id", []),
    (f"runs where config.seed not in {listed('none')} select id limit 2", ids(0, 1)),
    (f"count runs where config.seed in {listed('none')}", [(0,)]),
    (f"runs where config.seed in {listed('three')} and config.seed in {listed('three')} select id", ids(1, 2, 7)),
    ("runs where config.lr >= value(runs | group : max(config.lr)) select id", ids(8)),
    (f"runs where config.lr = value(runs where config.seed in {THREE} | group : max(config.lr)) select id", ids(2)),
    (
        "runs where config.even select id, config.at | join left (runs where not config.even | derive k = config.at - 1"
        " | select k, config.seed as seed) on config.at = k | select id, seed",
        [("run0", 5), ("run2", 1), ("run4", 500), ("run6", 1199), ("run8", None)],
    ),
    (
        f"let small = {THREE[1:-1]}, id as other; runs select id, config.seed | join inner small on config.seed"
        " | select id, other",
        [(one, one) for (one,) in ids(0, 1, 2)],
    ),
    (
        f"runs where config.lr < 0.2 select id | union (runs where config.seed in {listed('all')} order -config.at"
        " limit 2 select id)",
        ids(0, 1, 7, 6),
    ),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[query for query, _ in QUERIES])
def test_an_inner_question_gives_the_same(holder: Source, query: str, expected: list[tuple[Any, ...]]) -> None:
    assert rows_of(holder, query) == expected


@pytest.mark.parametrize(
    ("query", "params", "expected"),
    [
        (
            "let low = runs where config.lr < $most select config.seed;"
            " runs where config.seed in (runs from low) select id",
            {"most": 0.3},
            ids(0, 1, 2),
        ),
        (
            "runs where config.seed in (runs where config.seed in $seeds select config.seed) select id",
            {"seeds": [700, 1]},
            ids(2, 3),
        ),
        (
            "let top = runs where config.lr < $most | group : max(config.lr);"
            " runs where config.lr = value(runs from top) select id",
            {"most": 0.3},
            ids(2),
        ),
        ("runs where config.seed in $seeds select id", {"seeds": ALL}, ids(*range(8))),
        ("runs where config.seed in $seeds select id", {"seeds": [*ALL, *map(float, ALL)]}, ids(*range(8))),
        ("count runs where config.seed in $seeds", {"seeds": [*ALL, *map(float, ALL)]}, [(8,)]),
        ("runs where config.seed in $seeds order -config.seed select id limit 2", {"seeds": [*ALL, *ALL]}, ids(7, 0)),
    ],
)
def test_params_reach_inner_questions(
    holder: Source, query: str, params: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    assert rows_of(holder, query, **params) == expected


@pytest.fixture(scope="module")
def served() -> Iterator[Source]:
    made = BACKENDS["wandb"].make(SAMPLE, Path())
    yield made
    made.service.close()


def filters_of(source: Source, text: str) -> tuple[Result, list[Any]]:
    """What is answered, and the filters that the server was asked for, in order; those of its catalog are none."""
    service = source.service
    assert isinstance(service, ServedSample)
    service.loopback.forget()
    result = asked(source, text)
    list(result)
    seen = [one.variables.get("filters") for one in service.loopback.seen]
    return result, [json.loads(one) for one in seen if one]


def test_a_short_list_is_one_filter_of_the_server(served: Source) -> None:
    twice = f"runs where config.seed in {THREE} or config.at in {THREE} select id"
    result, filters = filters_of(served, f"runs where config.seed in {THREE} select id")
    assert filters == [{"config.lr": {"$lt": 0.3}}, {"config.seed": {"$in": [1100, 5, 700]}}]
    assert result.notices == ()
    values = {"$in": [1100, 5, 700]}
    assert filters_of(served, twice)[1] == [
        {"config.lr": {"$lt": 0.3}},
        {"$or": [{"config.seed": values}, {"config.at": values}]},
    ]


def test_a_long_list_is_asked_in_parts(served: Source) -> None:
    for query in ("runs where {} select id", "runs where {} select id limit 2", "count runs where {}"):
        result, filters = filters_of(served, query.format(f"config.seed in {listed('all')}"))
        (inner, *parts) = filters
        assert inner == {"name": "holder"}
        lists = sorted((one["config.seed"]["$in"] for one in parts), key=lambda one: ALL.index(one[0]))
        assert [len(one) for one in lists] == [500, 500, 200]  # asked at once: they arrive in any order
        assert [value for one in lists for value in one] == ALL
        assert result.notices == ()


@pytest.mark.parametrize(
    ("condition", "expected", "codes"),
    [
        (f"config.seed in {listed('all')} and config.key in {listed('wide')}", ids(*range(8)), []),
        (f"config.key in {listed('wide')} or config.at = 8", ids(*range(9)), ["RQL301"]),
    ],
)
def test_no_filter_is_larger_than_a_request_may_be(
    served: Source, condition: str, expected: list[tuple[Any, ...]], codes: list[str]
) -> None:
    result, filters = filters_of(served, f"runs where {condition} select id")
    assert [tuple(row.values()) for row in result] == expected
    assert max(len(json.dumps(one)) for one in filters) < 100_000
    assert [one.code for one in result.notices] == codes


def test_what_every_part_says_is_said_once(served: Source) -> None:
    result, _ = filters_of(served, f"runs where config.seed in {listed('all')} and len(name) > 1 select id")
    assert [one.code for one in result.notices] == ["RQL301"]
    assert len(list(result)) == 8


def test_an_empty_list_asks_for_no_run(served: Source) -> None:
    result, filters = filters_of(served, f"runs where config.seed in {listed('none')} select id")
    assert filters == [{"name": "holder"}]
    assert {one.code for one in result.notices} == {"RQL307", "RQL313", "RQL342"}
