"""A company's network on loopback: a private CA, a W&B server under it, proxies; and the command, asked in it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from runql.frontends.cli.main import main
from tests.network.asked import NAME, Asked, environment, words
from tests.server import Knobs, LoopbackServer
from tests.server.samples import vision

Serve = Callable[..., LoopbackServer]
Ask = Callable[..., Asked]


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    """The company's CA."""
    return trustme.CA(organization_name="Company")


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> Path:
    """The file of the company's CA, as `SSL_CERT_FILE` names it."""
    path = tmp_path / "company.pem"
    ca.cert_pem.write_to_path(str(path))
    return path


def context_for(ca: trustme.CA, *names: str, **dates: object) -> ssl.SSLContext:
    """What a server speaks TLS with, under a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, **dates).configure_cert(context)  # type: ignore[arg-type]
    return context


@pytest.fixture
def serve(ca: trustme.CA) -> Iterator[Serve]:
    """Starts servers, by default one under the company's CA, and stops them."""
    servers: list[LoopbackServer] = []

    def start(tls: ssl.SSLContext | None = None, *, plain: bool = False, **options: object) -> LoopbackServer:
        context = None if plain else tls or context_for(ca, "127.0.0.1", "::1", "localhost", NAME)
        knobs = options.pop("knobs", None)
        assert knobs is None or isinstance(knobs, Knobs)
        server = LoopbackServer(vision(5, 5), knobs, tls=context, **options)  # type: ignore[arg-type]
        servers.append(server.start())
        return server

    yield start
    for server in servers:
        server.stop()
        assert server.failures == []


@pytest.fixture
def ask_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Ask]:
    """Asks with the command, in this process, in an empty folder and in the environment that is given."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)

    def ask(base_url: str, *, text: str = "count runs", source: str | None = "acme/vision", **env: str) -> Asked:
        os.environ.clear()
        os.environ.update(environment(tmp_path, base_url, **env))
        capfdbinary.readouterr()
        status = main(words(text, source))
        out, err = capfdbinary.readouterr()
        return Asked(status, out.decode(), err.decode())

    yield ask
    os.environ.clear()
    os.environ.update(before)
