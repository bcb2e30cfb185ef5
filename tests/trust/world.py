"""A home, a folder that came from elsewhere, the server that the user chose, and one that nobody chose."""

from __future__ import annotations

import base64
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.server import LoopbackServer
from tests.server.samples import vision

KEY, OTHER = "k" * 40, "o" * 40
TOKEN = "identity.of.somebody"


class Elsewhere:
    """A socket that answers nothing and keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self.got.append(connection.recv(65536))
                except OSError:
                    self.got.append(b"a connection")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@dataclass
class World:
    """`env` is the user's environment; `repo` is the folder that came from elsewhere."""

    home: Path
    repo: Path
    own: LoopbackServer
    elsewhere: Elsewhere
    env: dict[str, str] = field(default_factory=dict)

    def user_says(self, text: str) -> None:
        _write(self.home / ".config" / "wandb" / "settings", f"[default]\n{text}\n")

    def netrc(self, *machines: str) -> None:
        _write(self.home / ".netrc", "".join(f"machine {one} login user password {KEY}\n" for one in machines))
        (self.home / ".netrc").chmod(0o600)

    def repo_says(self, text: str, name: str = "wandb/settings") -> None:
        _write(self.repo / name, f"[default]\n{text}\n")

    @property
    def keys_seen(self) -> set[str]:
        """The keys that the user's own server was sent."""
        found = set()
        for seen in self.own.seen:
            scheme, _, value = seen.headers.get("Authorization", "").partition(" ")
            if scheme == "Basic":
                found.add(base64.b64decode(value).decode().removeprefix("api:"))
        return found


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make(tmp_path: Path, own: LoopbackServer, elsewhere: Elsewhere) -> World:
    home, repo = tmp_path / "home", tmp_path / "repo"
    home.mkdir()
    repo.mkdir()
    (repo / ".runql.toml").write_text('source = "acme/vision"\n')
    env = {
        "HOME": str(home),
        "RUNQL_CONFIG": str(home / "config.toml"),
        "RUNQL_DATA": str(home / "data"),
        "RUNQL_CACHE": str(home / "cache"),
    }
    return World(home, repo, own, elsewhere, env)


def served() -> LoopbackServer:
    return LoopbackServer(vision(5, 3))
