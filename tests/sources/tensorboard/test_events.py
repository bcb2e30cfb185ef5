"""Single events: read as the official protobuf reads them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event as Judge

from runql.sources.protocol import FULL
from runql.sources.tensorboard import TensorboardService
from runql.sources.tensorboard.events import read_event
from tests.sources.tensorboard import writer
from tests.sources.tensorboard.judge import rows_read

NAMES = st.text(max_size=8) | st.just("t" * 130)
KINDS = {"simple_value": "", "tensor": "", "image": "image", "histo": "histogram", "audio": "audio clip"}

values = st.lists(
    st.one_of(
        NAMES.map(lambda tag: writer.text(1, tag)),
        st.floats(width=32, allow_nan=False).map(lambda number: writer.single(2, number)),
        st.sampled_from([4, 5, 6, 8]).map(lambda number: writer.message(number, b"")),
        st.just(writer.metadata("scalars")),
        st.just(writer.integer(99, 5)),
    ),
    max_size=5,
).map(b"".join)
summaries = st.lists(values, max_size=3).map(lambda found: b"".join(writer.message(1, value) for value in found))
events = st.lists(
    st.one_of(
        st.floats(allow_nan=False).map(lambda time: writer.double(1, time)),
        st.integers(-(2**63), 2**63 - 1).map(lambda step: writer.integer(2, step)),
        st.sampled_from(["brain.Event:2", "brain.Event:1", "else"]).map(lambda name: writer.text(3, name)),
        summaries.map(lambda body: writer.message(5, body)),
        st.sampled_from([0, 1, 2]).map(lambda status: writer.message(7, writer.integer(1, status))),
        st.just(writer.message(4, b"graph")),
        st.just(writer.integer(99, 5)),
    ),
    max_size=6,
).map(b"".join)


@given(events)
def test_an_event_is_what_protobuf_reads(data: bytes) -> None:
    theirs = Judge.FromString(data)
    # As in a file: the checksum stands behind the event.
    ours = read_event(data + b"sum!", len(data))
    assert (ours.wall_time, ours.step) == (theirs.wall_time, theirs.step)
    what = theirs.WhichOneof("what")
    assert (ours.values is not None) == (what == "summary")
    assert (ours.version is not None) == (what == "file_version")
    assert ours.is_start == (what == "session_log" and theirs.session_log.status == 1)
    is_strange = what is None and writer.integer(99, 5) in data
    assert ours.other == ("graph" if what == "graph_def" else "unknown event" if is_strange else "")
    for our, their in zip(ours.values or (), theirs.summary.value, strict=True):
        kind = their.WhichOneof("value")
        assert (our.tag, our.number is not None, our.tensor is not None) == (
            their.tag,
            kind == "simple_value",
            kind == "tensor",
        )
        assert our.number is None or our.number == their.simple_value
        assert kind is None or our.kind == KINDS[kind]


def floats(shape: list[int], *numbers: float) -> bytes:
    dims = b"".join(writer.message(2, writer.integer(1, size)) for size in shape)
    return writer.integer(1, 1) + writer.message(2, dims) + b"".join(writer.single(5, number) for number in numbers)


@pytest.mark.parametrize(
    "body",
    [
        floats([2], 1.0),  # one number stands for both
        floats([0], 1.0),
        floats([2, 0]),
        floats([-1], 1.0),
        floats([]),
        floats([], 1.0, 2.0),
        writer.integer(1, 1) + writer.message(2, b"") + writer.message(4, b"abc"),
        writer.integer(1, 1) + writer.message(2, b"") + writer.message(5, struct.pack("<ff", 1, 2)),
        writer.integer(1, 7) + writer.message(2, b"") + writer.text(8, "text"),
        writer.integer(1, 8) + writer.message(2, b"") + writer.single(9, 1) + writer.single(9, 2),
        writer.integer(1, 12345) + writer.message(2, b"") + writer.integer(7, 1),
        writer.message(2, b""),
    ],
)
def test_a_tensor_of_other_than_one_number_is_counted(tmp_path: Path, body: bytes) -> None:
    value = writer.tensor("t", body)
    writer.write(tmp_path, writer.version(), writer.summary([value, writer.simple("loss", 1)], 1))
    service = TensorboardService(tmp_path)
    assert [row.get("t", "none") for row in rows_read(service, ".")] == ["none"]
    run = service.run("", "", ".", FULL)
    assert run is not None
    assert ["1 tensor:" in notice.message for notice in run.said] == [True]


def test_a_tensor_whose_class_is_scalar_is_one_whatever_its_plugin(tmp_path: Path) -> None:
    body = writer.number_tensor(2, "<d", 0.1)
    value = writer.text(1, "t") + writer.message(8, body) + writer.metadata("mine", data_class=1)
    bare = writer.text(1, "t") + writer.message(8, writer.number_tensor(2, "<d", 0.2))
    writer.write(tmp_path, writer.version(), writer.summary([value], 1), writer.summary([bare], 2))
    assert [row["t"] for row in rows_read(TensorboardService(tmp_path), ".")] == [0.1, 0.2]
