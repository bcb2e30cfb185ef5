"""Every document that can be sent is one that the schema takes."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from graphql import parse, validate

from runql.backends.wandb.documents import names, operation_of, render
from tests.server.graph import schema_without

OPTIONS: dict[str, list[set[str]]] = {
    "runs": [
        {"filtered", "order", "probe", "brackets"},
        {"unfiltered", "some_config", "some_summary"},
        {"filtered", "all_config", "all_summary", "system_metrics", "history_keys"},
        {"unfiltered", "all_config", "some_summary", "order"},
    ],
    "run": [set(), {"all_config", "all_summary", "system_metrics", "history_keys"}, {"some_config", "some_summary"}],
    "count": [{"filtered", "probe"}, {"filtered"}, {"unfiltered"}],
    "histories": [{"sampled", "keys"}, {"whole", "keys"}, {"whole", "window"}, {"system"}],
    "histories_by_name": [{"sampled", "keys"}, {"whole", "keys"}, {"whole", "window"}, {"system"}],
}
COORDINATES = [
    *("Run.config(keys)", "Run.summaryMetrics(keys)", "Run.sampledHistory", "Run.historyKeys", "Run.history"),
    *("Run.history(maxKeyLimit)", "Run.history(minStep)", "Run.history(maxStep)", "Run.events", "Run.host"),
    *("Run.historyLineCount", "Run.user", "Run.computeSeconds", "Run.updatedAt", "Run.id", "Project.lastActive"),
    *("Project.runCount(filters)", "Project.runCount", "Project.runs(after)", "Project.runs(order)", "Sweep.bestLoss"),
    *("Project.runs(filters)",),
]
LACKS = [frozenset(), *(frozenset({name}) for name in COORDINATES), *map(frozenset, combinations(COORDINATES[:8], 2))]


@pytest.mark.parametrize("name", names())
def test_a_document_is_valid_whatever_the_server_lacks(name: str) -> None:
    for options in OPTIONS.get(name, [set()]):
        for lacks in LACKS:
            needs_filters = name == "histories"
            if needs_filters and "Project.runs(filters)" in lacks:
                continue  # such a server is asked by name
            text = render(name, frozenset(options), lacks, repeat=3)
            problems = validate(schema_without(lacks), parse(text))
            assert problems == [], (options, lacks, text)


def test_operations_are_named() -> None:
    assert {name: operation_of(name) for name in names()} == {
        "count": "RunqlCount",
        "histories": "RunqlHistories",
        "histories_by_name": "RunqlHistoriesByName",
        "projects": "RunqlProjects",
        "run": "RunqlRun",
        "runs": "RunqlRuns",
        "sweep": "RunqlSweep",
        "sweeps": "RunqlSweeps",
        "viewer": "RunqlViewer",
    }


def test_marks_do_not_travel() -> None:
    everything = frozenset(chain.from_iterable(chain.from_iterable(OPTIONS.values())))
    for name in names():
        assert "#" not in render(name, everything)


def test_a_by_name_document_asks_for_each_run() -> None:
    text = render("histories_by_name", frozenset({"sampled"}), repeat=3)
    assert [f"run_{at}: run(name: $name_{at})" in text for at in range(4)] == [True, True, True, False]
