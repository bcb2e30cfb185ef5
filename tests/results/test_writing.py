"""A file is whole, or it is what it was before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from runql.errors import OutputError
from runql.results.formats import FORMATS, Output, save
from runql.results.frame import Frame

NEW = Frame({"a": [1]})


def failing() -> Iterator[Frame]:
    yield NEW
    raise ConnectionError("gone")


def test_a_new_file_replaces_an_old_one_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    path.chmod(0o640)
    save(Output([NEW]), FORMATS["csv"], path)
    assert path.read_text() == "a\n1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_on_the_way_leaves_the_old_file_and_no_scraps(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with pytest.raises(ConnectionError):
        save(Output(failing(), ("a",)), FORMATS["jsonl"], path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_on_the_way_leaves_no_new_file(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        save(Output(failing(), ("a",)), FORMATS["csv"], tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    save(Output([NEW]), FORMATS["csv"], link)
    assert link.is_symlink()
    assert real.read_text() == "a\n1\n"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as error:
        save(Output([NEW]), FORMATS["csv"], tmp_path / "no" / "out.csv")
    assert error.value.diagnostics[0].code == "RQL506"
    assert error.value.diagnostics[0].message == f"there is no folder `{tmp_path / 'no'}`"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        save(Output([NEW]), FORMATS["csv"], tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot write"):
        save(Output([NEW]), FORMATS["csv"], tmp_path / "out.csv")
