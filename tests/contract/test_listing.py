"""`Runs` as a list: paging, indexing, counting, loading what is heavy."""

from __future__ import annotations

import pytest

from runql.errors import ArgumentError, NotFound
from runql.wandb_api.runs import Runs
from tests.contract.backends import Source
from tests.contract.recorder import Recorder
from tests.contract.sample import IDS


def test_nothing_is_asked_before_it_is_needed(runs: Runs, recorder: Recorder) -> None:
    assert repr(runs).startswith("<Runs ")
    assert runs.more
    assert runs.cursor is None
    assert recorder.calls == []


def test_runs_come_in_the_order_of_their_creation(runs: Runs, recorder: Recorder) -> None:
    assert tuple(run.id for run in runs) == IDS
    assert recorder.calls == ["runs_page"] * 3
    assert not runs.more


def test_a_list_of_them_asks_for_no_count(runs: Runs, recorder: Recorder) -> None:
    assert [run.id for run in list(runs)] == list(IDS)
    assert recorder.calls == ["runs_page"] * 3


def test_a_second_loop_asks_for_nothing(runs: Runs, recorder: Recorder) -> None:
    assert [run.id for run in runs] == [run.id for run in runs]
    assert recorder.calls == ["runs_page"] * 3


def test_nested_loops_give_every_pair(runs: Runs) -> None:
    assert [(a.id, b.id) for a in runs for b in runs] == [(a, b) for a in IDS for b in IDS]


def test_next_has_a_place_of_its_own(runs: Runs) -> None:
    assert runs.next().id == IDS[0]
    assert [run.id for run in runs] == list(IDS)
    assert next(runs).id == IDS[1]
    for _ in IDS[2:]:
        runs.next()
    with pytest.raises(StopIteration):
        runs.next()


def test_the_length_asks_for_no_page(runs: Runs, recorder: Recorder) -> None:
    assert len(runs) == len(IDS)
    assert recorder.calls == ["count"]


def test_the_length_of_a_part_that_was_fetched_is_that_of_the_whole(runs: Runs) -> None:
    assert runs[0].id == IDS[0]
    assert len(runs) == len(IDS)


def test_the_truth_is_whether_there_is_any(source: Source, recorder: Recorder) -> None:
    none = Runs(recorder, source.entity, source.project, {"state": "never"})
    assert not none
    assert Runs(recorder, source.entity, source.project)
    assert recorder.calls == ["runs_page"] * 2
    assert list(none) == []
    assert len(none) == 0


SLICES = [
    *(slice(0, 3), slice(2, None), slice(None, None), slice(-3, None), slice(None, -6), slice(1, 100)),
    *(slice(None, 4, 2), slice(None, None, -1), slice(4, None, -1), slice(4, 1, -1), slice(-2, -1)),
]


@pytest.mark.parametrize("index", SLICES, ids=str)
def test_slices_are_those_of_a_list(runs: Runs, index: slice) -> None:
    assert [run.id for run in runs[index]] == list(IDS[index])


@pytest.mark.parametrize("index", [*range(len(IDS)), *range(-len(IDS), 0)])
def test_indexes_are_those_of_a_list(runs: Runs, index: int) -> None:
    assert runs[index].id == IDS[index]


@pytest.mark.parametrize("index", [len(IDS), -len(IDS) - 1])
def test_an_index_past_the_end_is_told(runs: Runs, index: int) -> None:
    with pytest.raises(IndexError):
        runs[index]


@pytest.mark.parametrize(
    ("index", "pages"),
    [
        (slice(0, 3), 1),
        (slice(0, 4), 2),
        (slice(3, 3), 0),
        (slice(5, 2), 0),
        (slice(2, None, -1), 1),
        (slice(3, 3, -1), 0),
    ],
    ids=str,
)
def test_a_slice_fetches_no_page_too_many(runs: Runs, recorder: Recorder, index: slice, pages: int) -> None:
    assert [run.id for run in runs[index]] == list(IDS[index])
    assert recorder.calls == ["runs_page"] * pages


def test_a_page_size_that_was_changed_holds_for_the_pages_to_come(runs: Runs, recorder: Recorder) -> None:
    assert runs[0].id == IDS[0]
    runs.per_page = 5
    runs.update_variables()
    assert runs.variables["perPage"] == 5
    assert runs.variables["cursor"] == runs.cursor
    assert [run.id for run in runs] == list(IDS)
    assert [page.per_page for page in recorder.pages] == [3, 5]


def test_the_config_of_a_lazy_run_brings_its_whole_page(runs: Runs, recorder: Recorder) -> None:
    first = runs[:3]
    assert [run.config.get("seed") for run in first] == [1, 2, 3]
    assert first[0].summary["loss"] == 0.1
    assert recorder.calls == ["runs_page", "upgrade 3"]


def test_a_full_listing_needs_no_second_request(source: Source, recorder: Recorder) -> None:
    runs = Runs(recorder, source.entity, source.project, lazy=False)
    assert [run.config.get("seed") for run in runs] == [1, 2, 3, 4, None, None, None, None]
    assert recorder.calls == ["runs_page"]


def test_upgrading_takes_those_that_are_here_and_all_to_come(runs: Runs, recorder: Recorder) -> None:
    here = runs[:4]
    runs.upgrade_to_full()
    assert recorder.calls == ["runs_page", "runs_page", "upgrade 6"]
    assert [run.config.get("seed") for run in here] == [1, 2, 3, 4]
    assert all(run.is_full for run in runs)
    assert recorder.calls == ["runs_page", "runs_page", "upgrade 6", "runs_page"]


@pytest.mark.needs("sweeps")
def test_sweeps_are_asked_for_once_each(source: Source, recorder: Recorder) -> None:
    runs = Runs(recorder, source.entity, source.project, include_sweeps=True)
    found = [run.sweep.id if run.sweep else None for run in runs]
    assert found == ["sw1", "sw1", None, None, None, None, None, None]
    assert recorder.calls == ["runs_page", "sweep"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"per_page": 0}, "per_page"),
        ({"per_page": 2.5}, "per_page"),
        ({"order": "-summary.loss"}, "summary_metrics.loss"),
        ({"order": "+nothing"}, "nothing"),
        ({"order": "-"}, "names no field"),
        ({"order": "tags"}, "tags"),
        ({"filters": {"config.lr": {"$gtt": 1}}}, "`$gt`"),
        ({"filters": [1]}, "dict"),
        ({"filters": {"summary.loss": 1}}, "summary_metrics.loss"),
    ],
)
def test_a_bad_argument_is_told_before_anything_is_asked(
    source: Source, recorder: Recorder, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=r"RQL216") as caught:
        Runs(recorder, source.entity, source.project, **arguments)  # type: ignore[arg-type]
    assert isinstance(caught.value, ArgumentError)
    assert said in str(caught.value)
    assert recorder.calls == []


def test_a_project_that_is_not_there_is_told(source: Source) -> None:
    with pytest.raises(NotFound):
        list(Runs(source.service, source.entity or "acme", "visoin"))
