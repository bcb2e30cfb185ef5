"""`runql doctor`: a report for others to read, that asks nobody and holds no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runql import __version__
from tests.cli.conftest import Runql
from tests.server import LoopbackServer, Store

KEY = "f3a9" * 10
OTHER = "b7c1" * 10
PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runql: Runql) -> Path:
    """A home of its own, without any variable that says where a server or a key is."""
    import os

    for name in [name for name in os.environ if name.startswith("WANDB_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in {"HOME": "home", "RUNQL_DATA": "data", "RUNQL_CACHE": "cache", "RUNQL_STORE": "stores"}.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_what_it_says(runql: Runql) -> None:
    said = runql("doctor", "-s", "demo")
    assert (said.status, said.err) == (0, "")
    assert f"runql   {__version__} in " in said.out
    assert "demo: opens" in said.out
    assert "no: `runql doctor --network` asks it" in said.out
    assert said.out.endswith("problems\n  none was found\n")


def test_as_json(runql: Runql) -> None:
    document = json.loads(runql("doctor", "--json").out)
    assert set(document) == {"sections", "problems"}
    assert document["problems"] == []
    assert document["sections"]["extras"]["parquet"].startswith("pyarrow ")
    assert "socksio" in document["sections"]["extras"]["socks"]


def test_the_places_of_keys_and_no_key(runql: Runql, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_HTTPS_PROXY", f"http://me:{PASSWORD}@proxy.test:3128")
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@proxy.test:3128")
    monkeypatch.setenv("WANDB_X_EXTRA_HTTP_HEADERS", json.dumps({"X-Gate": OTHER}))
    (home / ".netrc").write_text(f"machine api.wandb.ai login user password {OTHER}\n")
    (home / ".config" / "wandb").mkdir(parents=True)
    (home / ".config" / "wandb" / "settings").write_text(f"[default]\napi_key = {OTHER}\n")
    for form in ((), ("--json",)):
        said = runql("doctor", *form)
        for secret in (KEY, OTHER, PASSWORD, KEY[:12]):
            assert secret not in said.out + said.err
        assert "the key in `WANDB_API_KEY`" in said.out
        assert "~/.netrc: an entry for api." in said.out
        assert "settings: a key" in said.out
        assert "proxy.test:3128" in said.out
        assert str(home) not in said.out


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("WANDB_API_KEY", "short", "RQL401"),
        ("WANDB_BASE_URL", f"https://me:{PASSWORD}@wandb.test", "RQL511"),
        ("HTTPS_PROXY", f"gopher://me:{PASSWORD}@proxy.test", "RQL404"),
        ("RUNQL_SQL_SECONDS", "soon", "RQL510"),
    ],
)
def test_what_is_wrong_is_said_with_a_way_out(
    runql: Runql, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str
) -> None:
    monkeypatch.setenv(name, value)
    said = runql("doctor")
    assert said.status == 2
    assert code in said.out.partition("problems")[2]
    assert PASSWORD not in said.out


def test_a_settings_file_that_cannot_be_read_ends_no_report(runql: Runql, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("sourc = 'demo'\n")
    said = runql("doctor")
    assert said.status == 2
    assert "unknown setting `sourc`" in said.out.partition("problems")[2]
    assert "\nkeys\n" in said.out


def test_sources_are_looked_at(runql: Runql, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[sources]\nold = './gone'\nvision = 'acme/vision'\n")
    document = json.loads(runql("doctor", "--json").out)
    assert document["sections"]["sources"]["vision"] == "acme/vision: a project of the server, not asked"
    assert document["problems"] == [
        "RQL511: there is no folder `./gone`",
        "runs are in the folder `wandb` of where they were started, or where `WANDB_DIR` says",
    ]


def test_a_folder_that_nobody_said_yes_to(runql: Runql, tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "settings").write_text(f"[default]\nbase_url = https://evil.test\napi_key = {KEY}\n")
    said = runql("doctor")
    assert "settings: not said yes to" in said.out
    assert "RQL530" in said.out.partition("problems")[2]
    assert KEY not in said.out


def test_what_names_the_server(runql: Runql, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = json.loads(runql("doctor", "--json").out)["sections"]["server"]
    assert server["named by"].startswith("nothing: it is the default")
    assert server["headers"] == "Use-Admin-Privileges (as wandb's own client)"
    own = home / ".config" / "wandb" / "settings"
    own.parent.mkdir(parents=True)
    own.write_text("[default]\nbase_url = http://own.test\n")
    server = json.loads(runql("doctor", "--json").out)["sections"]["server"]
    assert (server["address"], server["named by"]) == ("http://own.test", "~/.config/wandb/settings")
    monkeypatch.setenv("WANDB_BASE_URL", "http://w.test")
    server = json.loads(runql("doctor", "--json").out)["sections"]["server"]
    assert (server["address"], server["named by"]) == ("http://w.test", "`WANDB_BASE_URL`")


def test_the_server_is_asked_where_the_call_says_so(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(Store()) as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
        monkeypatch.setenv("WANDB_API_KEY", KEY)
        assert runql("doctor").status == 0
        assert not server.seen
        said = runql("doctor", "--network")
        assert "answered after " in said.out
        assert "signed in" in said.out
        assert KEY not in said.out
        assert server.seen
    said = runql("doctor", "--network", "--timeout", "1")
    assert said.status == 2
    assert "RQL404" in said.out.partition("problems")[2]


def test_it_takes_no_query(runql: Runql) -> None:
    assert runql("doctor", "runs").status == 2
