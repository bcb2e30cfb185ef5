"""The history of queries: who may read it, what is in it, and that nothing of it gets lost."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql import config
from runql.frontends.repl.history import FILE_NAME, HistoryFile, QueryHistory
from runql.frontends.repl.secrets import Secrets, secrets_of, without_secrets
from tests.house.sources import ROOT

KEY = "0123456789abcdef0123456789abcdef01234567"


def history(folder: Path, said: list[str] | None = None, most: int = 100) -> QueryHistory:
    told: list[str] = [] if said is None else said
    return QueryHistory(folder, most=most, without_secrets=Secrets(), say=told.append)


def kept(folder: Path) -> list[str]:
    """What the next prompt would know, oldest first."""
    return [*history(folder).load_history_strings()][::-1]


def test_entries_come_back_whole(tmp_path: Path) -> None:
    entries = ["count runs", "runs\nwhere name = '狐 \u2028'\n\nlimit 3", "\\help"]
    one = history(tmp_path / "new" / "data")
    for entry in entries:
        one.append_string(entry)
    assert kept(tmp_path / "new" / "data") == entries


def test_it_is_for_its_owner_alone_from_the_start(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        history(tmp_path / "data").append_string("count runs")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_an_opened_file_is_closed_again(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch(0o644)
    history(tmp_path).append_string("count runs")
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_what_repeats_is_kept_once(tmp_path: Path) -> None:
    one = history(tmp_path)
    for entry in ("a", "a", "b", "a", "  ", ""):
        one.append_string(entry)
    assert kept(tmp_path) == ["a", "b", "a"]
    assert one.get_strings() == ["a", "b", "a"]


def test_a_line_that_begins_with_a_space_is_only_remembered(tmp_path: Path) -> None:
    one = history(tmp_path)
    one.append_string(" count runs")
    assert one.get_strings() == [" count runs"]
    assert kept(tmp_path) == []


def test_several_prompts_at_once_lose_nothing(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom runql.frontends.repl.history import HistoryFile\n"
        "file = HistoryFile(Path(sys.argv[1]), 10_000)\n"
        "for number in range(200):\n    file.append(f'{sys.argv[2]} {number}')\n    number % 50 or file.read()\n"
    )
    environ = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name], env=environ) for name in ("a", "b", "c")
    ]
    assert [one.wait() for one in started] == [0, 0, 0]
    found, _ = HistoryFile(tmp_path, 10_000).read()
    assert sorted(found) == sorted(f"{name} {number}" for name in "abc" for number in range(200))
    for name in "abc":
        own = [entry for entry in found if entry.startswith(name)]
        assert own == [f"{name} {number}" for number in range(200)]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    one = history(tmp_path, most=10)
    for number in range(30):
        one.append_string(str(number))
    assert [*history(tmp_path, most=10).load_history_strings()][::-1] == [str(number) for number in range(20, 30)]
    assert len((tmp_path / FILE_NAME).read_text().splitlines()) == 10


def test_none_is_kept_if_that_is_not_wanted(tmp_path: Path) -> None:
    one = history(tmp_path / "data", most=0)
    one.append_string("count runs")
    assert one.get_strings() == ["count runs"]
    assert not (tmp_path / "data").exists()


@given(raw=st.binary(max_size=200), before=st.lists(st.text(min_size=1), max_size=3))
@settings(deadline=None, max_examples=60)
def test_damage_is_said_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, before: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("data")
    good = [f"good {text}" for text in before]
    written = b"".join(json.dumps({"query": text}).encode() + b"\n" for text in good)
    (folder / FILE_NAME).write_bytes(written + raw)
    said: list[str] = []
    found = [*history(folder, said).load_history_strings()][::-1]
    assert [text for text in found if text in good] == [
        text for at, text in enumerate(good) if at == 0 or good[at - 1] != text
    ]
    aside = [*folder.glob("*.damaged-*")]
    assert bool(said) == bool(aside)
    if aside:
        assert aside[0].read_bytes() == written + raw
        assert str(aside[0]) in said[0]
        assert stat.S_IMODE(aside[0].stat().st_mode) == 0o600
    assert HistoryFile(folder, 100).read() == (found, "")  # it is said once


def test_a_line_that_was_cut_off_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"query": "a"}\n{"query": "b')
    history(tmp_path).append_string("c")
    assert kept(tmp_path) == ["a", "c"]


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands here")
    said: list[str] = []
    one = history(tmp_path / "data", said)
    assert [*one.load_history_strings()] == []
    one.append_string("a")
    one.append_string("b")
    assert one.get_strings() == ["a", "b"]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("param t: secret = 'abc'; runs where name = $t", "param t: secret; runs where name = $t"),
        ("param t: secret = 'abcdef'; runs where name = 'abcdef'", "param t: secret; runs where name = '…'"),
        ("param t: secret; runs where name = $t", "param t: secret; runs where name = $t"),
        ("param t: text = 'abc'; runs where name = $t", "param t: text = 'abc'; runs where name = $t"),
        (f"runs where name = '{KEY}'", "runs where name = '…'"),
        (f"runs where name = 'local-{KEY}'", "runs where name = '…'"),
        (f"# {KEY.upper()}\nruns", "# …\nruns"),
        ("runs where name = 'wandb_v1_" + "a" * 30 + "'", "runs where name = '…'"),
        (r"\params token=abc lr=0.1", r"\params lr=0.1"),
        (r"\params api_key=abc", r"\params"),
        ("runs where name = 'secret'", "runs where name = 'secret'"),
    ],
)
def test_what_is_secret_is_not_written(tmp_path: Path, text: str, written: str) -> None:
    assert without_secrets(text) == written
    history(tmp_path).append_string(text)
    assert kept(tmp_path) == [written]


def test_a_secret_stays_secret_in_what_is_typed_later(tmp_path: Path) -> None:
    one = history(tmp_path)
    one.append_string("param t: secret = 'very-hidden'; runs where name = $t")
    one.append_string("runs where name = 'very-hidden'")
    assert "very-hidden" not in (tmp_path / FILE_NAME).read_text()
    assert one.get_strings()[-1] == "runs where name = 'very-hidden'"


def test_a_key_that_is_known_is_not_written_whatever_it_looks_like() -> None:
    server = config.ServerSettings({"WANDB_API_KEY": "local-of-our-own-server"}, api_key="given-by-option")
    strike = secrets_of(server)
    assert strike("runs where name = 'local-of-our-own-server'") == "runs where name = '…'"
    assert strike("# given-by-option") == "# …"
    assert Secrets("abc")("runs where name = 'abc'") == "runs where name = 'abc'"
