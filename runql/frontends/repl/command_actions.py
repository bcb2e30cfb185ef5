"""What each backslash command does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from runql.errors import wrong_call
from runql.frontends.repl.commands import MARK, Call, nearest_command

if TYPE_CHECKING:
    from runql.frontends.repl.shell import Shell


def carry_out(shell: Shell, call: Call) -> None:
    """Carry out a command. Raises `QueryError` for a word that is none."""
    command = call.command
    if command is None:
        near = nearest_command(call.word)
        hints = [f"nearest: `{MARK}{near}`"] if near else []
        raise wrong_call(f"there is no command `{MARK}{call.word}`", *hints, r"all of them: `\help`")
    _ACTIONS[command.name](shell, call)


def _quit(shell: Shell, _call: Call) -> None:
    shell.leaving = True


_ACTIONS: Mapping[str, Callable[[Shell, Call], None]] = MappingProxyType({"quit": _quit})
