"""Every document that can be sent is one that the schema takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, combinations
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from runql.sources.wandb.schema.documents import document, names, render
from runql.sources.wandb.schema.refusals import KINDS, Learned, Said, read_refusals
from tests import server
from tests.server.graph import SDL, renamed, schema_without

OPTIONS: dict[str, list[set[str]]] = {
    "runs": [
        {"filtered", "order", "probe", "brackets"},
        {"unfiltered", "some_config", "some_summary"},
        {"filtered", "all_config", "all_summary", "system_metrics", "history_keys"},
        {"unfiltered", "all_config", "some_summary", "order"},
        {"unfiltered", "census"},
    ],
    "run_names": [{"filtered", "order"}, {"unfiltered"}],
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
    assert {name: document(name).operation for name in names()} == {
        "agent_runs": "RunqlAgentRuns",
        "agents": "RunqlAgents",
        "count": "RunqlCount",
        "entity_projects": "RunqlEntityProjects",
        "histories": "RunqlHistories",
        "histories_by_name": "RunqlHistoriesByName",
        "metadata": "RunqlMetadata",
        "project": "RunqlProject",
        "projects": "RunqlProjects",
        "run": "RunqlRun",
        "run_names": "RunqlRunNames",
        "runs": "RunqlRuns",
        "sweep": "RunqlSweep",
        "sweeps": "RunqlSweeps",
        "users": "RunqlUsers",
        "viewer": "RunqlViewer",
    }


def test_marks_do_not_travel() -> None:
    everything = frozenset(chain.from_iterable(chain.from_iterable(OPTIONS.values())))
    for name in names():
        assert "#" not in render(name, everything)


def test_a_by_name_document_asks_for_each_run() -> None:
    text = render("histories_by_name", frozenset({"sampled"}), repeat=3)
    assert [f"run_{at}: run(name: $name_{at})" in text for at in range(4)] == [True, True, True, False]


KNOWN = (Path(server.__file__).parent / "known.graphql").read_text(encoding="utf-8")


def _forms() -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    for name in names():
        for options in OPTIONS.get(name, [set()]):
            for lacks in LACKS:
                if not (name == "histories" and "Project.runs(filters)" in lacks):
                    yield name, frozenset(options), lacks


def _refusals(schema: GraphQLSchema, text: str) -> list[Said]:
    found = validate(schema, parse(text), max_errors=1000)
    return [Said(error.message, error.locations[0].line if error.locations else None) for error in found]


@pytest.mark.parametrize("sdl", [KNOWN, renamed(KNOWN), renamed(SDL)], ids=["known", "other names", "ours"])
def test_every_refusal_is_learned_from_one_answer(sdl: str) -> None:
    schema = build_schema(sdl)
    forms = {document(name, options, lacks, 2).text: (name, options, lacks) for name, options, lacks in _forms()}
    settled = set()
    for text, (name, options, lacks) in forms.items():
        learned = read_refusals(_refusals(schema, text), document(name, options, lacks, 2))
        settled.add(document(name, options, lacks | learned.lacks, 2, learned.types).text)
    assert [(text, refused) for text in settled if (refused := _refusals(schema, text))] == []
    assert (settled == set(forms)) == (sdl == renamed(SDL))


def test_no_document_names_the_type_of_an_object() -> None:
    for name, options, lacks in _forms():
        assert not re.search(r"fragment|\bon [A-Z]", render(name, options, lacks))


SAYINGS = [
    ('Cannot query field "user" on type "Run".', "Run.user"),
    ("Cannot query field 'user' on type 'RunType'. Did you mean 'users'?", "Run.user"),
    ('Unknown field "user" on type "Run"', "Run.user"),
    ("Field 'user' doesn't exist on type 'Run'", "Run.user"),
    ("Validation error (FieldUndefined@[project/runs]) : Field 'user' in type 'RunObject' is undefined", "Run.user"),
    ("The field `user` does not exist on the type `Run`.", "Run.user"),
    ("field 'user' not found in type: 'runs'", "Run.user"),
    ('Field "user" must not have a selection since type "String" has no subfields.', "Run.user"),
    ('Unknown argument "after" on field "Project.runs".', "Project.runs(after)"),
    ("Unknown argument 'after' on field 'ProjectType.runs'. Did you mean 'order'?", "Project.runs(after)"),
    ('Unknown argument "after" on field "runs" of type "Project".', "Project.runs(after)"),
    ("Field 'runs' doesn't accept argument 'after'", "Project.runs(after)"),
    ("'runs' has no argument named 'after'", "Project.runs(after)"),
    ("The argument `after` does not exist.", "Project.runs(after)"),
    ("Validation error (UnknownArgument@[project/runs]) : Unknown field argument 'after'", "Project.runs(after)"),
    ('Cannot query field "pageInfo" on type "Run".', "RunConnection.pageInfo"),
]


@pytest.mark.parametrize(("message", "coordinate"), SAYINGS)
def test_a_refusal_is_read_in_the_words_of_any_implementation(message: str, coordinate: str) -> None:
    asked = document("runs", frozenset({"unfiltered", "some_config", "order"}))
    assert KINDS.search(message)
    assert read_refusals([Said(message)], asked) == Learned(frozenset({coordinate}))


def test_a_refusal_in_unknown_words_is_read_by_its_place() -> None:
    asked = document("runs", frozenset({"unfiltered"}))
    lines = asked.text.split("\n")
    line = next(at for at, text in enumerate(lines, start=1) if "heartbeatAt" in text)
    assert read_refusals([Said("no such thing here", line)], asked).lacks == {"Run.heartbeatAt"}
    assert read_refusals([Said("no such thing here")], asked) == Learned()


def test_a_variable_of_another_type_is_declared_as_the_server_wants_it() -> None:
    asked = document("histories", frozenset({"whole", "window"}))
    message = 'Variable "$minStep" of type "Int64" used in position expecting type "Int".'
    learned = read_refusals([Said(message), Said('Unknown type "JSONString".')], asked)
    assert learned.types == {("minStep", "Int"), ("filters", "String")}
    assert "$minStep: Int\n" in document("histories", frozenset({"whole", "window"}), types=learned.types).text
    ruby = "Type mismatch on variable $first and argument first (Int! / String)"
    assert read_refusals([Said(ruby)], asked).types == {("first", "String")}
