"""The embedded runs: what their script would write again, small, and silent about where they were made."""

from __future__ import annotations

import importlib.util
import re
import sys
from types import ModuleType

from tests.house.sources import PACKAGE, ROOT

RUNS = PACKAGE / "demo" / "wandb"
MOST_BYTES = 2_000_000
PLACES = re.compile(rb"/home/|/root|/tmp/|/usr/|/users/|[a-z]:\\users|https?://|\b\w+@\w+\.\w{2,}", re.I)


def study() -> ModuleType:
    spec = importlib.util.spec_from_file_location("study", ROOT / "examples" / "demo" / "study.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["study"] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["study"]
    return module


def test_the_runs_are_those_of_the_study() -> None:
    trials = study().trials()
    folders = {f"offline-run-{trial.start:%Y%m%d_%H%M%S}-{trial.id}/run-{trial.id}.wandb" for trial in trials}
    files = {path.relative_to(RUNS).as_posix() for path in RUNS.rglob("*") if path.is_file()}
    assert files == folders
    assert len(files) >= 60


def test_the_runs_are_small() -> None:
    assert sum(path.stat().st_size for path in RUNS.rglob("*.wandb")) <= MOST_BYTES


def test_the_runs_say_nothing_about_where_they_were_made() -> None:
    for path in RUNS.rglob("*.wandb"):
        assert not PLACES.findall(path.read_bytes()), path.name
