"""Starts the server: on standard input and output, or over HTTP on this computer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from runql.config import Settings
from runql.errors import QueryError, wrong_call
from runql.extras import install_command
from runql.frontends.mcp.fixed_session import FixedSession
from runql.sources.open import default_name

_SECONDS = 120.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(sources: Sequence[str], settings: Settings, *, http: str | None, seconds: float | None) -> int:
    """Serve these sources, by default that of the settings, until the client goes; the exit status.

    Raises:
        QueryError: the extra is not installed, or the address is none of this computer.
        SourceError, BackendError: a source cannot be opened.
    """
    try:
        import mcp  # noqa: F401
    except ImportError:
        hint = f"install it with `{install_command('mcp')}`"
        raise QueryError.of("RQL593", "`runql mcp` needs the package `mcp`, which is not installed", hint) from None
    address = None if http is None else _address(http)
    with closing(FixedSession(sources or (default_name(settings),), settings)) as session:
        for name in session.fixed:
            session.place(name)
        from runql.frontends.mcp.answers import Answers
        from runql.frontends.mcp.server import server_of

        server = server_of(Answers(session, seconds or _SECONDS))
        if address is None:
            server.run("stdio")
        else:
            host, port = address
            server.run("streamable-http", host=host, port=port)
    return 0


def _address(text: str) -> tuple[str, int]:
    """A host of this computer and a port. Raises `QueryError`."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]") if colon else "127.0.0.1"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise wrong_call(f"`--http {text}` names no port", "write `--http 8642` or `--http 127.0.0.1:8642`")
    if (host or "127.0.0.1") not in _LOOPBACK:
        hint = "it has no password: whoever shall reach it from elsewhere gets there by a tunnel, such as `ssh -L`"
        raise wrong_call(f"`{host}` is not this computer, and the server listens here alone", hint)
    return host or "127.0.0.1", int(port)
