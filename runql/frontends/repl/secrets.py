"""What of an entry may be written to the history: nothing that is secret."""

from __future__ import annotations

import re
from typing import Final

from runql.config import ServerSettings
from runql.frontends.repl.commands.table import Argument, read_call

_KEY: Final = re.compile(
    r"(?<![\w-])(?:[a-z]+-)?[0-9a-f]{40}(?![\w-])"  # what W&B gave for years, that of a server of one's own included
    r"|wandb_v\d+_\w{20,}"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*",  # a signed token
    re.ASCII | re.IGNORECASE,
)
_SECRET_NAME: Final = re.compile(r"secret|token|password|passwd|(^|_)key$", re.IGNORECASE)
_VALUE: Final = re.compile(r"""(\w+)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)""")
_TYPE: Final = "secret"
_SHORTEST_KEY: Final = 8
STRUCK_OUT: Final = "…"


class Secrets:
    """Takes out of texts what is secret, and remembers the values of parameters that were declared to be.

    `known` are keys that are secret whatever they look like; those of a few characters are no keys.
    """

    def __init__(self, *known: str | None) -> None:
        self._values = {key for key in known if key is not None and len(key) >= _SHORTEST_KEY}

    def __call__(self, text: str) -> str:
        """A text without keys of W&B, and without the values of secret parameters.

        `param token: secret = "abc"` becomes `param token: secret`; wherever else the value stands, then and later, it
        is struck out. `\\params token=abc` loses what its name says is secret.
        """
        if _TYPE in text:
            text = self._without_declared(text)
        call = read_call(text)
        if call is not None and call.command is not None and call.command.takes is Argument.PARAMETER:
            text = _VALUE.sub(lambda found: "" if _SECRET_NAME.search(found[1]) else found[0], text)
            text = " ".join(text.split())
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, STRUCK_OUT)
        return _KEY.sub(STRUCK_OUT, text)

    def _without_declared(self, text: str) -> str:
        from runql.syntax import parse, tree
        from runql.syntax.tree import ParamStatement

        cuts: list[tuple[int, int]] = []
        for statement in parse(text).script.statements:
            default = statement.default if isinstance(statement, ParamStatement) else None
            if default is None or not isinstance(statement, ParamStatement) or statement.type_name != _TYPE:
                continue
            end = max(default.span.end, statement.span.end)
            start = text.rindex("=", statement.span.start, end - 1)
            cuts.append((len(text[:start].rstrip()), end))
            if isinstance(default, tree.Literal) and str(default.value):
                self._values.add(str(default.value))
        for start, end in reversed(cuts):
            text = text[:start] + text[end:]
        return text


def secrets_of(server: ServerSettings) -> Secrets:
    """Those of somebody whose key is known already, of whatever form a server of one's own gives them."""
    return Secrets(server.api_key, server.env.get("WANDB_API_KEY"))


def without_secrets(text: str) -> str:
    """The same for one text by itself."""
    return Secrets()(text)
