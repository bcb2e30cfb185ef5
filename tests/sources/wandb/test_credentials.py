"""Who asks whom: every place where W&B's own client looks, in its order."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.errors import AuthError, SourceError, UntrustedFolder
from runql.sources.wandb.network.credentials import ApiKey, Credentials, IdentityToken, checked_key, discover
from runql.sources.wandb.network.redaction import Secret
from runql.wandb_settings.urls import app_url_of, is_loopback, normal_base_url

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


def folder_says(home: Path, text: str) -> Path:
    folder = home.parent / "work" / "wandb"
    folder.mkdir(exist_ok=True)
    (folder / "settings").write_text(f"[default]\n{text}\n")
    return folder / "settings"


def user_says(home: Path, text: str) -> None:
    (home / ".config" / "wandb" / "settings").write_text(f"[default]\n{text}\n")


class Yes:
    """Somebody said yes to every file."""

    def vouches(self, path: Path, content: bytes) -> bool:
        return True

    def doubt(self, path: Path) -> str | None:
        return None


def test_settings_files_of_the_user_and_of_the_folder(home: Path) -> None:
    user_says(home, "base_url = https://w.test/\nentity = acme\nproject = old")
    folder_says(home, f"project = new\napi_key = {A}")
    found = find(home, guard=Yes())
    assert (found.base_url, found.entity, found.project, key_of(found)) == ("https://w.test", "acme", "new", A)
    elsewhere = find(home, {"WANDB_BASE_URL": "https://other.test", "WANDB_ENTITY": "me"}, guard=Yes())
    assert (elsewhere.entity, key_of(elsewhere)) == ("me", None)


def test_one_bad_settings_file_of_a_folder_does_not_change_the_server(home: Path) -> None:
    """W&B's own client drops all of them; then a key would go to a server that the user did not choose."""
    user_says(home, "entity = acme\nbase_url = https://w.test")
    folder_says(home, "x")
    (home.parent / "work" / "wandb" / "settings").write_text("entity\n=\n[")
    found = find(home, {"WANDB_API_KEY": A})
    assert (found.entity, found.base_url) == ("acme", "https://w.test")
    assert "settings file" in found.warnings[0]


def test_a_bad_settings_file_of_the_user_leaves_the_server_open(home: Path) -> None:
    (home / ".config" / "wandb" / "settings").write_text("base_url = https://w.test")
    with pytest.raises(SourceError, match="not known which server"):
        find(home, {"WANDB_API_KEY": A})
    assert find(home, {"WANDB_BASE_URL": "https://w.test"}).warnings


UNTRUSTED = [
    "base_url = https://elsewhere.test",
    "base_url = http://api.forge.coreweave.com.elsewhere.test",
    "base_url = https://api.forge.coreweave.com:444",
    "app_url = https://elsewhere.test",
    f"api_key = {B}",
    f"base_url = https://elsewhere.test\napi_key = {B}",
]


@pytest.mark.parametrize("given", UNTRUSTED)
@pytest.mark.parametrize("source", ["nobody", "environment", "token", "netrc", "user", "argument", "default"])
def test_a_folder_that_nobody_said_yes_to_gets_no_key(home: Path, given: str, source: str) -> None:
    """Whoever has a key of the chosen server, `api_key` of a folder is only of interest where there is none."""
    env, arguments = {}, {}
    match source:
        case "environment":
            env = {"WANDB_API_KEY": A}
        case "token":
            env = {"WANDB_IDENTITY_TOKEN_FILE": str(home / "token")}
        case "netrc":
            netrc(home, f"machine api.forge.coreweave.com login user password {A}\n")
        case "default":
            netrc(home, f"default login user password {A}\n")
        case "user":
            user_says(home, f"api_key = {A}")
        case "argument":
            arguments = {"api_key": A}
    folder_says(home, given)
    if given.startswith("api_key") and source not in ("nobody", "user"):
        assert find(home, env, **arguments).base_url == "https://api.forge.coreweave.com"
        return
    with pytest.raises(UntrustedFolder, match="nobody said yes") as caught:
        find(home, env, **arguments)
    assert A not in str(caught.value) and B not in str(caught.value)


def test_after_a_yes_the_order_is_that_of_the_official_client(home: Path) -> None:
    folder_says(home, f"base_url = https://w.test\napp_url = https://seen.test\napi_key = {B}")
    user_says(home, f"api_key = {C}")
    found = find(home, guard=Yes())
    assert (found.base_url, found.app_url, key_of(found)) == ("https://w.test", "https://seen.test", B)
    assert key_of(find(home, {"WANDB_API_KEY": A}, guard=Yes())) == A
    folder_says(home, "base_url = https://w.test")
    assert key_of(find(home, guard=Yes())) is None, "a key in the user's file belongs to the server of that file"


def test_a_server_of_a_folder_gets_the_key_that_netrc_keeps_for_it(home: Path) -> None:
    folder_says(home, "base_url = https://W.test:8443\napp_url = https://w.test:8443/seen")
    netrc(home, f"machine w.test:8443 login user password {B}\ndefault login user password {C}\n")
    found = find(home)
    assert (found.base_url, found.app_url, key_of(found)) == ("https://w.test:8443", "https://w.test:8443/seen", B)
    found = find(home, {"WANDB_API_KEY": A})
    assert key_of(found) == B
    assert "WANDB_API_KEY" in found.warnings[0]
    with pytest.raises(UntrustedFolder):
        find(home, api_key=A)


@pytest.mark.parametrize(
    "app_url", ["https://seen.test", "javascript://w.test/%0aalert(1)", "http://w.test", "https://w.test@seen.test"]
)
@pytest.mark.parametrize("is_known", [False, True])
def test_links_lead_to_no_server_that_a_folder_alone_names(home: Path, app_url: str, is_known: bool) -> None:
    netrc(home, f"machine w.test login user password {B}\n")
    if not is_known:
        user_says(home, "base_url = https://w.test")
    folder_says(home, f"{'base_url = https://w.test' if is_known else ''}\napp_url = {app_url}")
    with pytest.raises(UntrustedFolder, match="app_url"):
        find(home)


def test_a_netrc_that_came_with_the_folder_names_no_server(home: Path) -> None:
    folder_says(home, "base_url = https://w.test")
    netrc(home.parent / "work", f"machine w.test login user password {B}\n", "netrc")
    for name in ("netrc", "./netrc", str(home.parent / "work" / "netrc")):
        with pytest.raises(UntrustedFolder):
            find(home, {"NETRC": name})


@pytest.mark.parametrize("name", ["conf", "./conf", "../work/conf", "{work}/conf"])
def test_a_config_folder_inside_the_folder_is_not_the_users_own(home: Path, name: str) -> None:
    (home.parent / "work" / "conf").mkdir()
    (home.parent / "work" / "conf" / "settings").write_text("[default]\nbase_url = https://elsewhere.test\n")
    named = name.format(work=home.parent / "work")
    with pytest.raises(UntrustedFolder):
        find(home, {"WANDB_CONFIG_DIR": named, "WANDB_API_KEY": A})


def test_the_home_folder_is_not_a_folder_that_came_from_elsewhere(home: Path) -> None:
    user_says(home, "base_url = https://w.test")
    assert discover({"WANDB_API_KEY": A}, home, home).base_url == "https://w.test"
    assert discover({"WANDB_CONFIG_DIR": str(home / ".config" / "wandb")}, home, home).base_url == "https://w.test"


@pytest.mark.parametrize("place", ["elsewhere", "../elsewhere"])
def test_a_wandb_dir_is_a_folder_as_any_other(home: Path, place: str) -> None:
    folder = home.parent / "work" / place / "wandb"
    folder.mkdir(parents=True)
    (folder / "settings").write_text("[default]\nbase_url = https://elsewhere.test\nentity = acme\n")
    with pytest.raises(UntrustedFolder):
        find(home, {"WANDB_DIR": place, "WANDB_API_KEY": A})
    assert find(home, {"WANDB_DIR": place, "WANDB_BASE_URL": "https://w.test"}).entity == "acme"


@pytest.mark.parametrize(
    "given", ["base_url =", "base_url = https://api.wandb.ai", "base_url = https://API.forge.coreweave.com/"]
)
def test_a_folder_may_name_the_server_that_is_chosen_anyway(home: Path, given: str) -> None:
    folder_says(home, f"{given}\nentity = acme")
    found = find(home, {"WANDB_API_KEY": A})
    assert (found.entity, key_of(found)) == ("acme", A)


def test_a_server_of_ones_own_is_not_changed_for_that_of_wandb(home: Path) -> None:
    user_says(home, "base_url = https://w.test")
    for url in ("https://api.wandb.ai", "https://api.forge.coreweave.com", "http://w.test", "https://w.test/elsewhere"):
        folder_says(home, f"base_url = {url}")
        with pytest.raises(UntrustedFolder):
            find(home, {"WANDB_API_KEY": A})
    folder_says(home, "base_url =")
    assert find(home, {"WANDB_API_KEY": A}).base_url == "https://w.test"


def test_pages_of_the_server_itself_need_no_yes(home: Path) -> None:
    user_says(home, "base_url = https://api.w.test")
    for url in ("https://api.w.test", "https://app.w.test/"):
        folder_says(home, f"app_url = {url}")
        assert find(home).app_url == url.rstrip("/")


def test_only_a_plain_file_of_settings_is_read(home: Path) -> None:
    path = folder_says(home, "entity = acme")
    path.unlink()
    os.mkfifo(path)
    assert "cannot be read" in find(home).warnings[0]
    path.unlink()
    path.write_text("[default]\nentity = acme\n" + "# long\n" * 200_000)
    assert find(home).entity is None


def test_what_an_env_file_says_is_nothing(home: Path) -> None:
    (home.parent / "work" / ".env").write_text("WANDB_BASE_URL=https://elsewhere.test\n")
    assert find(home, {"WANDB_API_KEY": A}).base_url == "https://api.forge.coreweave.com"


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
        *("https://[zz]", "https://a.test?b", "https://a.test#b", "https://a.test\\.b.test", "https://a.test\n.b.test"),
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
