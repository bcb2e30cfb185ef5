"""Files that are cut off, overwritten, hostile or nothing of the kind: what is whole is shown, and the rest is said."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.errors import SourceError
from runql.sources.protocol import FULL, PageRequest
from runql.sources.tensorboard import TensorboardService, framing
from runql.sources.tensorboard.framing import crc32c, masked_crc32c
from tests.sources.tensorboard import writer
from tests.sources.tensorboard.judge import Row, points_of, rows_of, rows_read

NAME = "events.out.tfevents.1700000000.node-1.7.0"
RECORDS = (
    writer.version(),
    writer.session_start({"lr": 0.1, "model": "vit"}),
    *(writer.summary([writer.simple("loss", 1.5 - at), writer.simple("acc", at)], at, 1.7e9 + at) for at in range(4)),
    writer.summary([writer.tensor("d", writer.number_tensor(2, "<d", 0.1))], 9, 1.7e9 + 9),
)
WHOLE = b"".join(RECORDS)
SAID_WHERE_LOST = {"RQL501", "RQL502", "RQL503", "RQL541"}


def read(folder: Path, data: bytes) -> tuple[list[Row], set[str]]:
    """The rows of a file with these bytes, and the codes of what is said of it, or of why there is none."""
    path = folder / NAME
    path.write_bytes(data)
    os.utime(path, (1.7e9, 1.7e9))  # so long ago that nobody writes it
    service = TensorboardService(folder)
    (run,) = service.runs_page(PageRequest("", "", wanted=FULL)).runs
    return rows_read(service, "."), {notice.code for notice in run.said}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    rows, said = read(tmp_path_factory.mktemp("whole"), WHOLE)
    assert said == set()
    assert len(rows) == 5
    return rows


def test_a_file_that_is_cut_off_gives_what_tensorboard_reads(tmp_path: Path) -> None:
    ends = {len(b"".join(RECORDS[:count])) for count in range(len(RECORDS) + 1)}
    for size in range(len(WHOLE)):
        rows, said = read(tmp_path, WHOLE[:size])
        assert rows == rows_of(points_of(tmp_path))
        assert said == (set() if size in ends else {"RQL502"})


def test_a_byte_that_was_overwritten_costs_its_record_and_no_other(tmp_path: Path, whole: list[Row]) -> None:
    begins = [len(b"".join(RECORDS[:count])) for count in range(len(RECORDS))]
    for at in range(len(WHOLE)):
        data = bytearray(WHOLE)
        data[at] ^= 0xFF
        rows, said = read(tmp_path, bytes(data))
        assert said & {"RQL501", "RQL502", "RQL503"}
        hit = max(place for place, begin in enumerate(begins) if begin <= at)
        before, after = whole[: max(0, hit - 2)], whole[max(0, hit - 1) :]
        # The length is checked by itself: where it is right, all other records are where they were.
        assert rows == (before if at < begins[hit] + 12 else [*before, *after])


def test_zeros_at_the_end_are_an_end(tmp_path: Path, whole: list[Row]) -> None:
    assert read(tmp_path, WHOLE + bytes(5000)) == (whole, {"RQL502"})
    assert read(tmp_path, WHOLE + bytes(5000) + b"x") == (whole, {"RQL501"})


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 1 << 40, len(WHOLE) + 1])
def test_a_length_beyond_the_end_is_an_end(tmp_path: Path, whole: list[Row], length: int) -> None:
    head = struct.pack("<Q", length)
    data = WHOLE + head + struct.pack("<I", masked_crc32c(head, 0, 8)) + b"rest"
    assert read(tmp_path, data) == (whole, {"RQL502"})


def test_a_record_that_is_too_long_is_stepped_over(
    tmp_path: Path, whole: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framing, "MOST_BYTES", 1000)
    data = RECORDS[0] + writer.event(writer.message(4, b"x" * 2000)) + b"".join(RECORDS[1:])
    assert read(tmp_path, data) == (whole, {"RQL541"})


@pytest.mark.parametrize("payload", [b"\xff" * 30, b"\x0a", b"\x2a\x05\x0a\x09", b"\x2b" * 40])
def test_a_whole_record_that_is_no_event_is_said(tmp_path: Path, whole: list[Row], payload: bytes) -> None:
    assert read(tmp_path, RECORDS[0] + writer.frame(payload) + b"".join(RECORDS[1:])) == (whole, {"RQL501"})


@pytest.mark.parametrize("data", [b"this is no event file", b"\x89PNG" + bytes(100), bytes(range(1, 65))])
def test_a_file_of_another_kind_is_said(tmp_path: Path, data: bytes) -> None:
    rows, said = read(tmp_path, data)
    assert (rows, said) == ([], {"RQL503"})


def test_a_long_record_is_checked_before_it_is_used(tmp_path: Path, whole: list[Row]) -> None:
    values = [writer.simple(f"tag{at}", at) for at in range(2000)]
    long = bytearray(writer.summary(values, 3))
    assert len(long) > 1 << 14
    rows, _ = read(tmp_path, WHOLE + bytes(long))
    assert len(rows[3]) == len(whole[3]) + 2000
    long[len(long) // 2] ^= 1
    assert read(tmp_path, WHOLE + bytes(long)) == (whole, {"RQL501"})


def test_an_image_is_counted_though_its_bytes_are_not_checked(tmp_path: Path, whole: list[Row]) -> None:
    image = bytearray(writer.summary([writer.text(1, "picture") + writer.message(4, bytes(1 << 15))], 0))
    image[1 << 14] ^= 1
    assert read(tmp_path, bytes(image) + WHOLE) == (whole, {"RQL541"})


def test_values_that_are_nested_without_end_are_said(tmp_path: Path) -> None:
    deep = writer.protobuf_value(1)
    for _ in range(5000):
        deep = writer.message(6, writer.message(1, deep))
    entry = writer.message(1, writer.text(1, "deep") + writer.message(2, deep))
    info = writer.metadata("hparams", writer.message(3, entry))
    rows, said = read(tmp_path, WHOLE + writer.summary([writer.text(1, "_hparams_/session_start_info") + info], 0))
    assert len(rows) == 5
    assert said == {"RQL541"}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    with pytest.raises(SourceError, match="no TensorBoard event files"):
        TensorboardService(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    writer.write(tmp_path / "a", WHOLE).chmod(0)
    writer.write(tmp_path / "b", WHOLE)
    runs = TensorboardService(tmp_path).runs_page(PageRequest("", "", wanted=FULL)).runs
    assert {run.id: {notice.code for notice in run.said} for run in runs}["a"] == {"RQL503"}


messages = st.recursive(
    st.binary(max_size=12),
    lambda inner: st.lists(
        st.tuples(st.integers(0, 17), st.sampled_from([0, 1, 2, 3, 5, 7]), inner, st.integers(0, 2**64 - 1)), max_size=4
    ).map(lambda parts: b"".join(_field(*part) for part in parts)),
    max_leaves=12,
)


def _field(number: int, wire: int, body: bytes, value: int) -> bytes:
    tag = writer.varint(number << 3 | wire)
    if wire == 2:
        return tag + writer.varint(len(body)) + body
    return tag + {0: writer.varint(value), 1: struct.pack("<Q", value), 5: struct.pack("<I", value >> 32)}.get(
        wire, b""
    )


@given(st.lists(messages, max_size=5))
@settings(max_examples=200, deadline=None)
def test_any_message_is_read_or_said(payloads: list[bytes]) -> None:
    with TemporaryDirectory() as name:
        rows, said = read(Path(name), WHOLE + b"".join(writer.frame(payload) for payload in payloads))
        assert len(rows) >= 4
        assert said <= {*SAID_WHERE_LOST, "RQL548"}


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_said(data: bytes) -> None:
    with TemporaryDirectory() as name:
        rows, said = read(Path(name), data)
        assert rows == []
        assert said <= {"RQL502", "RQL503", "RQL501"}


@given(st.binary(max_size=70))
def test_the_checksum_is_that_of_tensorboard(data: bytes) -> None:
    from tensorboard.compat.tensorflow_stub import pywrap_tensorflow as judge

    assert crc32c(data, 0, len(data)) == judge.crc32c(data)
    assert masked_crc32c(data, 0, len(data)) == judge.masked_crc32c(data)
    assert crc32c(b"ab" + data + b"c", 2, 2 + len(data)) == judge.crc32c(data)
