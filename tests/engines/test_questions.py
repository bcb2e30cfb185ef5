"""Questions in RunQL: an engine that reads a store gives the answer that the store gives itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import runql
from runql import config
from runql.errors import ServerError, SourceError
from runql.plan.selectors import TypedSelector
from runql.sources.open import open_place
from runql.sources.protocol import FULL, PageRequest
from runql.sources.store.compact import compact
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.names import LakeName
from runql.sources.store.lake.service import LakeService
from runql.sources.store.service import StoreService
from runql.sources.store.snapshot import StoreSnapshot
from runql.sources.store.writer import StoreWriter
from tests.sources.store.sample import pulled

QUESTIONS = (
    "runs where config.lr > 0.01 order -summary.loss limit 10 select name, config.lr, config.optimizer, summary.loss",
    "count runs where config.optimizer = 'adam' or summary.acc is missing",
    "count runs where name glob '*a*' and not (config.lr in (0.1, 0.01))",
    "runs where name ~ '^l.*[0-9]$' select name, state, tags",
    "runs where created > 2020-01-01 and tags has 'baseline' select name, created",
    "runs where state = 'finished' order config.lr, -name limit 7 offset 3 select name, config.lr",
    "runs where config.lr * 10 > 0.5 limit 5 select name",
    "runs order -summary.loss limit 4 sample 5 keys loss, acc",
    "runs where group = 'long' keys val/loss scan limit 50",
    "runs limit 3 keys system.cpu sample 4",
    "runs | group config.optimizer : count(), mean(summary.acc), std(summary.acc), max(summary.loss)",
    "runs select name, summary.acc | derive best = max(summary.acc) over all | order -summary.acc, name | limit 9",
    "runs where min(logged.loss) < 0.5 select name, min(logged.loss)",
    "runs order min(logged.loss) limit 3 select name, argmin(logged.loss), last(logged.acc)",
    "runs scan keys loss | best min loss | order loss | limit 4",
    "runs order -summary.acc select name, summary.acc, config.optimizer, created | limit 1 by config.optimizer",
    "runs select *",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, of which two runs were replaced: one by hand, and again by a pull. Compacted in between."""
    path = tmp_path_factory.mktemp("lake") / "s"
    demo = open_place("demo", config.load()).service
    pulled(demo, path)
    runs = demo.runs_page(PageRequest("", "", TypedSelector(), wanted=FULL, per_page=2)).runs
    writer = StoreWriter(path, newest_pull=StoreSnapshot(path, "s").newest_pull)
    for run in runs:
        writer.end(writer.begin(replace(run, config={"lr": 5.0}, summary={"loss": -1.0}), "another mark"))
    writer.commit()
    writer.close()
    compact(path, "s")
    assert pulled(demo, path).counts.changed == len(runs)
    return path


@pytest.fixture(scope="module")
def services(lake: tuple[LakeName, LakeEngine], folder: Path) -> Iterator[tuple[StoreService, LakeService]]:
    """The store as it answers itself, and as an engine reads it."""
    name, engine = lake
    ours = StoreService(folder, name="s")
    yield ours, LakeService(folder, name=name, number=None, engine=engine)
    ours.close()


def answer(service: StoreService, question: str) -> Any:
    """The rows of an answer, such that equal ones are equal, and what was said."""
    result = runql.query(question, service)
    said = [(notice.code, notice.message) for notice in result.notices]
    if question.startswith("count"):
        return result.value, said
    return [{name: told(value) for name, value in row.items()} for row in result], said


def told(value: Any) -> Any:
    """A value such that equal ones of the same type are equal."""
    return "nan" if isinstance(value, float) and math.isnan(value) else repr(value)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_answer(services: tuple[StoreService, LakeService], question: str) -> None:
    ours, theirs = services
    assert answer(theirs, question) == answer(ours, question)


def test_files_that_the_engine_does_not_see_are_no_empty_answer(
    lake: tuple[LakeName, LakeEngine], folder: Path, tmp_path: Path
) -> None:
    """ClickHouse passes over files that a list names and that are not there."""
    name, engine = lake
    (tmp_path / "elsewhere").mkdir()
    service = LakeService(folder, name=replace(name, files=str(tmp_path / "elsewhere")), number=None, engine=engine)
    with pytest.raises((SourceError, ServerError)) as raised:
        service.count("", "", TypedSelector())
    assert raised.value.diagnostics[0].code in ("RQL511", "RQL405")
