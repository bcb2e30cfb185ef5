"""Whatever happens to a file: what is shown was logged, what came before the damage is shown, and it is said."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.sources.local import LocalService
from runql.sources.local.records import Frames
from runql.sources.protocol import HistoryRequest, PageRequest
from runql.text.diagnostic import folded
from tests.sources.local import files
from tests.sources.local.ask import codes, history, notices, only, page, rows
from tests.sources.local.real import FILES, VERSIONS, same

TROUBLE = {"RQL501", "RQL502", "RQL503", "RQL545"}
SAMPLES = [
    next((FILES / version / "wandb").glob(f"*-{run_id}/*.wandb"))
    for version in VERSIONS
    for run_id in ("nested", "killed")
]


@cache
def whole(path: Path) -> tuple[bytes, tuple[tuple[int, int], ...], list[dict[str, Any]]]:
    """The bytes of a file, where its records begin and end, and its rows."""
    content = path.read_bytes()
    return content, tuple(files.records(content)), rows(history(path, _id(path)))


def _id(path: Path) -> str:
    return path.stem.removeprefix("run-")


def _rows_of(content: bytes, run_id: str) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """The rows, and the codes that come with them and with the listing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"run-{run_id}.wandb"
        path.write_bytes(content)
        os.utime(path, (0, 0))
        service = LocalService(path)
        listing = service.runs_page(PageRequest("", ""))
        found = list(service.histories(HistoryRequest("", "", tuple(run.id for run in listing.runs), samples=None)))
        told = codes(found[0]) if found else codes(listing)
        return [row for each in found for row in rows(each)], told, codes(listing)


def _is_part(part: list[dict[str, Any]], complete: list[dict[str, Any]]) -> bool:
    """Whether the rows are some of the complete ones, in their order."""
    rest: Iterator[dict[str, Any]] = iter(complete)
    return all(any(same(row, other) for other in rest) for row in part)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parents[2].name}-{path.stem}")
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_a_file_that_is_cut_off(path: Path, data: st.DataObject) -> None:
    content, records, complete = whole(path)
    size = data.draw(st.integers(0, len(content)))
    found, told, listed = _rows_of(content[:size], _id(path))
    assert same(found, complete[: len(found)])
    if "RQL545" in listed:  # not even the run's own record is there
        assert (found, told, listed) == ([], [], ["RQL545"])
        return
    assert set(told) | set(listed) <= {"RQL502"}
    cuts = [7, *(at for _, at in records)]
    nothing_torn = size < 7 or any(at <= size and not content[at:size].strip(b"\0") and size - at < 7 for at in cuts)
    assert (told, listed) == (([], []) if nothing_torn else (["RQL502"], ["RQL502"]))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parents[2].name}-{path.stem}")
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_bytes_that_changed(path: Path, data: st.DataObject) -> None:
    content, records, complete = whole(path)
    changed = bytearray(content)
    places = data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4, unique=True))
    for place in places:
        changed[place] ^= data.draw(st.integers(1, 255))
    found, told, listed = _rows_of(bytes(changed), _id(path))
    assert _is_part(found, complete)
    assert set(told) | set(listed) <= TROUBLE
    if min(places) > 7 and len(found) < len(complete):
        assert told or "RQL545" in listed  # the first record reaches past the end: nothing is in it
    before = sum(end <= min(places) for _, end in records)
    assert len(found) >= min(len(complete), before) - (len(records) - len(complete)) or min(places) <= 7


@pytest.mark.parametrize("path", SAMPLES[-2:], ids=lambda path: path.stem)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_stretch_of_zeros_or_noise(path: Path, data: st.DataObject) -> None:
    content, _, complete = whole(path)
    start = data.draw(st.integers(7, len(content) - 1))
    length = data.draw(st.integers(1, min(70_000, len(content) - start)))
    again = content[:length].ljust(length, b"\x01")
    fill = data.draw(st.sampled_from([bytes(length), b"\xff" * length, again]))
    found, told, _ = _rows_of(content[:start] + fill + content[start + length :], _id(path))
    # What is there twice may be read twice: its records are whole.
    is_again = fill == again and all(any(same(row, other) for other in complete) for row in found)
    assert is_again or _is_part(found, complete)
    assert set(told) <= TROUBLE


@settings(max_examples=60, deadline=None)
@given(
    noise=st.binary(max_size=300),
    header=st.sampled_from([b"", files.HEADER, files.HEADER + b"\0", files.HEADER + b"\1"]),
)
def test_noise_is_no_run(noise: bytes, header: bytes) -> None:
    found, told, _ = _rows_of(header + noise, "abc")
    assert not found
    assert set(told) <= TROUBLE


@settings(max_examples=100, deadline=None)
@given(bodies=st.lists(st.binary(max_size=60), max_size=6), tag=st.sampled_from([0x12, 0x1A, 0x2A, 0x3A]))
def test_records_of_noise_with_right_checksums(bodies: list[bytes], tag: int) -> None:
    """Nothing that passes its checksum makes the reader fall over."""
    told = [bytes([tag, len(body)]) + body for body in bodies]
    _rows_of(files.log([files.run(), *told, *bodies]), "abc")


def _sample(count: int = 300) -> bytes:
    return files.log(
        [files.run(), *(files.row({("n",): at, ("t",): "z" * 300}, at) for at in range(count)), files.exit_()]
    )


def test_one_flipped_bit_costs_one_record_and_says_so(tmp_path: Path) -> None:
    content = bytearray(_sample())
    place = content.index(b"zzz", 20_000)
    content[place] ^= 1
    path = files.write(tmp_path, bytes(content))
    found = history(tmp_path, "abc", "n")
    lost = set(range(300)) - set(found.columns["n"])
    assert len(lost) == 1
    (notice,) = found.notices
    assert notice.code == "RQL501"
    assert path.name in notice.message
    assert "1 record lost" in notice.hints[0]
    with path.open("rb") as file:
        frames = Frames(file, len(content))
        list(frames)
    assert f"byte {frames.damages[0].offset}" in notice.message
    assert frames.damages[0].offset <= place
    assert only(tmp_path).state == "finished"


def test_a_lost_block_costs_what_was_in_it(tmp_path: Path) -> None:
    content = bytearray(_sample())
    content[32768 : 2 * 32768] = bytes(32768)
    files.write(tmp_path, bytes(content))
    found = history(tmp_path, "abc", "n")
    shown = found.columns["n"]
    lost = sorted(set(range(300)) - set(shown))
    assert lost == list(range(lost[0], lost[-1] + 1))
    assert 80 < len(lost) < 110
    (notice,) = found.notices
    assert f"{len(lost)} records lost" in notice.hints[0]


def test_rows_that_count_on_lost_rows_are_not_shown(tmp_path: Path) -> None:
    rows_ = [files.row({("n",): at}) for at in range(10)]
    content = bytearray(files.log([files.run(), *rows_, files.row({("n",): 11}, 11)], version=1))
    content[content.index(files.item(("n",), 4))] ^= 1
    files.write(tmp_path, bytes(content))
    found = history(tmp_path, "abc", "n")
    assert found.columns == {"_step": [0, 1, 2, 3, 11], "n": [0, 1, 2, 3, 11]}
    assert codes(found) == ["RQL501", "RQL501"]
    assert "5 rows" in found.notices[1].message


def test_a_wrong_header_does_not_hide_whole_records(tmp_path: Path) -> None:
    files.write(tmp_path, b"XXXX" + _sample(3)[4:])
    assert history(tmp_path, "abc", "n").columns["n"] == [0, 1, 2]
    assert codes(page(tmp_path)) == ["RQL501"]


@pytest.mark.parametrize("version", [2, 7, 255])
def test_a_version_that_is_not_known_is_not_guessed_at(tmp_path: Path, version: int) -> None:
    content = bytearray(_sample(3))
    content[6] = version
    files.write(tmp_path, bytes(content))
    assert not page(tmp_path).runs
    (notice,) = page(tmp_path).notices
    assert notice.code == "RQL503"
    assert f"version {version}" in notice.message


@pytest.mark.parametrize("size", [0, 3, 7])
def test_a_run_that_just_started_is_a_run_without_rows(tmp_path: Path, size: int) -> None:
    path = files.write(tmp_path, _sample(1)[:size])
    os.utime(path, (0, 0))
    run = only(tmp_path)
    assert (run.id, run.state, run.config, run.summary) == ("abc", "crashed", {}, {})
    assert history(tmp_path, "abc").length == 0
    (notice,) = notices(page(tmp_path))
    assert (notice.code, "holds nothing" in notice.message) == ("RQL545", True)


def test_a_file_of_something_else(tmp_path: Path) -> None:
    files.write(tmp_path, b"PK\x03\x04" + bytes(range(256)) * 300)
    (notice,) = page(tmp_path).notices
    assert (notice.code, "no W&B run file" in notice.message) == ("RQL503", True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    files.write(tmp_path, _sample(3), "good")
    files.write(tmp_path, _sample(3), "bad").chmod(0)
    assert [run.id for run in page(tmp_path).runs] == ["abc"]
    assert codes(page(tmp_path)) == ["RQL503"]


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(tmp_path, _sample(3), "good")
    bad = files.write(tmp_path, _sample(3), "bad")
    opened = Path.open

    def refuse(self: Path, *args: Any, **more: Any) -> Any:
        if self == bad:
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **more)

    monkeypatch.setattr(Path, "open", refuse)
    listing = page(tmp_path)
    assert len(listing.runs) == 1
    (notice,) = listing.notices
    assert notice.code == "RQL503"
    assert notice.message.endswith("run-bad.wandb` could not be read: permission denied")


def test_a_file_that_went_away(tmp_path: Path) -> None:
    path = files.write(tmp_path, _sample(3))
    service = LocalService(tmp_path)
    shutil.rmtree(path.parent)
    found = history(service, "abc", "n")
    assert found.length == 0
    assert codes(found) == ["RQL503"]


def test_many_broken_files_are_told_in_few_lines(tmp_path: Path) -> None:
    for at in range(25):
        files.write(tmp_path, files.log([files.run(f"r{at}"), files.row({("n",): 1}, 0)])[:-1], f"r{at}")
        os.utime(tmp_path / "wandb" / f"offline-run-20260101_000000-r{at}" / f"run-r{at}.wandb", (0, 0))
    (told,) = folded(notices(page(tmp_path)))
    assert (told.code, told.message) == ("RQL502", "25 logs end mid-record: their runs were killed")
    assert len(told.names) == 25
