"""The page of the benchmarks has every script, and the README's figures are those of the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tools.benchmarks import about, page, scripts, section
from tools.figures import FIGURES, with_figures


def test_the_figures_of_the_readme_are_those_of_the_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme == with_figures(readme, (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"))
    assert len(readme.splitlines()) <= 120


def test_the_page_is_of_scripts_that_there_are() -> None:
    """One that is new is on the page when it is measured: `make bench` on a computer that does nothing else."""
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `bench_(\w+)`$", text, re.MULTILINE)) <= set(scripts())
    assert all(about(name) for name in scripts())
    assert {figure.script for figure in FIGURES} <= set(scripts())


def test_what_fails_or_takes_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "bench_good.py").write_text('"""Good."""\nprint("one 1")')
    (folder / "bench_bad.py").write_text('"""Bad."""\nprint("half")\nraise SystemExit("no such file")')
    (folder / "bench_slow.py").write_text('"""Slow."""\nprint("begun", flush=True)\nimport time\ntime.sleep(60)')
    monkeypatch.setattr("tools.benchmarks.ROOT", tmp_path)
    good, is_good = section("good", 60)
    bad, is_bad = section("bad", 60)
    slow, is_slow = section("slow", 1)
    assert (is_good, is_bad, is_slow) == (True, False, False)
    assert "one 1" in good
    assert "half\n\nIt failed: no such file" in bad
    assert "It was stopped after 1 s." in slow
    text = page({"good": good, "bad": bad})
    assert "| [`bench_good`](#bench_good) |" in text
    assert "| `bench_slow` | not yet |" in text
