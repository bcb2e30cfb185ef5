"""The page of the benchmarks has every script, and the README's figures are those of the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tools.benchmarks import about, main, outlook, page, quietness, scripts, section
from tools.figures import BEGIN, END, FIGURES, with_figures


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


def test_one_that_fails_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "bench_bad.py").write_text('"""Bad."""\nraise SystemExit("no such file")')
    (folder / "bench_good.py").write_text('"""Good."""\nimport sys\nsys.stdout.buffer.write(b"one \\xff\\n")')
    monkeypatch.setattr("tools.benchmarks.ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["benchmarks", "--out", str(tmp_path / "page.md")])
    assert main() == 1
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "It failed: no such file" in text
    assert "one \ufffd" in text
    assert re.search(r"^\| all of them \| +\| \d+ \| \d+ \|$", text, re.MULTILINE)
    said = capsys.readouterr().err
    assert said.startswith("2 benchmarks, 0 s when they were measured last (0 s of CPU); 2 of them not measured yet\n")
    assert re.search(r"\n2 benchmarks in \d+ s: .*page\.md\nfailed: bad\n$", said)


def test_how_long_all_of_them_took_is_said_first() -> None:
    sections = {"a": "2026-11-30, 1086 s, 236 s of CPU", "b": "2026-11-30, 30 s, 14 s of CPU"}
    assert outlook(["a", "b"], sections) == "2 benchmarks, 19 min when they were measured last (4 min of CPU)"
    assert outlook(["b"], sections) == "1 benchmark, 30 s when they were measured last (14 s of CPU)"


def test_the_page_says_whether_the_machine_did_something_else() -> None:
    assert quietness(0.04) == "quiet (0.0 cores of others)"
    assert quietness(1.52) == "busy (1.5 cores of others)"
    assert quietness(None) == "other work unknown"
    line = f"A processor, 2 cores, {quietness(1.5)}, Python 3.11.7, 2026-11-30, 3 s, 1 s of CPU."
    part = f"## `bench_prompt`\n\n{line}\n\nrunql -s demo   500 \nlitecli on an empty file   800 \n"
    readme = f"{BEGIN}\n{END}"
    assert "Other programs ran meanwhile" in with_figures(readme, part)
    assert "| 500 ms | litecli: 800 ms | 1.6 × |" in with_figures(readme, part)
    assert "Other programs" not in with_figures(readme, part.replace(quietness(1.5), quietness(0.0)))
