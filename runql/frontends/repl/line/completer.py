"""The completion menu: the language service's answers, and words of the prompt's own commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples

from runql.frontends.repl.commands.table import COMMANDS, MARK, Argument, PromptCommand, read_call
from runql.frontends.repl.knowledge import Knowledge
from runql.frontends.repl.parsed_text import is_command, query_start, word_end
from runql.text.render import clean
from runql.text.visible import one_for_one

if TYPE_CHECKING:
    from runql.ide.completion.items import Completions, Item

_CHOICES: Final = frozenset(
    {"stage", "field", "metric", "namespace", "value", "source", "query", "alias", "run", "time"}
)
"""Kinds of items that are worth a menu before a letter of them is typed."""


class WordCompletion(Completion):
    """A completion that may also replace `tail` characters behind the cursor: the rest of the word it stands in."""

    def __init__(
        self, text: str, start_position: int, display: StyleAndTextTuples, display_meta: str, tail: int = 0
    ) -> None:
        super().__init__(text, start_position, display, display_meta)
        self.tail = tail


class QueryCompleter(Completer):
    """Completes queries and commands from what is known just now; asks nobody, and never waits."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The menu at the cursor, best first. While typing it is left away where it would only be in the way."""
        text, offset = document.text, document.cursor_position
        if is_command(text) and offset <= word_end(text):
            yield from _commands(text, offset)
            return
        if is_command(text) and (words := self._words(text, offset)):
            yield from words
            return
        start = query_start(text)
        language = self._knowledge.language
        if language is None or start is None or offset < start:
            return
        parsed = self._knowledge.texts.parsed(text[start:])
        found = language.complete(parsed, offset - start, self._knowledge.world.at_now())
        if not complete_event.completion_requested and not _worth_showing(found, text[start:]):
            return
        for item in found.items:
            yield _completion(item, found, offset - start)

    def _words(self, text: str, offset: int) -> list[Completion]:
        """What stands after the name of a command, where that is no query."""
        call = read_call(text[:offset])
        command = call.command if call is not None else None
        if command is None:
            return []
        typed = text[:offset].rsplit(" ", maxsplit=1)[-1]
        return [
            WordCompletion(word, -len(typed), _display(one_for_one(word), _letters(typed, word)), clean(meta))
            for word, meta in self._candidates(command)
            if _matches(typed, word)
        ]

    def _candidates(self, command: PromptCommand) -> Iterator[tuple[str, str]]:
        yield from ((word, "") for word in command.words)
        world = self._knowledge.world
        match command.takes:
            case Argument.TOPIC:
                yield from self._topics()
            case Argument.FIELD:
                yield from self._fields()
            case Argument.SAVED if world.context is not None:
                yield from world.context.saved.items()
            case Argument.SOURCE if world.context is not None:
                yield from world.context.sources.items()
            case Argument.FORMAT:
                yield from self._formats()
            case Argument.PARAMETER if world.context is not None:
                yield from ((f"{name}=", shown) for name, shown in world.context.parameters.items())
            case _:
                return

    def _topics(self) -> Iterator[tuple[str, str]]:
        yield from ((name, one.doc) for name, one in COMMANDS.items())
        if self._knowledge.language is None:
            return
        from runql.language.aggregates import HISTORY_AGGREGATES
        from runql.language.functions import FUNCTIONS
        from runql.language.pages import PAGES
        from runql.language.stages import STAGES
        from runql.language.windows import WINDOWS

        yield from ((name, page.title) for name, page in PAGES.items())
        yield from ((info.name, info.doc) for info in STAGES.values())
        yield from (
            (name, info.doc) for table in (FUNCTIONS, HISTORY_AGGREGATES, WINDOWS) for name, info in table.items()
        )

    def _fields(self) -> Iterator[tuple[str, str]]:
        catalog = self._knowledge.world.catalog
        if catalog is None:
            return
        from runql.ide.field_text import detail, heading

        ordered = sorted(catalog.fields, key=lambda info: -info.runs)
        yield from ((heading(info), detail(info, catalog)) for info in ordered[:2000])

    def _formats(self) -> Iterator[tuple[str, str]]:
        if self._knowledge.language is not None:
            from runql.language.formats import FORMATS

            yield from ((form.name, form.doc) for form in FORMATS.values())


def _commands(text: str, offset: int) -> Iterator[Completion]:
    typed = text[:offset].lstrip()[len(MARK) :]
    tail = word_end(text) - offset
    for name, command in COMMANDS.items():
        if name.startswith(typed.lower()):
            space = "" if command.takes is Argument.NOTHING else " "
            yield WordCompletion(
                f"{MARK}{name}{space}",
                -len(typed) - len(MARK),
                _display(f"{MARK}{name}", tuple(range(len(typed) + 1))),
                command.doc,
                tail,
            )


def _completion(item: Item, found: Completions, offset: int) -> WordCompletion:
    meta = " · ".join(part for part in (item.kind.value, clean(item.detail)) if part)
    tail = max(0, found.whole_span.end - offset)
    return WordCompletion(
        item.insert_text, found.span.start - offset, _display(one_for_one(item.label), item.positions), meta, tail
    )


def _display(label: str, positions: tuple[int, ...]) -> StyleAndTextTuples:
    """A label with the letters marked that match."""
    marked = set(positions)
    return [("class:completion-menu.match" if at in marked else "", char) for at, char in enumerate(label)]


def _worth_showing(found: Completions, text: str) -> bool:
    """Whether a menu helps somebody who did not ask for one."""
    if not found.items:
        return False
    typed = text[found.span.start : found.span.end]
    first = found.items[0]
    if not typed:
        return first.kind.value in _CHOICES and text[: found.span.start].strip() != ""
    if typed.replace(".", "").replace("_", "").isdigit():
        return False
    others = [item for item in found.items if item.insert_text.strip() != typed]
    return bool(others) and (others[0] is first or _matches_start(typed, others[0].label))


def _matches_start(typed: str, label: str) -> bool:
    return label.lower().startswith(typed.lower())


def _matches(typed: str, word: str) -> bool:
    return typed.lower() in word.lower()


def _letters(typed: str, word: str) -> tuple[int, ...]:
    at = word.lower().find(typed.lower())
    return tuple(range(at, at + len(typed))) if at >= 0 else ()
