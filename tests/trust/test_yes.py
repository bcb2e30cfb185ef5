"""`runql trust`: what is kept, for what it holds, and who is asked."""

from __future__ import annotations

import json
import os
import pty
import select
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from runql.errors import SettingsError
from runql.frontends.cli.main import main
from runql.trust import FolderTrust, contents
from tests.trust.world import KEY, World

TOO_OPEN = [(0o620, 0o700), (0o602, 0o700), (0o600, 0o777)]


def said_yes(tmp_path: Path) -> tuple[FolderTrust, Path, Path]:
    folder = tmp_path / "repo"
    (folder / "wandb").mkdir(parents=True)
    file = folder / "wandb" / "settings"
    file.write_text("[default]\nbase_url = https://w.test\n")
    trust = FolderTrust(tmp_path / "home" / "data" / "trust.json")
    trust.add(folder, contents([file, folder / ".runql.toml"]))
    return trust, folder, file


def test_a_yes_is_for_a_path_and_a_content(tmp_path: Path) -> None:
    trust, folder, file = said_yes(tmp_path)
    content = file.read_bytes()
    assert trust.vouches(file, content)
    assert not trust.vouches(file, content + b"#")
    assert not trust.vouches(tmp_path / "other" / "wandb" / "settings", content)
    assert trust.covers(folder, [file])
    assert trust.covers(folder / "inner", [file])
    assert not trust.covers(tmp_path, [])
    (folder / ".runql.toml").write_text("source = 'demo'")
    assert not trust.covers(folder, [file, folder / ".runql.toml"]), "a file that came since was not looked at"
    moved = folder.rename(tmp_path / "moved")
    assert not trust.covers(moved, [moved / "wandb" / "settings"])


def test_a_folder_behind_a_link_is_the_folder(tmp_path: Path) -> None:
    trust, folder, file = said_yes(tmp_path)
    (tmp_path / "link").symlink_to(folder)
    assert trust.vouches(tmp_path / "link" / "wandb" / "settings", file.read_bytes())
    assert trust.forget(tmp_path / "link")
    assert not trust.vouches(file, file.read_bytes())
    assert not trust.forget(folder)


def test_the_file_is_the_users_alone_and_whole(tmp_path: Path) -> None:
    trust, _, _ = said_yes(tmp_path)
    assert trust.file is not None
    assert stat.S_IMODE(trust.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(trust.file.parent.stat().st_mode) == 0o700
    assert [path.name for path in trust.file.parent.iterdir()] == ["trust.json"]
    assert KEY not in trust.file.read_text()


@pytest.mark.parametrize("modes", TOO_OPEN)
def test_a_file_that_others_may_write_says_nothing(tmp_path: Path, modes: tuple[int, int]) -> None:
    trust, folder, file = said_yes(tmp_path)
    assert trust.file is not None
    trust.file.chmod(modes[0])
    trust.file.parent.chmod(modes[1])
    assert not trust.vouches(file, file.read_bytes())
    with pytest.raises(SettingsError, match="is not read"):
        trust.add(folder, [])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2, "folders": {}}', '{"version": 1, "folders": [1]}'])
def test_a_damaged_file_says_nothing_and_is_not_replaced(tmp_path: Path, text: str) -> None:
    trust, folder, file = said_yes(tmp_path)
    assert trust.file is not None
    trust.file.write_text(text)
    assert not trust.vouches(file, file.read_bytes())
    with pytest.raises(SettingsError, match="damaged"):
        trust.add(folder, [])
    assert trust.file.read_text() == text


def test_the_command(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.repo_says("base_url = https://w.test\nsecret_thing = hidden\nodd = \x1b[31m")
    assert main(["trust"]) == 0
    said = capfd.readouterr().out
    assert said.splitlines()[0] == f"trusted, as it is now: {world.repo}"
    assert "base_url = https://w.test" in said
    assert "hidden" not in said and "\x1b" not in said
    assert main(["trust", "--list"]) == 0
    assert capfd.readouterr().out == f"{world.repo}\n"
    world.repo_says("base_url = https://x.test")
    assert main(["trust", "--list"]) == 0
    assert "changed since" in capfd.readouterr().out
    assert main(["trust", "--forget", str(world.repo)]) == 0
    assert main(["trust", "--list"]) == 0
    assert capfd.readouterr().out.endswith("no folder is trusted\n")


@pytest.mark.parametrize("words", [["a", "b"], ["--list", "a"], ["--list", "--forget"], ["nowhere"]])
def test_wrong_calls(world: World, words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["trust", *words]) == 2
    assert "RQL512" in capfd.readouterr().err
    assert not (world.home / "data").exists()


@pytest.mark.parametrize("data", ["data", "../repo/data", "{repo}/data", "{repo}/../repo/data"])
def test_a_data_folder_in_the_folder_keeps_no_yes(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], data: str
) -> None:
    monkeypatch.setenv("RUNQL_DATA", data.format(repo=world.repo))
    assert main(["trust"]) == 2
    assert "RQL510" in capfd.readouterr().err
    assert not (world.repo / "data").exists()


def at_terminal(world: World, answer: str, *argv: str, reads_terminal: bool = True) -> tuple[int, str]:
    """The exit status of the command at a terminal, where somebody types an answer when asked, and what was seen."""
    ours, theirs = pty.openpty()
    env = {**os.environ, **world.env, "WANDB_API_KEY": KEY}
    stdin = theirs if reads_terminal else subprocess.DEVNULL
    with subprocess.Popen(
        [sys.executable, "-m", "runql", *argv], cwd=world.repo, env=env, stdin=stdin, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        seen, is_answered = b"", False
        while select.select([ours], [], [], 60)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            seen += piece
            if b"[y/N]" in seen and not is_answered:
                is_answered = True
                os.write(ours, f"{answer}\n".encode())
        status = process.wait()
    os.close(ours)
    return status, seen.decode()


def test_at_a_terminal_it_is_asked_once(world: World) -> None:
    world.repo_says(f"base_url = {world.own.base_url}")
    status, seen = at_terminal(world, "no", "runs limit 2 select id")
    assert (status, world.own.seen) == (3, [])
    assert f"base_url = {world.own.base_url}" in seen
    status, seen = at_terminal(world, "y", "runs limit 2 select id")
    assert (status, world.keys_seen) == (0, {KEY})
    status, seen = at_terminal(world, "", "runs limit 2 select id")
    assert status == 0 and "[y/N]" not in seen
    assert list(json.loads((world.home / "data" / "trust.json").read_text())["folders"]) == [str(world.repo)]


def test_where_nobody_can_answer_nobody_is_asked(world: World) -> None:
    world.repo_says(f"base_url = {world.own.base_url}")
    status, seen = at_terminal(world, "y", "runs limit 2", reads_terminal=False)
    assert status == 3
    assert "[y/N]" not in seen and "runql trust" in seen
    assert world.own.seen == []


def test_the_prompt_asks_before_it_starts(world: World) -> None:
    world.repo_says(f"base_url = {world.own.base_url}")
    world.env["TERM"] = "dumb"
    _, seen = at_terminal(world, "n\n\\quit")
    assert "[y/N]" in seen
    assert world.own.seen == []
