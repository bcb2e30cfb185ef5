"""A file is whole, or it is what it was before."""

from __future__ import annotations

import errno
import os
import pty
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runql.errors import OutputError
from runql.results.formats.formats import FORMATS, Output, save
from runql.results.frame import Frame
from runql.text.replace import replace_with

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


def test_a_link_to_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("mine")
    for name, to in (("link.csv", ".bashrc"), ("new.csv", "none.sh"), ("loop.csv", "loop.csv")):
        (tmp_path / name).symlink_to(tmp_path / to)
        with pytest.raises(OutputError):
            save(Output([NEW]), FORMATS["csv"], tmp_path / name)
    assert (tmp_path / ".bashrc").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".bashrc", "link.csv", "loop.csv", "new.csv"]


def test_a_link_to_a_new_file_makes_that(tmp_path: Path) -> None:
    (tmp_path / "link.yml").symlink_to(tmp_path / "new.yaml")
    save(Output([NEW]), FORMATS["yaml"], tmp_path / "link.yml")
    assert (tmp_path / "link.yml").is_symlink()
    assert (tmp_path / "new.yaml").read_text() == "- a: 1\n"


def test_a_device_is_written_into(tmp_path: Path) -> None:
    (tmp_path / "null.csv").symlink_to(os.devnull)
    save(Output([NEW]), FORMATS["csv"], tmp_path / "null.csv")
    assert (tmp_path / "null.csv").is_symlink()
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_terminal_gets_nothing_that_steers_it(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    (tmp_path / "tty.csv").symlink_to(os.ttyname(theirs))
    save(Output([Frame({"a": ["\x1b[31mred\u202e"]})]), FORMATS["csv"], tmp_path / "tty.csv")
    wanted = b"a\r\n\\x1b[31mred\\u202e\r\n"
    seen = b""
    while len(seen) < len(wanted):
        seen += os.read(ours, 1000)
    assert seen == wanted
    os.close(ours)
    os.close(theirs)


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    rows = Frame({"a": list(range(100_000))})
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(path.read_bytes)
        save(Output([rows]), FORMATS["csv"], path)
        assert read.result().splitlines()[-1] == b"99999"
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_pipe_that_is_closed_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def frames() -> Iterator[Frame]:
        yield NEW
        os.close(reader)
        yield NEW

    with pytest.raises(OutputError, match="Broken pipe"):
        save(Output(frames(), ("a",)), FORMATS["csv"], path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices, and gives files away")
def test_root_writes_into_no_disk_and_keeps_the_owner(tmp_path: Path) -> None:
    os.mknod(tmp_path / "disk.csv", 0o600 | stat.S_IFBLK, os.makedev(7, 250))
    with pytest.raises(OutputError, match="is a disk"):
        save(Output([NEW]), FORMATS["csv"], tmp_path / "disk.csv")
    path = tmp_path / "theirs.csv"
    path.write_text("old")
    os.chown(path, 1234, 4321)
    path.chmod(0o4640)
    save(Output([NEW]), FORMATS["csv"], path)
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1234, 4321, 0o4640)
    assert path.read_text() == "a\n1\n"


def test_an_owner_that_cannot_be_kept_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    path = tmp_path / "theirs.csv"
    path.write_text("old")
    real = os.fstat

    def another(handle: int) -> os.stat_result:
        found = list(real(handle))
        return os.stat_result([*found[:4], found[4] + 1, *found[5:]])

    monkeypatch.setattr(os, "fchown", refuse)
    monkeypatch.setattr(os, "fstat", another)
    with pytest.raises(OutputError, match="belongs to somebody else"):
        save(Output([NEW]), FORMATS["csv"], path)
    monkeypatch.undo()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("theirs.csv", "old")]


def test_extended_attributes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    try:
        os.setxattr(path, "user.from", b"a colleague")
    except OSError:
        pytest.skip("the file system has none")
    save(Output([NEW]), FORMATS["csv"], path)
    assert os.getxattr(path, "user.from") == b"a colleague"


def test_a_new_file_has_what_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save(Output([NEW]), FORMATS["csv"], tmp_path / "out.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o640


def test_another_name_of_the_file_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("old")
    os.link(tmp_path / "other", tmp_path / "out.csv")
    save(Output([NEW]), FORMATS["csv"], tmp_path / "out.csv")
    assert (tmp_path / "other").read_text() == "old"
    assert (tmp_path / "out.csv").read_text() == "a\n1\n"


def test_a_file_that_is_read_only_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    path.chmod(0o444)
    with pytest.raises(OutputError, match="is read-only"):
        save(Output([NEW]), FORMATS["csv"], path)
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["a\0b.csv", "\ud800.csv", "n" * 300 + ".csv"])
def test_a_name_that_no_file_has_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError):
        save(Output([NEW]), FORMATS["csv"], tmp_path / name)


@pytest.mark.parametrize("name", ["é" * 120 + ".csv", "名" * 80 + ".csv"])
def test_a_long_name_is_no_trouble(tmp_path: Path, name: str) -> None:
    for _ in range(2):
        save(Output([NEW]), FORMATS["csv"], tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("named", [True, False])
def test_an_error_that_comes_with_the_end_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, named: bool
) -> None:
    """Over a network only the last step knows that the disk is full; `named`: a system without unnamed files."""

    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "out.csv"
    path.write_text("old")
    if named:
        monkeypatch.delattr(os, "O_TMPFILE")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="cannot write"):
        save(Output([NEW]), FORMATS["csv"], path)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("out.csv", "old")]


@pytest.mark.parametrize("named", [True, False])
def test_a_system_without_unnamed_files_does_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    if named:
        monkeypatch.delattr(os, "O_TMPFILE")
    path = tmp_path / "out.csv"
    for rows in (NEW, Frame({"a": [2]})):
        save(Output([rows]), FORMATS["csv"], path)
    with pytest.raises(ConnectionError):
        save(Output(failing(), ("a",)), FORMATS["csv"], path)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("out.csv", "a\n2\n")]
    with pytest.raises(FileExistsError):
        replace_with(path, b"new", fresh=True)
    replace_with(tmp_path / "other", b"new", fresh=True)
    assert sorted((each.name, each.read_text()) for each in tmp_path.iterdir()) == [
        ("other", "new"),
        ("out.csv", "a\n2\n"),
    ]


def test_a_write_that_takes_little_at_a_time_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data)[:7]))
    save(Output([Frame({"a": list(range(1000))})]), FORMATS["csv"], tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[-1] == "999"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot write"):
        save(Output([NEW]), FORMATS["csv"], tmp_path / "out.csv")
