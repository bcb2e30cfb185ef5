"""A server on loopback and services that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from runql.sources.wandb import Credentials, LineSettings, ServiceOptions, WandbService
from runql.sources.wandb.network.credentials import ApiKey
from runql.sources.wandb.network.redaction import Secret
from tests.server import Knobs, LoopbackServer, Store
from tests.server.samples import vision

KEY = "k" * 40
QUICK = LineSettings(attempt_seconds=100.0, patience_seconds=100.0, backoff_seconds=0.01, give_up_seconds=100.0)
"""Asks again at once, and waits longer than any machine needs for an answer that comes."""

HASTY = replace(QUICK, give_up_seconds=0.6)
"""The same where nothing will ever come."""

Connect = Callable[..., WandbService]
Serve = Callable[..., LoopbackServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers, and stops them; a fault in the server itself fails the test."""
    servers: list[LoopbackServer] = []

    def start(store: Store | None = None, knobs: Knobs | None = None) -> LoopbackServer:
        server = LoopbackServer(store if store is not None else vision(60, 40), knobs).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()
        assert server.failures == []


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes services, and closes them."""
    services: list[WandbService] = []

    def make(server: LoopbackServer, *, key: str | None = KEY, **options: object) -> WandbService:
        auth = ApiKey(Secret(key), "a test") if key is not None else None
        given = ServiceOptions(**{"line": QUICK, **options})  # type: ignore[arg-type]
        service = WandbService(Credentials(server.base_url, auth), given)
        services.append(service)
        return service

    yield make
    for service in services:
        service.close()
