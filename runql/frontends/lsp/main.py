"""`runql lsp`: where the server listens, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from runql import __version__
from runql.errors import wrong_call
from runql.extras import install_command
from runql.terminal import stdin, stdout
from runql.terminal.stderr import Voice

if TYPE_CHECKING:
    from runql.frontends.lsp.framing import Read
    from runql.frontends.lsp.server import Server

OK: Final = 0
ENDED_EARLY: Final = 1
"""The exit status of a server that was left without `shutdown`, as the protocol has it."""
_LOOPBACK: Final = "127.0.0.1"
_WATCH_SECONDS: Final = 5.0
_PIECE_BYTES: Final = 65_536
_TURN_SECONDS: Final = 0.001


def serve(tcp: str | None = None, *, is_trusted: bool = False, source: str | None = None) -> int:
    """Serve one client, on standard input and output or over TCP at an address `HOST:PORT`, and give the exit status.

    `is_trusted`: whoever starts it vouches for the folders that are open, so servers are asked.

    Raises `QueryError` for an address that is none, and where pygls is not installed.
    """
    address = _address(tcp) if tcp is not None else None
    try:
        import pygls  # noqa: F401
    except ImportError as error:
        hint = f"it needs an extra: `{install_command('lsp')}`"
        raise wrong_call("the language server is not installed: there is no `pygls`", hint) from error
    from runql.frontends.lsp.features import server_of

    _quieten()
    # While a thread looks at a source, a key press gets its turn within this time.
    sys.setswitchinterval(_TURN_SECONDS)
    server = server_of(__version__)
    server.world.source = source
    server.world.is_trusted = is_trusted
    try:
        asyncio.run(_over_tcp(server, *address) if address is not None else _over_pipes(server))
    except (KeyboardInterrupt, SystemExit, BrokenPipeError):
        pass
    finally:
        server.runner.stop()
    return OK if server.protocol.is_shut_down else ENDED_EARLY


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = "", text
    if not port.isdecimal() or int(port) > 0xFFFF:
        raise wrong_call(f"`{text}` is no address", "write `--tcp 127.0.0.1:8765`; port 0 takes a free one")
    return host.strip("[]") or _LOOPBACK, int(port)


def _quieten() -> None:
    """What pygls has to say is for those who look for a mistake: it holds whole texts."""
    from runql import config

    if not config.is_debugging():
        logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)


async def _over_pipes(server: Server) -> None:
    from concurrent.futures import ThreadPoolExecutor

    messages = stdin.handed_over()
    _leave_nothing_behind(server)
    loop = asyncio.get_running_loop()
    read_some = partial(getattr(messages, "read1"), _PIECE_BYTES)  # noqa: B009 - `BinaryIO` has it not
    server.protocol.set_writer(stdout.handed_over())
    with ThreadPoolExecutor(1) as pool:
        await _messages(server, lambda: loop.run_in_executor(pool, read_some))


async def _over_tcp(server: Server, host: str, port: int) -> None:
    """Wait for one client; with it the server ends."""
    ended = asyncio.get_running_loop().create_future()
    has_client = False

    async def serve_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal has_client
        if has_client:
            writer.close()
            return
        has_client = True
        server.protocol.set_writer(_TcpWriter(writer))
        try:
            await _messages(server, lambda: reader.read(_PIECE_BYTES))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client is gone, which ends the server as well
        except SystemExit:
            await writer.drain()
        finally:
            writer.close()
            if not ended.done():
                ended.set_result(None)

    _leave_nothing_behind(server)
    try:
        listening = await asyncio.start_server(serve_client, host, port)
    except OSError as error:
        raise wrong_call(f"cannot listen on `{host}:{port}`: {error.strerror or error}") from error
    for socket in listening.sockets:
        name = socket.getsockname()
        Voice().say(f"runql lsp: listening on {name[0]}:{name[1]}")
    async with listening:
        await ended


class _TcpWriter:
    """Writes to a connection; pygls closes it when the client says `exit`."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    def close(self) -> None:
        """The connection is closed once everything is sent."""


async def _messages(server: Server, read: Read) -> None:
    """Take messages until the client is gone."""
    from runql.frontends.lsp.framing import Framing

    watch = asyncio.get_running_loop().create_task(_watch(server))
    try:
        async for message in Framing(read):
            server.protocol.take(message)
            await asyncio.sleep(0)  # where many came at once, what they began gets its turn
    finally:
        watch.cancel()


async def _watch(server: Server) -> None:
    """End with the editor, also where its death is not seen at the pipe."""
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        process = server.process_id
        if process is None:
            continue
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            server.runner.stop()
            os._exit(ENDED_EARLY)
        except OSError:
            server.process_id = None  # nothing can be told of it


def _leave_nothing_behind(server: Server) -> None:
    """Take away the files of answers when the process is asked to end."""
    import signal

    def end(_number: int, _frame: object) -> None:
        server.runner.stop()
        os._exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
