"""`\\watch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runql.frontends.repl.commands import Call

if TYPE_CHECKING:
    from runql.frontends.repl.shell import Shell


def watch(shell: Shell, call: Call) -> None:
    """Ask again and again."""
    raise NotImplementedError
