"""Every answer of a server changed at every place, for every kind of question: the right answer, or an error of ours.

What differs from the right answer without a word is a failure, and so is every other exception.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from runql.errors import RunQLError
from runql.session import Result, Session
from runql.sources.wandb import Credentials, LineSettings, ServiceOptions, WandbService
from runql.sources.wandb.http import client
from runql.text.source import Source
from runql.wandb_api.api import OpenedSource, WandbApi
from runql.wandb_api.runs import Runs
from tests.server import Store
from tests.server.samples import vision
from tests.sources.wandb.in_process import InProcess

DRAWS: Final = 2000
SEED: Final = 20260101
LINE = LineSettings(attempt_seconds=5, backoff_seconds=0.0001, give_up_seconds=0.01)
Question = Callable[[WandbService], Any]
Path = tuple[str | int, ...]

CHANGES: dict[str, Callable[[Any], Any]] = {
    "null": lambda _: None,
    "number": lambda _: 7,
    "negative": lambda _: -3,
    "fraction": lambda _: 2.5,
    "huge": lambda _: 2**1024,
    "bool": lambda _: True,
    "text": lambda _: "odd",
    "empty text": lambda _: "",
    "list": lambda _: [],
    "list of lists": lambda _: [[]],
    "list of null": lambda _: [None],
    "record": lambda _: {},
    "nested": lambda value: {"value": value},
    "twice": lambda value: [value, value],
}
DELETED = "deleted"


def rql(text: str) -> Question:
    def ask(service: WandbService) -> Any:
        session = Session(service)
        (result,) = session.run(Source(text), {})
        assert isinstance(result, Result)
        frame = result.frame
        notices = [(notice.code, notice.message) for notice in result.notices]
        return repr([list(frame.columns), list(frame.rows())]), notices

    return ask


def in_python(ask: Callable[[Runs, WandbApi], Any]) -> Question:
    class Ours(WandbApi):
        def open_source(self, source: str | None) -> OpenedSource:
            return OpenedSource(self.held, "acme", "vision")

        held: WandbService

    def run(service: WandbService) -> Any:
        Ours.held = service
        return repr(ask(Runs(service, "acme", "vision"), Ours("acme/vision"))), []

    return run


QUESTIONS: dict[str, Question] = {
    "listing": rql("runs select id, name, state, tags, created, duration, user, config.lr, summary.loss"),
    "whole": rql("runs limit 4"),
    "filter": rql("runs where config.lr > 0.02 order -summary.loss limit 3"),
    "count": rql("count runs where config.lr > 0.02"),
    "count all": rql("count runs"),
    "fields": rql("show fields"),
    "describe": rql("runs | describe"),
    "histories": rql("runs limit 3 keys loss, val/loss"),
    "whole histories": rql("runs limit 3 keys *"),
    "scan": rql("runs limit 3 keys loss scan"),
    "system": rql("runs limit 2 keys system.gpu.0.gpu"),
    "aggregate": rql("runs where max(logged.loss) > 0.5 select id, max(logged.loss)"),
    "sweeps": rql("show sweeps"),
    "projects": rql("show projects"),
    "sweep": rql("sweep sw1"),
    "run": rql("run run00002"),
    "groups": rql("runs | group config.optimizer: n = count(), m = mean(summary.loss)"),
    "runs": in_python(lambda runs, _: [(run.id, run.name, run.state, run.tags) for run in runs]),
    "run by id": in_python(lambda _, api: (run := api.run("acme/vision/run00003"), run.config, run.summary)[1:]),
    "history": in_python(lambda runs, _: runs[0].history(keys=["loss"], pandas=False)),
    "scan_history": in_python(lambda runs, _: list(runs[1].scan_history(keys=["loss"]))),
    "length": in_python(lambda runs, _: len(runs)),
    "sweep object": in_python(lambda _, api: (sweep := api.sweep("acme/vision/sw1"), sweep.name, sweep.config)[1:]),
}


def store() -> Store:
    return vision(6, 25)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a document, also those of the JSON texts within."""
    yield path
    if isinstance(value, dict):
        for key, below in value.items():
            yield from places(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value[:3]):
            yield from places(below, (*path, index))
    elif isinstance(value, str) and value[:1] in ("{", "["):
        yield from places(json.loads(value), (*path, "JSON"))


def changed(value: Any, path: Path, change: str) -> Any:
    """The document with one change at a place."""
    if not path:
        return CHANGES[change](value)
    if path[0] == "JSON":
        return json.dumps(changed(json.loads(value), path[1:], change))
    key: Any = path[0]
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and change == DELETED:
        del copy[key]
    else:
        copy[key] = changed(value[key], path[1:], change)
    return copy


def is_another(document: Any, path: Path, change: str) -> bool:
    """Whether the change makes another answer that is as good: one value for another of its type, or none."""
    for step in path:
        document = json.loads(document) if step == "JSON" else document[step]
    return change == "null" or (change != DELETED and type(CHANGES[change](document)) is type(document))


def is_data(name: str, path: Path) -> bool:
    """Whether what stands there is a value of a run's own, which a run may have in any form."""
    own = {
        "config",
        "someConfig",
        "summaryMetrics",
        "someSummary",
        "systemMetrics",
        "sampledHistory",
        "history",
        "events",
    }
    free = {
        "displayName",
        "state",
        "group",
        "notes",
        "tags",
        "username",
        "createdAt",
        "heartbeatAt",
        "updatedAt",
        "computeSeconds",
    }
    if "historyKeys" in path or "tags" in path or path[-2:-1] == ("edges",):
        return True  # other counts, other tags, fewer runs: still an answer
    if path[-1] == "edges" and name == "fields":
        return True  # its footer says of how many runs it is
    return any(step in own for step in path[:-1]) or path[-1] in own | free


def outcome(server: InProcess, ask: Question) -> Any:
    server.forget()
    service = WandbService(Credentials("http://127.0.0.1:9"), ServiceOptions("", "acme", "vision", line=LINE))
    try:
        return ask(service)
    except RunQLError as error:
        return error
    finally:
        service.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> InProcess:
    found = InProcess(store())
    monkeypatch.setattr(client, "Transport", found)
    return found


def test_an_answer_changed_at_any_place(server: InProcess) -> None:
    draw = random.Random(SEED)
    right: dict[str, Any] = {}
    where: list[tuple[str, int, Path]] = []
    for name, ask in QUESTIONS.items():
        right[name] = outcome(server, ask)
        assert not isinstance(right[name], RunQLError), (name, right[name])
        found = [(name, number, path) for number, body in enumerate(server.bodies) for path in places(json.loads(body))]
        where += draw.sample(found, min(len(found), 400))
    wrong = []
    for _ in range(DRAWS):
        name, number, path = draw.choice(where)
        change = draw.choice([*CHANGES, DELETED] if path and path[-1] != "JSON" else [*CHANGES])
        server.change = lambda at, body, n=number, p=path, c=change: (  # type: ignore[misc]
            json.dumps(changed(json.loads(body), p, c)).encode() if at == n else body
        )
        said = f"{name}, answer {number}, {'.'.join(map(str, path))}: {change}"
        try:
            came = outcome(server, QUESTIONS[name])
        except Exception as error:  # noqa: BLE001 - any other is what is looked for
            wrong.append(f"{said}: {type(error).__name__}: {error}")
            continue
        if isinstance(came, RunQLError):
            if came.diagnostics[0].code == "RQL901":
                wrong.append(f"{said}: {came}")
        elif (
            came != right[name]
            and came[1] == right[name][1]
            and not (is_data(name, path) or is_another(json.loads(server.sent[number]), path, change))
        ):
            wrong.append(f"{said}: silently {came[0][:300]}")
    assert not wrong, f"{len(wrong)} of {DRAWS}:\n" + "\n".join(wrong)
