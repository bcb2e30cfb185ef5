"""The reference pages that are made of tables say what the tables say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

PAGES = ("language.md", "stages.md", "functions.md", "codes.md", "prompt.md")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    command = [sys.executable, "docs/make_reference.py", "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"})
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_fresh(page: str, made: Path) -> None:
    kept = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert kept == (made / page).read_text(encoding="utf-8"), "`python docs/make_reference.py` writes it anew"
