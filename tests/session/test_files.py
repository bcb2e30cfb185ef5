"""`to "FILE"` while the rows pass: written as they come where the format can, whole or not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runql.engine.stages import StageContext
from runql.engine.table import Table
from runql.errors import OutputError
from runql.execute.write_files import Files
from runql.semantic.typed import TTo
from tests.session.fixtures import ask


def part(start: int, rows: int = 1000) -> Table:
    return Table({"x": list(range(start, start + rows))}, rows)


def sizes_held_open(folder: Path) -> Iterator[int]:
    """The sizes of the files of a folder that this process holds open."""
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it was the handle of this very list
            if str(handle.readlink()).startswith(f"{folder}/"):
                yield handle.stat().st_size


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.json", "rows.jsonl"])
def test_rows_are_written_while_they_come(tmp_path: Path, name: str) -> None:
    files = Files((), lambda: True)
    with files.opener(TTo(str(tmp_path / name)), StageContext()) as write:
        for start in range(100):
            write(part(1000 * start))
        # Few parts are on the way, so most of them are on the disk, in a file without a name.
        assert max(size for size in sizes_held_open(tmp_path)) > 400_000
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert "99999" in (tmp_path / name).read_text()
    assert files.written == [str(tmp_path / name)]


def test_parts_of_other_columns_are_put_together_first(tmp_path: Path) -> None:
    with Files(()).opener(TTo(str(tmp_path / "rows.csv")), StageContext()) as write:
        write(Table({"a": [1]}, 1))
        write(Table({"a": [2], "b": [3]}, 1))
    assert (tmp_path / "rows.csv").read_text() == "a,b\n1,\n2,3\n"


@pytest.mark.parametrize("parts", [0, 1, 50])
@pytest.mark.parametrize("fixed", [True, False])
def test_nothing_is_left_of_what_was_given_up(tmp_path: Path, parts: int, fixed: bool) -> None:
    (tmp_path / "old.csv").write_text("good")
    with (
        pytest.raises(ZeroDivisionError),
        Files((), lambda: fixed).opener(TTo(str(tmp_path / "old.csv")), StageContext()) as write,
    ):
        for start in range(parts):
            write(part(start))
        raise ZeroDivisionError
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old.csv", "good")]


@pytest.mark.parametrize("parts", [1, 50])
def test_a_file_that_cannot_be_written_stops_the_rows(tmp_path: Path, parts: int) -> None:
    with (
        pytest.raises(OutputError, match="there is no folder"),
        Files((), lambda: True).opener(TTo(str(tmp_path / "none" / "x.csv")), StageContext()) as write,
    ):
        for start in range(parts):
            write(part(start))


def test_the_same_bytes_either_way(tmp_path: Path) -> None:
    text = f"runs keys loss scan | smooth ema 0.5 | to '{tmp_path}/a.json' | limit 3"
    assert len(ask(text)) == 3
    rows = json.loads((tmp_path / "a.json").read_text())
    assert rows == list(ask("runs keys loss scan | smooth ema 0.5"))
    assert len(rows) == 360


def test_explain_says_who_holds_the_table(tmp_path: Path) -> None:
    text = f"runs keys loss scan | smooth ema 0.5 | to '{tmp_path}/a.csv'"
    text += f" | group _step : mean(loss) | to '{tmp_path}/a.md'"
    said = ask(text).explain()
    stages = " ".join(said[said.index("here    | smooth") :].split())
    assert stages.startswith("here | smooth passes rows on, run by run here | to ")
    assert "a.csv: written while the rows pass on; in its place when it is whole here | group holds the table" in stages
    assert "a.md: holds the table, for the format needs all of it" in stages
    assert "run by Python, row by row; many rows on NumPy" in stages
    assert "run by" not in ask("runs limit 3").explain()
