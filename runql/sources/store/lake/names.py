"""The names of stores that another engine reads: `lake+clickhouse://HOST/STORE`, `lake+spark://MASTER/STORE`."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote

from runql.config import LAKE
from runql.errors import SourceError
from runql.text.frozen import frozen
from runql.text.nearest import nearest

EngineName: TypeAlias = Literal["clickhouse", "spark"]
_ENGINES: Final[dict[str, EngineName]] = {"clickhouse": "clickhouse", "spark": "spark"}
_NAME: Final = re.compile(r"lake\+([a-z]+)://([^/]*)/(.+?)(?:\?files=(.+))?")
_HOST: Final = re.compile(r"(?:([^:@/]+)(?::([^@/]*))?@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?")
_SECURE_PORTS: Final = frozenset({443, 8443})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_FORM: Final = "it is written `lake+clickhouse://HOST:PORT/STORE` or `lake+spark:///STORE`"


@frozen
class ClickHouseServer:
    """A server of ClickHouse, and who asks it."""

    host: str
    port: int
    user: str = ""
    password: str = ""

    @property
    def is_secure(self) -> bool:
        """Whether it is spoken to in TLS."""
        return self.port in _SECURE_PORTS


@frozen
class LakeName:
    """A store by the name behind `store:`, and the engine that reads it.

    `authority`: which one of its kind; empty for the one in this process. `files`: where the engine has the files of
    the store, if not where they are here. `shown` holds no password.
    """

    engine: EngineName
    authority: str
    store: str
    files: str
    shown: str


def lake_name(name: str) -> LakeName:
    """What a name means. Raises `SourceError` for one that means nothing."""
    match = _NAME.fullmatch(name)
    engine = _ENGINES.get(match[1]) if match else None
    if match is None or engine is None:
        word = name.removeprefix(LAKE).partition(":")[0]
        near = nearest(word, _ENGINES, most=1) if word not in _ENGINES else []
        hints = [f"nearest: `{LAKE}{near[0]}://`"] if near else []
        raise SourceError.of("RQL511", f"`{_without_password(name)}` names no engine that reads a store", *hints, _FORM)
    return LakeName(engine, match[2], match[3], match[4] or "", _without_password(name))


def server_of(name: LakeName) -> ClickHouseServer:
    """The server that a name means. Raises `SourceError`."""
    match = _HOST.fullmatch(name.authority)
    if match is None:
        raise SourceError.of("RQL511", f"`{name.shown}` names no host", _FORM)
    user, password, host, port = match.groups()
    server = ClickHouseServer(host, int(port or 8443), unquote(user or ""), unquote(password or ""))
    if server.password and not server.is_secure and host not in _LOOPBACK:
        message = f"`{name.shown}`: the password would travel in the open"
        raise SourceError.of("RQL511", message, "ports 8443 and 443 are spoken to in TLS")
    return server


def _without_password(name: str) -> str:
    return re.sub(r"(://[^:@/]*):[^@/]*@", r"\1@", name)
