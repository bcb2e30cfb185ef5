"""The project that W&B's variables or its settings files name is one of the server, whatever else has its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.network.conftest import Ask, Serve


def settings(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings").write_text(f"[default]\n{text}\n")


@pytest.mark.parametrize("env", [{}, {"WANDB_ENTITY": "acme"}])
def test_a_project_called_demo_is_not_the_demo(serve: Serve, ask_command: Ask, env: dict[str, str]) -> None:
    asked = ask_command(serve(plain=True).base_url, source=None, WANDB_PROJECT="demo", **env)
    assert (asked.status, asked.code) == (3, "RQL402")
    assert "no project `acme/demo`" in asked.err


@pytest.mark.parametrize("env", [{}, {"WANDB_ENTITY": "acme"}])
def test_a_folder_of_that_name_and_a_name_of_the_settings_do_not_count(
    serve: Serve, ask_command: Ask, tmp_path: Path, env: dict[str, str]
) -> None:
    (tmp_path / "vision").mkdir()
    (tmp_path / "acme" / "vision").mkdir(parents=True)
    (tmp_path / ".runql.toml").write_text('[sources]\nvision = "demo"\n')
    asked = ask_command(serve(plain=True).base_url, source=None, WANDB_PROJECT="vision", **env)
    assert asked.out == "count\n5\n"


@pytest.mark.parametrize("name", ["my project", "..", "../x", "vit*", "ä-b.c"])
def test_any_name_is_one_of_the_server(serve: Serve, ask_command: Ask, name: str) -> None:
    asked = ask_command(serve(plain=True).base_url, source=None, WANDB_PROJECT=name, WANDB_ENTITY="acme")
    assert asked.status == 3
    assert asked.code in ("RQL402", "RQL511")
    assert name in asked.err


def test_the_users_settings_file_alone_is_enough(serve: Serve, ask_command: Ask, tmp_path: Path) -> None:
    server = serve(plain=True)
    settings(tmp_path / "home" / ".config" / "wandb", "entity = acme\nproject = vision")
    assert ask_command(server.base_url, source=None).out == "count\n5\n"
    settings(tmp_path / "home" / ".config" / "wandb", "project = vision")
    assert ask_command(server.base_url, source=None, WANDB_ENTITY="acme").out == "count\n5\n"
    assert ask_command(server.base_url, source=None).out == "count\n5\n"


def test_what_wandb_init_leaves_in_a_folder_is_enough(serve: Serve, ask_command: Ask, tmp_path: Path) -> None:
    server = serve(plain=True)
    settings(tmp_path / "wandb", "entity = acme\nproject = vision")
    assert ask_command(server.base_url, source=None).out == "count\n5\n"
    # Runs on disk go before the name of a project.
    (tmp_path / "wandb" / "run-20260101_000000-a").mkdir()
    assert ask_command(server.base_url, source=None).out == "count\n0\n"


def test_the_variable_goes_before_the_files(serve: Serve, ask_command: Ask, tmp_path: Path) -> None:
    settings(tmp_path / "home" / ".config" / "wandb", "entity = acme\nproject = nowhere")
    assert ask_command(serve(plain=True).base_url, source=None, WANDB_PROJECT="vision").out == "count\n5\n"
