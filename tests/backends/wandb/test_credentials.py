"""Who asks whom: every place where W&B's own client looks, in its order."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.backends.wandb.credentials import (
    ApiKey,
    Credentials,
    IdentityToken,
    Secret,
    app_url_of,
    checked_key,
    discover,
    is_loopback,
    normal_base_url,
)
from runql.errors import AuthError, SourceError

A, B, C = "a" * 40, "b" * 40, "c" * 40
HOME = "home"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / HOME
    (folder / ".config" / "wandb").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    return folder


def find(home: Path, env: dict[str, str] | None = None, **given: object) -> Credentials:
    return discover(env or {}, home, home.parent / "work", **given)  # type: ignore[arg-type]


def key_of(found: Credentials) -> str | None:
    assert found.auth is None or isinstance(found.auth, ApiKey)
    return found.auth.secret.reveal() if found.auth is not None else None


def netrc(home: Path, text: str, name: str = ".netrc") -> None:
    path = home / name
    path.write_text(text)
    path.chmod(0o600)


def test_nobody(home: Path) -> None:
    found = find(home)
    assert found.base_url == "https://api.forge.coreweave.com"
    assert found.auth is None
    assert found.tried == ("`WANDB_API_KEY`", f"`{home / '.netrc'}`", "W&B's settings files")


def test_the_order_of_places(home: Path) -> None:
    netrc(home, f"machine api.forge.coreweave.com login user password {C}\n")
    (home / "key").write_text(f"{B}\n")
    env = {"WANDB_API_KEY": A}
    assert key_of(find(home)) == C
    assert key_of(find(home, env)) == A
    assert key_of(find(home, env, api_key_file=home / "key")) == B
    assert key_of(find(home, env, api_key_file=home / "key", api_key="local-" + C)) == "local-" + C


def test_netrc_is_looked_up_by_host_and_port(home: Path) -> None:
    netrc(home, f"machine w.test:8080 login user password {A}\nmachine w.test login user password {B}\n")
    assert key_of(find(home, {"WANDB_BASE_URL": "http://w.test:8080/"})) == A
    assert key_of(find(home, {"WANDB_BASE_URL": "https://w.test"})) == B
    assert key_of(find(home, {"WANDB_BASE_URL": "https://w.test:1"})) is None


@pytest.mark.parametrize(
    ("written", "asked"),
    [("api.wandb.ai", "https://api.forge.coreweave.com"), ("api.forge.coreweave.com", "https://api.wandb.ai")],
)
def test_the_two_names_of_one_service_stand_in_for_each_other(home: Path, written: str, asked: str) -> None:
    netrc(home, f"machine {written} login user password {A}\n")
    assert key_of(find(home, base_url=asked)) == A
    assert key_of(find(home, base_url="https://w.test")) is None


def test_a_netrc_elsewhere(home: Path) -> None:
    netrc(home, f"default login user password {A}\n", "other")
    assert key_of(find(home, {"NETRC": "~/other"})) == A
    netrc(home, f"default login user password {B}\n", "_netrc")
    assert key_of(find(home)) == B


def test_a_broken_netrc_is_told_and_skipped(home: Path) -> None:
    netrc(home, "machine\n")
    found = find(home)
    assert found.auth is None
    assert "netrc" in found.warnings[0]


def test_settings_files_of_the_user_and_of_the_folder(home: Path) -> None:
    user = home / ".config" / "wandb" / "settings"
    user.write_text("[default]\nbase_url = https://w.test/\nentity = acme\nproject = old\n")
    (home.parent / "work" / "wandb").mkdir()
    (home.parent / "work" / "wandb" / "settings").write_text(f"[default]\nproject = new\napi_key = {A}\n")
    found = find(home)
    assert (found.base_url, found.entity, found.project, key_of(found)) == ("https://w.test", "acme", "new", A)
    elsewhere = find(home, {"WANDB_BASE_URL": "https://other.test", "WANDB_ENTITY": "me"})
    assert (elsewhere.entity, key_of(elsewhere)) == ("me", None)


def test_one_bad_settings_file_takes_all_with_it(home: Path) -> None:
    (home / ".config" / "wandb" / "settings").write_text("[default]\nentity = acme\n")
    (home.parent / "work" / "wandb").mkdir()
    (home.parent / "work" / "wandb" / "settings").write_text("entity\n=\n[")
    found = find(home)
    assert found.entity is None
    assert "settings file" in found.warnings[0]


def test_a_federated_identity(home: Path) -> None:
    env = {"WANDB_IDENTITY_TOKEN_FILE": "/token", "WANDB_CONFIG_DIR": "/etc/w"}
    found = find(home, env)
    assert found.auth == IdentityToken(Path("/token"), Path("/etc/w/credentials.json"), "`WANDB_IDENTITY_TOKEN_FILE`")
    with pytest.raises(AuthError, match="both"):
        find(home, {**env, "WANDB_API_KEY": A})


@pytest.mark.parametrize("key", [A, "local-" + A, "x" * 86, "aaa.bbb.ccc", "p-" + "a_-" * 20])
def test_keys(key: str) -> None:
    assert checked_key(key, "here").secret.reveal() == key


@pytest.mark.parametrize("key", ["", "short", " " + A, A + "\n", "é" * 40, "local-" + "a" * 39, "a.b"])
def test_no_keys(key: str) -> None:
    with pytest.raises(AuthError) as caught:
        checked_key(key, "here")
    assert not key or key.strip() not in str(caught.value)


def test_a_key_file_that_is_not_there(home: Path) -> None:
    with pytest.raises(AuthError, match="cannot be read"):
        find(home, api_key_file=home / "nothing")


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://api.wandb.ai/", "https://api.wandb.ai"),
        ("https://forge.coreweave.com/api/wandb", "https://api.forge.coreweave.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        (" https://w.test/base/ ", "https://w.test/base"),
    ],
)
def test_base_urls(url: str, normal: str) -> None:
    assert normal_base_url(url) == normal


@pytest.mark.parametrize(
    "url",
    [
        *("w.test", "ftp://w.test", "", "https://", "https://wandb.ai", "http://api.wandb.ai", "https://w.test:port"),
        *("https://forge.coreweave.com", "https://user:secret@w.test", "https://app.wandb.ai"),
    ],
)
def test_no_base_urls(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        normal_base_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("base", "app"),
    [
        ("https://api.wandb.ai", "https://forge.coreweave.com/wandb"),
        ("https://api.forge.coreweave.com", "https://forge.coreweave.com/wandb"),
        ("https://api.qa.wandb.ai", "https://qa.forge.coreweave.com/wandb"),
        ("https://api.wandb.test", "https://app.wandb.test"),
        ("https://api.wandb.example.org", "https://wandb.example.org"),
        ("https://api.example.org", "https://app.example.org"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_where_a_browser_sees_it(base: str, app: str) -> None:
    assert app_url_of(base) == app
    assert app_url_of(base, "https://seen.test") == "https://seen.test"


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        *[("http://127.0.0.1:1", True), ("http://[::1]:1", True), ("http://localhost", True)],
        *[("http://127.0.0.1.evil.test", False), ("http://localhost.evil.test", False), ("http://10.0.0.1", False)],
    ],
)
def test_loopback(url: str, is_so: bool) -> None:
    assert is_loopback(url) is is_so


@given(st.text(min_size=1))
def test_a_secret_shows_itself_to_nobody(text: str) -> None:
    secret = Secret(text)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>10}", repr(ApiKey(secret, "x"))]
    assert all("***" in each for each in shown)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
