"""SOCKS proxies, with the extra `runql[socks]`."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from runql.errors import Unreachable
from runql.extras import install_command
from runql.sources.wandb.network import proxies
from runql.sources.wandb.network.network import NetworkSettings, proxy_of
from tests.network.asked import NAME
from tests.network.conftest import Ask, Serve
from tests.network.proxy import Manner, SocksProxy

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

ELSEWHERE = f"https://{NAME}"


@pytest.fixture(autouse=True)
def _left_open() -> Iterator[None]:
    """httpcore leaves the socket of a SOCKS proxy that refuses to the collector of garbage, which warns of it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy(serve: Serve, ask_command: Ask, ca_file: Path, scheme: str) -> None:
    server = serve()
    for login in (None, "ada:p@ss"):
        with SocksProxy(Manner(names={NAME: server.port}, login=login)) as proxy:
            url = proxy.url.replace("socks5://", f"{scheme}://" + ("ada:p%40ss@" if login else ""))
            asked = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), ALL_PROXY=url)
            assert asked.out == "count\n5\n"
            assert set(proxy.asked) == {(NAME, 443)}
            if login:
                wrong = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), ALL_PROXY=url.replace("p%40ss", "word-7"))
                assert (wrong.status, wrong.code) == (3, "RQL404")
                assert "asks for a user and a password" in wrong.err
                assert "word-7" not in wrong.all


def test_a_socks_proxy_that_cannot_reach_the_server(ask_command: Ask, ca_file: Path) -> None:
    with SocksProxy(Manner(names={NAME: 9})) as proxy:
        asked = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), ALL_PROXY=proxy.url)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`ALL_PROXY`" in asked.err.splitlines()[0]


GARBAGE = [b"", b"\x05", b"\x05\xff", b"\x05\x00\x00\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n<html>", b"\xff" * 64]


@pytest.mark.parametrize("answer", GARBAGE)
def test_a_socks_proxy_that_says_what_none_says(ask_command: Ask, ca_file: Path, answer: bytes) -> None:
    with SocksProxy(Manner(answer)) as proxy:
        env = {"SSL_CERT_FILE": str(ca_file), "WANDB_HTTP_TIMEOUT": "1"}
        asked = ask_command(ELSEWHERE, HTTPS_PROXY=proxy.url, **env)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`HTTPS_PROXY`" in asked.err.splitlines()[0]


def test_a_socks_proxy_that_hangs(ask_command: Ask, ca_file: Path) -> None:
    with SocksProxy(Manner(hangs=True)) as proxy:
        env = {"SSL_CERT_FILE": str(ca_file), "WANDB_HTTP_TIMEOUT": "1"}
        asked = ask_command(ELSEWHERE, HTTPS_PROXY=proxy.url, **env)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`HTTPS_PROXY`" in asked.err.splitlines()[0]


def test_without_the_extra_socks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "find_spec", lambda name: None)
    with pytest.raises(Unreachable) as error:
        proxy_of(NetworkSettings({"ALL_PROXY": "socks5://127.0.0.1:1080"}), ELSEWHERE)
    (said,) = error.value.diagnostics
    assert said.code == "RQL404"
    assert "`ALL_PROXY`" in said.message
    assert said.hints[0] == f"`{install_command('socks')}`"
