"""Scalars and hyperparameters are those that TensorBoard reads of the same files."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator as OldAccumulator
from tensorboard.summary import Writer
from tensorboardX import SummaryWriter

from runql.sources.protocol import FULL, PageRequest
from runql.sources.tensorboard import TensorboardService
from tests.sources.tensorboard import writer
from tests.sources.tensorboard.judge import Row, config_of, points_of, rows_of, rows_read, run_names

FILES = Path(__file__).parents[2] / "fixtures" / "tensorboard_files"
RUNS = sorted(run_names(FILES))


def same(ours: Sequence[Row], theirs: Sequence[Row]) -> None:
    assert [row.keys() for row in ours] == [row.keys() for row in theirs]
    for our, their in zip(ours, theirs, strict=True):
        for name, value in their.items():
            assert (our[name], type(our[name])) == (value, type(value)) or (_is_nan(our[name]) and _is_nan(value))


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def test_the_runs_are_those_of_tensorboard() -> None:
    found = TensorboardService(FILES).runs_page(PageRequest("", "", wanted=FULL)).runs
    assert {run.id for run in found} == set(RUNS)
    assert len(RUNS) == 12


@pytest.mark.parametrize("name", RUNS)
def test_real_files(name: str) -> None:
    service = TensorboardService(FILES)
    same(rows_read(service, name), rows_of(points_of(FILES / name)))
    run = service.run("", "", name, FULL)
    assert run is not None
    assert run.config == config_of(FILES / name)


def test_real_files_hold_what_their_writers_gave() -> None:
    service = TensorboardService(FILES)
    runs = {run.id: run for run in service.runs_page(PageRequest("", "", wanted=FULL)).runs}
    assert runs["keras/trial-0"].config == {"units": 2.0, "dropout": 0.5, "optimizer": "sgd", "shuffle": True}
    assert runs["keras/trial-0"].state == "finished"
    assert runs["torch/hparams"].config == {"lr": 0.1, "batch": 32.0, "model": "resnet", "amp": True}
    losses = {row["_step"]: row["loss"] for row in rows_read(service, "tf1")}
    # Steps 6 to 9 of the first session were left out: the second one logged them anew.
    assert [losses[step] for step in (5, 6, 9)] == pytest.approx([0.5, 6.6, 6.9])
    (notice,) = (each for each in runs["tf1"].said if each.code == "RQL548")
    assert "8 points" in notice.message
    assert math.isinf((runs["tf2"].summary or {})["odd"])


def test_what_is_no_scalar_is_counted() -> None:
    run = TensorboardService(FILES).run("", "", "tf2", FULL)
    assert run is not None
    (notice,) = (each for each in run.said if each.code == "RQL541")
    for part in ("1 histogram", "1 image", "1 text", "1 audio clip", "1 tensor"):
        assert part in notice.message


def test_a_writer_of_torch(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path / "a")) as log:
        for step in range(50):
            log.add_scalar("loss", 1 / (step + 1), step)
            log.add_scalar("acc", step / 50, step)
        log.add_scalar("loss", math.nan, 50)
        log.add_scalar("no step", 3.0)
    same(rows_read(TensorboardService(tmp_path), "a"), rows_of(points_of(tmp_path / "a")))


def test_a_writer_of_tensorboard(tmp_path: Path) -> None:
    log = Writer(str(tmp_path))
    for step in range(50):
        log.add_scalar("loss", 1 / (step + 1), step)
    log.close()
    rows = rows_read(TensorboardService(tmp_path), ".")
    same(rows, rows_of(points_of(tmp_path)))
    assert len(rows) == 50


def test_torch_purges_from_a_step_on(tmp_path: Path) -> None:
    """Its writer says START only when it is told to purge; the accumulator of the public API does it then."""
    for step, purge in ((0, None), (3, 3)):
        with SummaryWriter(str(tmp_path), purge_step=purge, filename_suffix=f".{step}") as log:
            for at in range(step, step + 5):
                log.add_scalar("loss", step * 10 + at, at)
    judge = OldAccumulator(str(tmp_path)).Reload()
    expected = [(one.step, one.value) for one in judge.Scalars("loss")]
    assert [(row["_step"], row["loss"]) for row in rows_read(TensorboardService(tmp_path), ".")] == expected
    assert len(expected) == 8


DTYPES = {1: "<f", 2: "<d", 3: "<i", 4: "<B", 5: "<h", 6: "<b", 9: "<q", 10: "<?", 17: "<H", 19: "<e"}
LISTS = {1: (5, "single"), 2: (6, "double"), 3: (7, "varint"), 9: (10, "varint"), 10: (11, "varint"), 19: (13, "half")}


@pytest.mark.parametrize("dtype", sorted(DTYPES))
@pytest.mark.parametrize("value", [0, 1, 7, 100])
@pytest.mark.parametrize("shape", [b"", writer.message(2, writer.integer(1, 1))], ids=["scalar", "one"])
def test_each_type_of_tensor(tmp_path: Path, dtype: int, value: int, shape: bytes) -> None:
    body = writer.integer(1, dtype) + writer.message(2, shape)
    body += writer.message(4, struct.pack(DTYPES[dtype], value))
    writer.write(tmp_path, writer.version(), writer.summary([writer.tensor("t", body)], 1))
    rows = rows_read(TensorboardService(tmp_path), ".")
    same(rows, rows_of(points_of(tmp_path)))
    assert rows[0]["t"] == (bool(value) if dtype == 10 else value)


@pytest.mark.filterwarnings("ignore:Setting the dtype on a NumPy array:DeprecationWarning")  # TensorBoard's, of 2.5
@pytest.mark.parametrize("dtype", sorted(LISTS))
@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 100.0])
def test_each_list_of_a_tensor(tmp_path: Path, dtype: int, value: float) -> None:
    field, how = LISTS[dtype]
    if dtype == 10:
        value = abs(value) > 0
    whole = struct.unpack("<H", struct.pack("<e", value))[0] if how == "half" else int(value)
    number = {
        "single": writer.single(field, value),
        "double": writer.double(field, value),
        "varint": writer.integer(field, whole),
        "half": writer.message(field, writer.varint(whole)),
    }[how]
    body = writer.integer(1, dtype) + writer.message(2, b"") + number
    writer.write(tmp_path, writer.version(), writer.summary([writer.tensor("t", body)], 1))
    rows = rows_read(TensorboardService(tmp_path), ".")
    same(rows, rows_of(points_of(tmp_path)))
    assert rows[0]["t"] == value


numbers = st.floats(width=32) | st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, -math.inf])
steps = st.integers(0, 8) | st.integers(-(2**63), 2**63 - 1)
tags = st.sampled_from(["loss", "acc", "val/loss", "ünïcode"])
scalars = st.tuples(st.just("simple"), tags, steps, numbers)
doubles = st.tuples(st.just("double"), tags.map("d/{}".format), steps, st.floats() | st.just(1e300))
wholes = st.tuples(st.just("whole"), tags.map("i/{}".format), steps, st.integers(-(2**63), 2**63 - 1).map(float))
starts = st.tuples(st.just("start"), st.just(""), steps, st.just(0.0))
others = st.tuples(st.just("image"), tags.map("image/{}".format), steps, st.just(0.0))
files = st.lists(scalars | scalars | doubles | wholes | starts | others, max_size=12)
logs = st.lists(files, min_size=1, max_size=3)


@given(logs, st.sampled_from(["brain.Event:2", "brain.Event:1", ""]))
@settings(max_examples=200, deadline=None)
def test_random_logs(log: list[list[tuple[str, str, int, float]]], version: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        clock = writer.FIRST_TIME
        for at, ops in enumerate(log):
            records = [writer.version(version, clock)] if version else []
            # The first start of a run drops nothing in TensorBoard's own reader: here each file begins with one.
            records += [writer.start(0 if at == 0 else 2**62, clock)]
            for op in ops:
                clock += 1
                records.append(_record(op, clock))
            writer.write(folder, *records, name=f"events.out.tfevents.170000000{at}.node-1")
        expected = rows_of(points_of(folder))
        same(rows_read(TensorboardService(folder), "."), expected)


def _record(op: tuple[str, str, int, float], clock: float) -> bytes:
    kind, tag, step, value = op
    match kind:
        case "simple":
            return writer.summary([writer.simple(tag, value)], step, clock)
        case "double":
            body = writer.number_tensor(2, "<d", value)
            return writer.summary([writer.tensor(tag, body)], step, clock)
        case "whole":
            whole = max(-(2**63), min(int(value), 2**63 - 1))
            body = writer.integer(1, 9) + writer.message(2, b"") + writer.integer(10, whole)
            return writer.summary([writer.tensor(tag, body)], step, clock)
        case "image":
            value_of_image = writer.text(1, tag) + writer.message(4, writer.integer(1, 2))
            return writer.summary([value_of_image], step, clock)
    return writer.start(step, clock)
