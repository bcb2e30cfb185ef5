"""What is written is what is read: values, records, whole runs with their histories."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.errors import ArgumentError
from runql.semantic.record import RunRecord
from runql.sources.memory import MemoryService
from runql.sources.protocol import FULL, HistoryRequest, PageRequest, ServiceApi, Wanted
from runql.sources.store.attributes import parts_of_rows, rows_of_part
from runql.sources.store.cells import series_of
from runql.sources.store.duck import Duck
from runql.sources.store.layout import AttrSpace
from runql.sources.store.values import cell_of, value_of
from tests.sources.store.awkward import PARTS, VALUES, projects, told
from tests.sources.store.sample import store_of


@given(VALUES)
def test_a_value_comes_back(value: Any) -> None:
    assert told(value_of(*cell_of(value))) == told(value)


@given(PARTS)
def test_a_nested_part_comes_back_in_its_order(part: dict[str, Any]) -> None:
    rows = [
        ("run", path, keys, t, num, text, whole)
        for _, _, path, keys, _, el, t, num, text, whole in rows_of_part(AttrSpace.CONFIG, part)
        if not el
    ]
    assert told(parts_of_rows(rows).get("run", {})) == told(part)


def test_an_object_that_is_no_value_is_refused() -> None:
    with pytest.raises(ArgumentError, match="no value of the type `object`"):
        cell_of(object())


@settings(max_examples=25)
@given(projects())
def test_whole_runs_come_back(project: tuple[list[RunRecord], dict[str, list[dict[str, Any]]]]) -> None:
    runs, rows = project
    memory = MemoryService(runs, rows)
    with tempfile.TemporaryDirectory() as folder:
        store = store_of(memory, Path(folder) / "store")
        assert [told_run(run) for run in listed(store)] == [told_run(run) for run in listed(memory)]
        for keys in (None, ("loss", "a.b")):
            request = HistoryRequest("", "", tuple(run.id for run in runs), keys=keys, samples=None)
            assert told_rows(store, request) == told_rows(memory, request)
        narrow = PageRequest("", "", wanted=Wanted(config=("lr", "a.b"), summary=("a",)), per_page=2)
        assert list(map(told_run, store.runs_page(narrow).runs)) == list(map(told_run, memory.runs_page(narrow).runs))
        store.close()


def listed(service: ServiceApi) -> tuple[RunRecord, ...]:
    return tuple(service.runs_page(PageRequest("", "", wanted=FULL, per_page=100)).runs)


def told_run(run: RunRecord) -> Any:
    parts = (run.config, run.summary, run.system_metrics, run.internal_config, run.internal_summary)
    fields = [getattr(run, name) for name in RunRecord.__match_args__ if name not in _PARTS]
    return repr(fields), [told(part) for part in parts], run.logged and (run.logged.kinds, run.logged.last_step)


_PARTS = {"config", "summary", "system_metrics", "internal_config", "internal_summary", "logged"}


def told_rows(service: ServiceApi, request: HistoryRequest) -> list[Any]:
    return [
        (history.run_id, [(name, list(map(told, cells))) for name, cells in history.columns.items()], history.rows_of)
        for history in service.histories(request)
    ]


class _Interrupted:
    """A connection as it is when a signal came: DuckDB takes it, and raises an error of its own."""

    def cursor(self) -> _Interrupted:
        return self

    def execute(self, *_: object) -> None:
        raise RuntimeError("Query interrupted")

    def close(self) -> None:
        """Nothing is open."""


def test_ctrl_c_in_a_question_is_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    duck = Duck()
    with monkeypatch.context() as patched:
        patched.setattr(duck, "_connection", _Interrupted())
        with pytest.raises(KeyboardInterrupt):
            duck.rows("SELECT 1")
    assert duck.rows("SELECT 1") == [(1,)]
    duck.close()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, unique=True), st.data())
def test_series_come_in_their_order_whatever_the_order_of_the_stretches(
    points: list[tuple[int, int]], data: st.DataObject
) -> None:
    far = data.draw(st.sampled_from([0, 2**61]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(points)), max_size=3)))
    stretches = [sorted(points)[low:high] for low, high in zip([0, *cuts], [*cuts, len(points)], strict=True)]
    mixed = [point for stretch in data.draw(st.permutations(stretches)) for point in stretch]

    def series(of: Sequence[tuple[int, int]]) -> list[tuple[int, int, list[int], list[Any]]]:
        at, rows = (np.array(column, np.int64) for column in zip(*of, strict=True))
        arrays = [at, rows + far, rows + at / 2, np.zeros(len(of), np.bool_)]
        return [(run, key, [*places.rows], [*cells]) for run, key, places, cells in series_of(arrays, 2)]

    assert series(mixed) == series(sorted(points))
    assert sum(len(cells) for *_, cells in series(mixed)) == len(points)
