"""What cannot be read at all is no empty source: it is an error."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from runql.errors import SourceError
from runql.sources.local import LocalService


def test_a_file_that_is_no_run_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("loss went down")
    with pytest.raises(SourceError, match="is no run file"):
        LocalService(path)


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "wandb"
    folder.mkdir()

    def refuse(_path: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceError, match=r"nothing in .* can be read: .*permission denied"):
        LocalService(folder)
