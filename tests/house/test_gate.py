"""CI's command runs the tests and the rest of `make check`, fails if any of it does, and its last line says what."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.sources import ROOT

MAKEFILE = """\
static: format lint types contracts fresh
test:
\t@echo "{counts}"; exit {tests}
format lint contracts fresh:
\t@true
types:
\t@echo "Found 2 errors in 1 file"; exit {types}
"""
GOOD, BAD = "12 passed in 3.45s", "2 failed, 10 passed in 3.45s"


@pytest.mark.parametrize(
    ("counts", "tests", "types", "last"),
    [
        (GOOD, 0, 0, f"passed: the tests and the rest of make check ({GOOD})"),
        (BAD, 1, 0, f"failed: tests (of the tests: {BAD})"),
        (GOOD, 0, 1, f"failed: types (of the tests: {GOOD})"),
        (BAD, 1, 1, f"failed: tests types (of the tests: {BAD})"),
        ("no module named pytest", 1, 0, "failed: tests (of the tests: none was run)"),
    ],
)
def test_the_last_line_and_the_status_of_ci(counts: str, tests: int, types: int, last: str, tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "Makefile").write_text(MAKEFILE.format(counts=counts, tests=tests, types=types))
    done = subprocess.run([tmp_path / ".ci" / "run"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == last
    assert done.returncode == int(bool(tests or types))


def test_what_ci_leaves_out_of_the_gate_is_nothing() -> None:
    """`make check` is `make test`, which CI runs by itself, and `static`."""
    rules = dict(
        line.split(":", 1)
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line.startswith(("check:", "static:"))
    )
    assert rules["check"].split() == ["static", "test"]
    assert rules["static"].split() == ["$(STATIC)"]
