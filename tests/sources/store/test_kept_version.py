"""The newest version as a file beside the table: the same as from the log, and never of another log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from runql.sources.store import table
from runql.sources.store.statistics import kept_version
from runql.sources.store.statistics.kept_version import newest_version
from tests.sources.store.sample import store_of
from tests.sources.store.test_store import project, write


def _from_log(folder: Path) -> kept_version.NewestVersion:
    return kept_version.NewestVersion(table.about(folder, "s"), table.version(folder, "s"))


def test_what_is_kept_is_what_the_log_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0), ("b", 2.0)), folder).close()
    for value in (3.0, 4.0):
        write(folder, ("b", value))
        assert newest_version(folder, "s") == _from_log(folder)
    found = _from_log(folder)
    with monkeypatch.context() as without:
        without.setattr(kept_version, "version", None)  # the log is not read
        assert newest_version(folder, "s") == found


def test_a_log_that_was_changed_is_read_anew(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0)), folder).close()
    write(folder, ("a", 2.0))
    whole = newest_version(folder, "s")
    newest = folder / table.LOG / f"{whole.version.number:020}.json"
    entry = newest.read_bytes()
    newest.write_bytes(entry[: len(entry) // 2])
    found = newest_version(folder, "s")
    assert found.version.number == whole.version.number - 1
    assert found.version.said
    newest.write_bytes(entry)
    assert newest_version(folder, "s") == whole


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"form":[1,1]}', "part", "form"])
def test_a_file_that_is_not_whole_is_not_taken(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0)), folder).close()
    newest_version(folder, "s")
    path = folder / "_catalog" / "newest"
    told = json.loads(path.read_text())
    if damage == "part":  # a path that no store of this version has
        told["parts"][0][1] = "fact=runs/../../elsewhere.parquet"
    elif damage == "form":
        told["form"] = [1, 2]
    path.write_text(json.dumps(told) if damage in ("part", "form") else damage)
    assert newest_version(folder, "s") == _from_log(folder)
    assert json.loads(path.read_text())["parts"], "it is written anew"


def test_a_store_that_was_asked_before_is_asked_without_delta_lake(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0)), folder).close()
    newest_version(folder, "s")
    program = (
        "import sys; from runql import connect; "
        f"connection = connect({f'store:{folder}'!r}); assert connection.query('count runs').value == 1; "
        "assert 'deltalake' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
