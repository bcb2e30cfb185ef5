"""A server without sockets: `Transport` answers from a store, and a test may change what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from runql.sources.wandb.http.transport import HttpReply
from tests.server import Knobs, Store, graph
from tests.server.http import VIEWER

Change = Callable[[int, bytes], bytes]


class InProcess:
    """Stands in place of `Transport`. `change` is given the number of an answer and its bytes.

    Without `pages` the first one comes whatever cursor is given. `sent`: the right answers, `bodies`: what went.
    """

    def __init__(self, store: Store, change: Change = lambda _, body: body, *, pages: bool = True) -> None:
        self._pages = pages
        self._store = store
        self._knobs = Knobs()
        self.change = change
        self.bodies: list[bytes] = []
        self.sent: list[bytes] = []
        self.asked = 0
        self._known: dict[bytes, tuple[int, bytes]] = {}

    def __call__(self, *_: Any, **__: Any) -> InProcess:
        return self

    async def post(self, _path: str, body: bytes, *_: Any) -> HttpReply:
        if body not in self._known:
            request = json.loads(body)
            if not self._pages and "after" in request["variables"]:
                request["variables"]["after"] = None
            self._known[body] = graph.answer(self._store, self._knobs, request, VIEWER)
        status, answer = self._known[body]
        number, self.asked = self.asked, self.asked + 1
        self.sent.append(answer)
        answer = self.change(number, answer)
        self.bodies.append(answer)
        return HttpReply(status, {}, answer)

    async def close(self) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        self.bodies, self.sent, self.asked = [], [], 0
