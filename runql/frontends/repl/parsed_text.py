"""The text at the prompt, read once for all who look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from runql.frontends.repl.commands.table import MARK, Argument, read_call

if TYPE_CHECKING:
    from runql.syntax import Parsed

_KEPT: Final = 8


class ParsedTexts:
    """What the last texts were parsed to. Threads may share it."""

    def __init__(self) -> None:
        self._parsed: dict[str, Parsed] = {}

    def parsed(self, text: str) -> Parsed:
        """The tree of a text."""
        from runql.syntax import parse

        found = self._parsed.get(text)
        if found is None:
            found = parse(text)
            kept = dict(list(self._parsed.items())[-_KEPT:])
            self._parsed = {**kept, text: found}
        return found


def query_start(text: str) -> int | None:
    """Where the query begins that a text holds; none if it is a command that takes none.

    That of a command such as `\\watch 30 runs …` begins behind the name, and behind the number of seconds.
    """
    if not is_command(text):
        return 0
    call = read_call(text)
    command = call.command if call is not None else None
    if command is None or command.takes not in {Argument.QUERY, Argument.WATCH, Argument.NEW_NAME}:
        return None
    start = word_end(text)
    start += len(text[start:]) - len(text[start:].lstrip())
    word, _, _ = text[start:].partition(" ")
    skips = command.takes is Argument.NEW_NAME or (command.takes is Argument.WATCH and word[:1].isdigit())
    if not skips:
        return start
    if len(word) == len(text[start:]):
        return None
    start += len(word)
    return start + len(text[start:]) - len(text[start:].lstrip())


def is_command(text: str) -> bool:
    """Whether a text is a command of the prompt."""
    return text.lstrip().startswith(MARK)


def word_end(text: str) -> int:
    """Where the name of a command ends."""
    start = len(text) - len(text.lstrip())
    return next((at for at in range(start, len(text)) if text[at].isspace()), len(text))


def asks_for_text(typed: str) -> bool:
    """Whether the text that follows was asked for, as that of `\\edit`: any other is only offered."""
    call = read_call(typed)
    return call is not None and call.command is not None and call.command.name == "edit"
