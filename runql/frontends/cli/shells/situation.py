"""What the word at the cursor is to the command: an option's value, part of a query, a file, the name of something."""

from __future__ import annotations

from collections.abc import Sequence

from runql.frontends.cli.command_table import Command, command_of, options_of_command
from runql.text.frozen import frozen


@frozen
class Situation:
    """The command, its words before the cursor without options, and the option whose value stands at the cursor.

    `value_of` is an option by its longest name. `source` is what `-s` says. `head`: what stands before the value in
    the same word, as in `--source=demo`. `is_free`: behind `--`, where no option stands.
    """

    command: Command
    words: tuple[str, ...] = ()
    value_of: str = ""
    source: str | None = None
    head: str = ""
    is_free: bool = False


def situation(words: Sequence[str], current: str) -> Situation:
    """Read the words of a call without the program's name, and the word at the cursor."""
    command, rest = command_of(words)
    takes = options_of_command(command)
    plain: list[str] = []
    source: str | None = None
    waiting = ""
    is_free = False
    for word in rest:
        name, equals, value = word.partition("=")
        if waiting:
            source = word if waiting == "--source" else source
            waiting = ""
        elif not is_free and word == "--":
            is_free = True
        elif not is_free and name in takes:
            long, has_value = takes[name]
            if has_value and not equals:
                waiting = long
            elif has_value and long == "--source":
                source = value
        else:
            plain.append(word)
    name, equals, _ = current.partition("=")
    head = ""
    if not waiting and not is_free and equals and name in takes and takes[name][1]:
        waiting, head = takes[name][0], f"{name}="
    return Situation(command, tuple(plain), waiting, source, head, is_free)
