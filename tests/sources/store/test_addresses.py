"""Addresses of stores in object storage, what settings say of them, and what is said of errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql.config import Settings, load
from runql.errors import AuthError, NotFound, SettingsError, SourceError, Unreachable
from runql.sources.open import open_place
from runql.sources.store.objects import bucket as door
from runql.sources.store.objects.addresses import address_of, folder_of_file
from runql.sources.store.objects.bucket import Bucket, trouble_of
from runql.sources.store.objects.mirror import ObjectMirror


def test_addresses() -> None:
    assert address_of("s3a://b/a b/ü/").shown == "s3://b/a b/ü"
    assert address_of("s3://b/a b%/ü").url == "s3://b/a%20b%25/%C3%BC"
    assert address_of("abfss://c@acct.dfs.core.windows.net/p").bucket == "c@acct.dfs.core.windows.net"
    assert address_of("s3://b").below("acme/vision") == address_of("s3://b/acme/vision")
    names = {address_of("s3://b/p").folder_name(ends) for ends in ({}, {"AWS_ENDPOINT_URL": "https://x"})}
    assert len(names) == 2, "the same bucket of another server is another store"
    assert folder_of_file("file:///a%20b/c") == Path("/a b/c")


def test_settings_move_stores(tmp_path: Path) -> None:
    assert load({"RUNQL_STORE": "file:///a%20b"}).stores == Path("/a b")
    (tmp_path / "config.toml").write_text('store = "~/runs"')
    told = {"RUNQL_CONFIG": str(tmp_path / "config.toml"), "HOME": str(tmp_path)}
    assert load(told, tmp_path).stores == tmp_path / "runs"
    assert load({**told, "RUNQL_STORE": "s3://b/a"}, tmp_path).store_address == "s3://b/a"
    (tmp_path / "config.toml").write_text('store = "gs://b"')
    assert load(told, tmp_path).store_address == "gs://b"
    (tmp_path / ".runql.toml").write_text('store = "gs://theirs"')
    settings = load({**told, "RUNQL_DATA": str(tmp_path / "data")}, tmp_path)
    assert settings.store_address == "gs://b", "nobody said yes to the folder: its file says not where runs go"
    assert "`store` in the settings file" in settings.said[0].message
    (tmp_path / "config.toml").write_text("store = 1")
    with pytest.raises(SettingsError, match="must have a text as `store` in line 1"):
        load(told, tmp_path)


@pytest.mark.parametrize(
    "name",
    ["s3://", "s3:///a", "s3://b//a", "s3://b/../a", "s3://b/a?x", "s3://KEY:word@b/a", "ftp://h/KEY@a", "http://h/a"],
)
def test_what_is_no_address(name: str) -> None:
    with pytest.raises(SourceError) as raised:
        address_of(name)
    assert "word" not in str(raised.value)


def test_a_name_without_its_mark_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a store in an object store is `store:s3://b/a`"):
        open_place("s3://b/a", Settings(folder=tmp_path))


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "find_spec", lambda name: None)
    with pytest.raises(
        SourceError, match=r"needs `obstore`, which is not installed; install it with .*(obstore|runql\[store\])"
    ):
        Bucket(address_of("s3://b/a"))


# ---------------------------------------------------------------- what is said of errors


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (
            "PUT http://h/b?k=AKIA1 - Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNot"
            "Match</Code><AWSAccessKeyId>AKIA1</AWSAccessKeyId></Error>",
            AuthError,
            "does not take the keys of the environment: SignatureDoesNotMatch (status 403)",
        ),
        ("non-2xx status code: 404: <Code>NoSuchBucket</Code> AKIA1", NotFound, "there is no bucket `b`"),
        ("PUT http://169.254.169.254/latest/api/token AKIA1", AuthError, "the environment has no keys for `s3://b/a`"),
        ("http://h AKIA1\nDebug source: HttpError { kind: Connect, }", Unreachable, ": no connection"),
        ("http://h AKIA1\nDebug source: HttpError { kind: Timeout, }", Unreachable, ": no answer in time"),
        ("http://h AKIA1 non-2xx status code: 503 <Code>SlowDown</Code>", Unreachable, ": SlowDown (status 503)"),
        ("http://h/?AKIA1 something else", Unreachable, ": its object store did not answer as one does"),
        ("URL scheme is not allowed", Unreachable, "its endpoint is no `https`; `AWS_ALLOW_HTTP=true`"),
    ],
)
def test_an_error_is_said_without_a_key(
    text: str, kind: type[Exception], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://user:AKIA1@h:9")
    error = trouble_of(address_of("s3://b/a"), ValueError(text))
    assert isinstance(error, kind)
    assert said in str(error)
    assert "AKIA1" not in str(error)


def test_a_bucket_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("obstore")
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setattr(door, "_MOST_RETRIES", 0)
    mirror = ObjectMirror(address_of("s3://b/a"), tmp_path / "cache" / "copy")
    with pytest.raises(Unreachable, match=r"`s3://b/a` cannot be reached at `http://127.0.0.1:1`: no connection"):
        mirror.look()
    assert not (tmp_path / "cache" / "copy").exists()
