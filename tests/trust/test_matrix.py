"""A key goes only to its own host: where the server is named, where the key is, and who asks, every two of them.

The folder names a server of its own in each. That one listens, and must hear nothing: the fixture holds that for every
test. Whoever asks gets an answer of the user's own server, or an error that says how the folder is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import runql
from runql.errors import RunQLError, SourceError
from runql.frontends.cli.main import main
from tests.trust.world import KEY, OTHER, World

ANSWERED, REFUSED = "an answer", "a refusal"


def command(*argv: str) -> Callable[[World, pytest.MonkeyPatch], str]:
    def ask(_world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
        return {0: ANSWERED, 3: REFUSED}[main(list(argv))]

    return ask


def python(_world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    try:
        with runql.connect() as connection:
            list(connection.query("runs limit 2"))
    except SourceError:
        return REFUSED
    return ANSWERED


def as_wandb(_world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    try:
        api = runql.Api()
    except SourceError:
        return REFUSED
    with closing(api.service_api):
        list(api.runs("acme/vision"))
    return ANSWERED


def notebook(_world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    from IPython.core.interactiveshell import InteractiveShell

    from runql.frontends.jupyter.magic import RqlMagics

    monkeypatch.setattr("runql.frontends.jupyter.magic.show", lambda *_: None)
    magics = RqlMagics(InteractiveShell())  # type: ignore[no-untyped-call, unused-ignore]
    try:
        list(magics.session().run("runs limit 2")[0])  # type: ignore[arg-type]
    except SourceError:
        return REFUSED
    finally:
        magics.close()
    return ANSWERED


ASKERS: dict[str, Callable[[World, pytest.MonkeyPatch], str]] = {
    "run": command("runs limit 2"),
    "from": command("runs from acme/vision limit 2"),
    "option": command("-s", "wandb:acme/vision", "runs limit 2"),
    "check": command("check", "runs where config.lr > 1"),
    "explain": command("explain", "runs where config.lr > 1"),
    "describe": command("describe", "acme/vision"),
    "show": command("show projects"),
    "python": python,
    "api": as_wandb,
    "notebook": notebook,
}


def in_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)


def in_netrc(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    world.netrc(urlsplit(world.own.base_url).netloc)


def as_default(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    (world.home / ".netrc").write_text(f"default login user password {KEY}\n")
    (world.home / ".netrc").chmod(0o600)


def in_settings(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    path = world.home / ".config" / "wandb" / "settings"
    before = path.read_text() if path.exists() else "[default]\n"
    world.user_says(before.removeprefix("[default]\n") + f"api_key = {KEY}")


def nowhere(_world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    """Public projects need no key."""


KEYS = {
    "environment": in_environment,
    "netrc": in_netrc,
    "default of netrc": as_default,
    "settings": in_settings,
    "no key": nowhere,
}


def named_by_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("WANDB_BASE_URL", world.own.base_url)
    world.repo_says(f"base_url = {world.elsewhere.url}")
    return ANSWERED


def named_by_user(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    world.user_says(f"base_url = {world.own.base_url}")
    world.repo_says(f"base_url = {world.elsewhere.url}")
    return REFUSED


def named_by_default(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    world.repo_says(f"base_url = {world.elsewhere.url}")
    return REFUSED


def hidden_folder(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    world.repo_says(f"base_url = {world.elsewhere.url}", ".wandb/settings")
    return REFUSED


def with_a_key_of_its_own(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    world.repo_says(f"base_url = {world.elsewhere.url}\napi_key = {OTHER}")
    return REFUSED


def broken(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    """A file that cannot be read must not make the user's own one go away."""
    world.user_says(f"base_url = {world.own.base_url}")
    world.repo_says(f"base_url = {world.elsewhere.url}\nx\n[")
    return ANSWERED


def through_a_link(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    world.repo_says(f"base_url = {world.elsewhere.url}", "elsewhere/settings")
    (world.repo / "wandb").symlink_to("elsewhere")
    return REFUSED


def config_dir_inside(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    world.repo_says(f"base_url = {world.elsewhere.url}", "conf/settings")
    monkeypatch.setenv("WANDB_CONFIG_DIR", "conf")
    return REFUSED


def wandb_dir_inside(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    world.repo_says(f"base_url = {world.elsewhere.url}", "out/wandb/settings")
    monkeypatch.setenv("WANDB_DIR", "./out")
    return REFUSED


def source_is_an_address(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    (world.repo / ".runql.toml").write_text(f'source = "{world.elsewhere.url}/acme/vision"\n')
    return "any"


def a_yes_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder brings the file in which yeses are kept, and what leads there."""
    import hashlib
    import json

    world.repo_says(f"base_url = {world.elsewhere.url}")
    path = world.repo / "wandb" / "settings"
    files = {str(path.resolve()): hashlib.sha256(path.read_bytes()).hexdigest()}
    (world.repo / "trust.json").write_text(json.dumps({"version": 1, "folders": {str(world.repo.resolve()): files}}))
    monkeypatch.setenv("RUNQL_DATA", ".")
    return REFUSED


def env_file(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    (world.repo / ".env").write_text(f"WANDB_BASE_URL={world.elsewhere.url}\n")
    return ANSWERED


def parent_folder(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    world.repo_says(f"base_url = {world.elsewhere.url}")
    (world.repo / "inner").mkdir()
    monkeypatch.chdir(world.repo / "inner")
    return ANSWERED


def same_server(world: World, _monkeypatch: pytest.MonkeyPatch) -> str:
    world.user_says(f"base_url = {world.own.base_url}")
    world.repo_says(f"base_url = {world.own.base_url}/\nentity = acme")
    return ANSWERED


NAMES = (
    named_by_environment,
    named_by_user,
    named_by_default,
    hidden_folder,
    with_a_key_of_its_own,
    broken,
    through_a_link,
    config_dir_inside,
    wandb_dir_inside,
    source_is_an_address,
    a_yes_of_its_own,
    env_file,
    parent_folder,
    same_server,
)


def crossed() -> Iterator[Any]:
    """Every two of a server's name, a key's place and an asker meet, each name and asker with two of the places."""
    for at, names in enumerate(NAMES):
        for beside, asker in enumerate(ASKERS):
            for place in {(at + beside) % len(KEYS), (at + 2 * beside + 2) % len(KEYS)}:
                key = list(KEYS)[place]
                yield pytest.param(names, key, asker, id=f"{names.__name__}-{key}-{asker}")


@pytest.mark.parametrize(("names", "key", "asker"), [*crossed()])
def test_a_key_goes_only_to_its_own_host(  # noqa: PLR0917 - a matrix of three, and what a test needs
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    names: Callable[[World, pytest.MonkeyPatch], str],
    key: str,
    asker: str,
) -> None:
    expected = names(world, monkeypatch)
    KEYS[key](world, monkeypatch)
    found = ASKERS[asker](world, monkeypatch)
    said = "".join(capfd.readouterr())
    assert KEY not in said and OTHER not in said
    assert expected in ("any", found)
    if found == ANSWERED:
        is_local = asker == "explain" and not world.own.seen
        assert is_local or world.keys_seen == (set() if key == "no key" else {KEY})
    else:
        assert world.own.seen == []


@pytest.mark.parametrize("asker", ASKERS)
def test_an_identity_token_is_exchanged_only_with_its_own_host(
    world: World, monkeypatch: pytest.MonkeyPatch, asker: str
) -> None:
    (world.home / "token").write_text("a.b.c")
    monkeypatch.setenv("WANDB_IDENTITY_TOKEN_FILE", str(world.home / "token"))
    world.repo_says(f"base_url = {world.elsewhere.url}")
    assert ASKERS[asker](world, monkeypatch) == REFUSED
    assert not (world.home / ".config" / "wandb" / "credentials.json").exists()


@pytest.mark.parametrize("name", ["identity_token_file", "_identity_token_file", "credentials_file", "http_proxy"])
def test_other_settings_of_a_folder_lead_nowhere(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    world.repo_says(f"{name} = {world.elsewhere.url}")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    command("runs limit 2")(world, monkeypatch)
    assert list(world.repo.rglob("*credentials*")) == []


@pytest.mark.parametrize("asker", ASKERS)
def test_after_a_yes_the_server_of_the_folder_is_asked(
    world: World, monkeypatch: pytest.MonkeyPatch, asker: str
) -> None:
    """The test of the test: the same folder, with a server that answers and a user who said yes."""
    monkeypatch.setattr("runql.sources.wandb.network.credentials.DEFAULT_BASE_URL", world.elsewhere.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    world.repo_says(f"base_url = {world.own.base_url}")
    assert ASKERS[asker](world, monkeypatch) == REFUSED
    assert main(["trust"]) == 0
    assert ASKERS[asker](world, monkeypatch) == ANSWERED
    world.repo_says(f"base_url = {world.own.base_url}\n# another content")
    assert ASKERS[asker](world, monkeypatch) == REFUSED


def test_a_key_of_an_argument_does_not_follow_a_folder(world: World) -> None:
    world.repo_says(f"base_url = {world.elsewhere.url}")
    with pytest.raises(SourceError):
        runql.Api(api_key=KEY)
    api = runql.Api({"base_url": world.own.base_url}, api_key=KEY)
    with closing(api.service_api):
        assert len(list(api.runs("acme/vision"))) == 5
    assert world.keys_seen == {KEY}


def test_a_key_file_does_not_follow_a_folder(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    (world.home / "key").write_text(KEY)
    world.repo_says(f"base_url = {world.elsewhere.url}")
    assert main(["--api-key-file", str(world.home / "key"), "runs"]) == 3
    assert KEY not in "".join(capfd.readouterr())


@pytest.mark.parametrize("setting", ["base_url", "app_url"])
def test_a_pasted_address_does_not_follow_a_folder(
    world: World, monkeypatch: pytest.MonkeyPatch, setting: str, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    world.repo_says(f"{setting} = {world.elsewhere.url}")
    assert main([f"{world.elsewhere.url}/acme/vision/runs/abc"]) == 3
    assert "RQL530" in capfd.readouterr().err
    assert world.own.seen == []


def test_a_saved_query_and_a_script_name_no_server(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    (world.repo / ".runql").mkdir()
    for where in (f"`{world.elsewhere.url}/acme/vision`", f'"wandb:{world.elsewhere.url}/a/b"', "`//127.0.0.1/a`"):
        (world.repo / ".runql" / "best.rql").write_text(f"runs from {where} limit 1")
        (world.repo / "script.rql").write_text(f"use {where};\nruns limit 1;")
        assert main(["runs from @best"]) != 0
        assert main(["script.rql"]) != 0


def test_errors_say_how(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.repo_says(f"base_url = {world.elsewhere.url}")
    assert main(["runs"]) == 3
    said = capfd.readouterr().err
    assert said.startswith(f"error[RQL530]: the settings file `{world.repo}/wandb/settings` came with its folder")
    assert f"`runql trust {world.repo}`" in said


def test_the_error_is_one_of_runql(world: World) -> None:
    world.repo_says(f"base_url = {world.elsewhere.url}")
    with pytest.raises(RunQLError) as caught:
        runql.connect("acme/vision")
    assert isinstance(caught.value, runql.UntrustedFolder)
    assert Path("wandb/settings").exists()
