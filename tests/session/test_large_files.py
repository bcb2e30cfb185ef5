"""Files that are larger than they can be: an error that says the bound, and no more is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runql.errors import RunQLError
from runql.frontends.cli.call import read_file
from runql.sources.wandb import discover
from runql.text.bounded import MOST_SMALL_BYTES, MOST_TEXT_BYTES, read_bounded


def sparse(path: Path, size: int) -> Path:
    """A file of so many zeros, which take no room."""
    with path.open("wb") as file:
        os.truncate(file.fileno(), size)
    return path


def test_a_script(tmp_path: Path) -> None:
    with pytest.raises(RunQLError, match=f"more than {MOST_TEXT_BYTES:,} bytes"):
        read_file(sparse(tmp_path / "large.rql", 500_000_000))


def test_a_key_file(tmp_path: Path) -> None:
    with pytest.raises(RunQLError, match="cannot be read"):
        discover({}, tmp_path, tmp_path, api_key_file=sparse(tmp_path / "key", 500_000_000))


def test_a_netrc_file(tmp_path: Path) -> None:
    found = discover({"NETRC": str(sparse(tmp_path / "netrc", 500_000_000))}, tmp_path, tmp_path)
    assert found.auth is None
    assert any("cannot be read as a netrc file" in warning for warning in found.warnings)


def test_up_to_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * MOST_SMALL_BYTES)
    assert len(read_bounded(path, MOST_SMALL_BYTES)) == MOST_SMALL_BYTES
    with pytest.raises(OSError, match="more than"):
        read_bounded(path, MOST_SMALL_BYTES - 1)
    with pytest.raises(OSError, match="more than"):
        read_bounded(Path("/dev/zero"), MOST_SMALL_BYTES)
