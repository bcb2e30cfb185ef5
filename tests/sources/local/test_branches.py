"""Rewound and forked runs: which rows of which logs are theirs."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from runql.engine.mongo.history_keys import history_keys_of
from runql.plan.selectors import TypedSelector
from runql.sources.local import LocalService
from tests.sources.local import files
from tests.sources.local.ask import codes, history, notices, only, page, runs


def branch(run_id: str, step: float, metric: str = "_step") -> bytes:
    point = files.message(1, run_id) + files.varint(2 << 3 | 1) + struct.pack("<d", step) + files.message(3, metric)
    return files.message(23, point)


def write(
    root: Path, run_id: str, started: int, losses: dict[int, float], point: bytes = b"", *, project: str = "p"
) -> Path:
    """A run with a `loss` at each step, and `early` before step 2 of the first branch, `late` at its end."""
    head = files.run(run_id, project, started=1e9 + started)
    tag, body = head[:2], _body(head)
    assert tag == b"\x8a\x01"
    bodies = [files.message(17, body + point)]
    for step, loss in losses.items():
        row: dict[Any, Any] = {("loss",): loss, **({("late",): step} if not point and step > 3 else {})}
        bodies += [files.summary(row), files.row(row, step)]
    return files.write(root, files.log([*bodies, files.exit_()]), run_id, f"20260101_{started:06}")


def _body(message: bytes) -> bytes:
    pos = 2
    while message[pos] > 127:
        pos += 1
    return message[pos + 1 :]


def first(root: Path) -> None:
    write(root, "rw", 1, dict(enumerate([10, 9, 8, 7, 6, 5])))


def steps(root: Path, run_id: str) -> dict[int, float]:
    columns = history(root, run_id, "loss").columns
    return dict(zip(columns["_step"], columns["loss"], strict=True))


def test_a_rewound_run_has_no_row_of_the_abandoned_branch(tmp_path: Path) -> None:
    first(tmp_path)
    write(tmp_path, "rw", 2, {3: 8.5, 4: 8.25}, branch("rw", 2))
    assert steps(tmp_path, "rw") == {0: 10, 1: 9, 2: 8, 3: 8.5, 4: 8.25}
    run = only(tmp_path)
    assert run.summary == {"loss": 8.25}
    assert run.history_line_count == 5
    keys = history_keys_of(run)
    assert keys["keys"] == {"loss": {"typeCounts": [{"type": "number", "count": 5}]}}
    assert keys["lastStep"] == 4
    (notice,) = notices(page(tmp_path))
    assert (notice.code, "rewound to step 2: 3 rows" in notice.message) == ("RQL548", True)
    assert codes(history(tmp_path, "rw", "loss")) == []


def test_rewound_again(tmp_path: Path) -> None:
    first(tmp_path)
    write(tmp_path, "rw", 2, {3: 8.5, 4: 8.25, 5: 8.125}, branch("rw", 2))
    write(tmp_path, "rw", 3, {4: 1.5}, branch("rw", 3))
    assert steps(tmp_path, "rw") == {0: 10, 1: 9, 2: 8, 3: 8.5, 4: 1.5}
    write(tmp_path, "rw", 4, {2: 0.5}, branch("rw", 1))
    assert steps(tmp_path, "rw") == {0: 10, 1: 9, 2: 0.5}
    assert only(tmp_path).summary == {"loss": 0.5}


@pytest.mark.parametrize(("step", "left"), [(2.5, 3), (99, 6), (-1, 0), (5, 6), (float("nan"), 6), (float("inf"), 6)])
def test_rewound_to_a_step_that_was_never_logged(tmp_path: Path, step: float, left: int) -> None:
    first(tmp_path)
    write(tmp_path, "rw", 2, {100: 0.5}, branch("rw", step))
    assert steps(tmp_path, "rw") == {**dict(list(enumerate([10, 9, 8, 7, 6, 5]))[:left]), 100: 0.5}
    assert only(tmp_path).history_line_count == left + 1


def test_a_branch_of_another_metric_cuts_nothing(tmp_path: Path) -> None:
    first(tmp_path)
    write(tmp_path, "rw", 2, {6: 0.5}, branch("rw", 2, "epoch"))
    assert len(steps(tmp_path, "rw")) == 7


def test_a_fork_begins_with_the_rows_of_its_parent(tmp_path: Path) -> None:
    first(tmp_path)
    write(tmp_path, "fk", 2, {3: 100, 4: 99}, branch("rw", 2))
    write(tmp_path, "fk2", 3, {4: 200}, branch("fk", 3))
    assert steps(tmp_path, "fk") == {0: 10, 1: 9, 2: 8, 3: 100, 4: 99}
    assert steps(tmp_path, "fk2") == {0: 10, 1: 9, 2: 8, 3: 100, 4: 200}
    assert steps(tmp_path, "rw") == dict(enumerate([10, 9, 8, 7, 6, 5]))
    found = runs(tmp_path)
    assert [found[name].history_line_count for name in ("rw", "fk", "fk2")] == [6, 5, 5]
    assert found["fk2"].summary == {"loss": 200}
    keys = history_keys_of(found["fk2"])
    assert (keys["lastStep"], keys["keys"]["loss"]["typeCounts"][0]["count"]) == (4, 5)
    assert not notices(page(tmp_path))


def test_a_fork_keeps_what_its_parent_abandoned_later(tmp_path: Path) -> None:
    first(tmp_path)
    write(tmp_path, "fk", 2, {5: 100}, branch("rw", 4))
    write(tmp_path, "rw", 3, {3: 1}, branch("rw", 2))
    assert steps(tmp_path, "fk") == {0: 10, 1: 9, 2: 8, 3: 7, 4: 6, 5: 100}
    assert steps(tmp_path, "rw") == {0: 10, 1: 9, 2: 8, 3: 1}


def test_a_fork_of_what_is_not_here_says_so(tmp_path: Path) -> None:
    write(tmp_path, "rw", 1, {0: 1}, project="other")
    write(tmp_path, "fk", 2, {3: 100}, branch("rw", 2))
    write(tmp_path, "fk2", 3, {4: 5}, branch("fk", 3))
    assert steps(tmp_path, "fk") == {3: 100}
    assert steps(tmp_path, "fk2") == {3: 100, 4: 5}
    said = runs(tmp_path)["fk"].said + runs(tmp_path)["fk2"].said
    assert [notice.code for notice in said] == ["RQL548", "RQL548"]
    assert "is a fork of `rw` at step 2, which is not here" in said[0].message


def test_forks_in_a_circle(tmp_path: Path) -> None:
    write(tmp_path, "a", 1, {3: 1}, branch("b", 2))
    write(tmp_path, "b", 2, {3: 2}, branch("a", 2))
    assert steps(tmp_path, "a") == {3: 1}
    assert codes(page(tmp_path)) == ["RQL548", "RQL548"]


def test_a_chain_of_forks_without_end_is_cut_and_told(tmp_path: Path) -> None:
    for at in range(150):
        write(tmp_path, f"r{at}", at, {at: at}, branch(f"r{at - 1}", at) if at else b"")
    assert len(steps(tmp_path, "r99")) == 100
    assert runs(tmp_path)["r99"].said == ()
    assert [notice.code for notice in runs(tmp_path)["r149"].said] == ["RQL548"]


def test_folders_of_independent_trainings_under_one_id(tmp_path: Path) -> None:
    for at in range(16):
        write(tmp_path, "abc", at, {0: 1, 1: 2, 2: 3})
    (notice,) = notices(page(tmp_path))
    assert (notice.code, notice.message[:31]) == ("RQL514", "16 folders have the id `abc`, a")
    (of_rows,) = history(tmp_path, "abc", "loss").notices
    assert of_rows.message == (
        "16 folders have the id `abc`: 3 steps between 0 and 2 were logged in several of them, and all rows are shown"
    )


def test_a_resumed_run_is_no_training_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "abc", 1, {0: 1, 1: 2})
    write(tmp_path, "abc", 2, {2: 1, 3: 2})
    assert not notices(page(tmp_path))
    assert LocalService(tmp_path).count("", "", TypedSelector()) == 1
