"""What can stand at the cursor of a command line: names, files, and in a query what the language service offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runql import config
from runql.config import STORE, Settings
from runql.frontends.cli.command_table import COMMANDS, HIDDEN, Command
from runql.frontends.cli.shells.line import Word
from runql.frontends.cli.shells.situation import Situation
from runql.text.frozen import frozen
from runql.text.render import clean

if TYPE_CHECKING:
    from runql.ide.context import Context

MOST: Final = 60
_WAIT_SECONDS: Final = 0.06
"""So long a folder that nothing is known of is waited for."""
_QUERIES: Final = frozenset({"run", "explain", "check", "open"})
_FOLLOWING: Final = 8
"""So much of what may follow the only candidate is looked for."""
_STORE_VERBS: Final = ("list", "info", "check", "compact", "history", "drop")


@frozen
class Candidate:
    """A text in place of the last `typed` characters before the cursor. `ends`: a space may follow. `following`: of
    the only one what may stand behind it."""

    text: str
    detail: str = ""
    typed: int = 0
    ends: bool = True
    following: tuple[str, ...] = ()


def candidates(at: Situation, word: Word) -> list[Candidate]:
    """What can stand there, best first."""
    current = word.value[len(at.head) :]
    if at.value_of:
        return _starting(_OF_OPTIONS.get(at.value_of, _nothing)(at, current), current)
    if at.command in _QUERIES:
        return _of_query(at, word)
    return _starting(_OF_COMMANDS.get(at.command, _nothing)(at, current), current)


def _starting(found: Iterable[Candidate], current: str) -> list[Candidate]:
    kept = (one for one in found if one.text.startswith(current))
    return [replace(one, typed=len(current)) for one in kept][:MOST]


# ---------------------------------------------------------------- names and files


def _nothing(_at: Situation, _current: str) -> list[Candidate]:
    return []


def _sources(_at: Situation, current: str) -> list[Candidate]:
    from runql.sources.names import known_sources

    known = [Candidate(name, clean(what)) for name, what in known_sources(config.load()).items()]
    return [*known, *_files(current, ())]


def _stores(_at: Situation, _current: str) -> list[Candidate]:
    from runql.sources.names import known_sources

    return [Candidate(name, what) for name, what in known_sources(config.load()).items() if name.startswith(STORE)]


def _outputs(at: Situation, current: str) -> list[Candidate]:
    from runql.language.formats import FORMATS

    if at.command == "describe":
        return [Candidate("text"), Candidate("json"), *_files(current, (".txt", ".json"))]
    return [*(Candidate(one.name, one.doc) for one in FORMATS.values()), *_files(current, None)]


def _codes(_at: Situation, _current: str) -> list[Candidate]:
    from runql.text.codes import CODES

    return [Candidate(code, one.title) for code, one in CODES.items() if one.severity != "error"]


def _any_files(_at: Situation, current: str) -> list[Candidate]:
    return _files(current, None)


def _files(current: str, endings: Sequence[str] | None) -> list[Candidate]:
    """Folders, and files with one of these endings (`None`: any) that begin as what was typed."""
    shown, _, begin = current.rpartition("/")
    base = f"{shown}/" if "/" in current else ""
    try:
        entries = sorted(Path(base or ".").expanduser().iterdir())
    except (OSError, RuntimeError):
        return []
    found = []
    for entry in entries:
        if not entry.name.startswith(begin) or (entry.name.startswith(".") and not begin):
            continue
        if entry.is_dir():
            found.append(Candidate(f"{base}{entry.name}/", "folder", ends=False))
        elif endings is None or entry.suffix in endings:
            found.append(Candidate(f"{base}{entry.name}"))
    return found


# ---------------------------------------------------------------- queries


def _of_query(at: Situation, word: Word) -> list[Candidate]:
    current = word.value
    found: list[Candidate] = []
    if not at.words and word.raw.startswith("-") and not at.is_free:
        return found  # an option: no query begins with a sign
    if not at.words and not word.quote:
        if at.command == "run" and at.source is None and current == word.raw:
            commands = (name for name in COMMANDS if COMMANDS[name] not in HIDDEN)
            found += _starting([Candidate(name, "command") for name in commands], current)
        found += _starting(_files(current, (".rql",)), current) if current or at.command != "run" else []
    known = {one.text for one in found}
    return [*found, *(one for one in _of_language(at, word) if one.text not in known)][:MOST]


def _of_language(at: Situation, word: Word) -> list[Candidate]:
    """What the language service offers at the end of the query; none of it where the cursor's word is not whole."""
    from runql.ide.completion.complete import complete

    text = " ".join([*at.words, word.value])
    settings = config.load()
    name = at.source or settings.default_source()
    context = _context(text, name, settings)
    completions = complete(text, len(text), context)
    typed = text[completions.span.start :]
    if len(typed) > len(word.value):
        return []
    ends = not word.quote
    offered = [
        Candidate(_plain(item.insert_text, word), clean(item.detail), len(typed), ends) for item in completions.items
    ]
    fitting = [one for one in offered if one.text.startswith(typed) and one.text != typed]
    if not fitting and len(typed) > 1:
        fitting = offered[:1]
    if len(fitting) == 1:
        (only,) = fitting
        going_on = f"{text[: completions.span.start]}{only.text} "
        after = complete(going_on, len(going_on), context).items[:_FOLLOWING]
        fitting = [replace(only, following=tuple(_plain(item.insert_text, word).strip() for item in after))]
    return fitting


def _plain(text: str, word: Word) -> str:
    """A text as it reads best there: within double quotes of the shell, texts of the language have single ones."""
    if not word.quote:
        text = text.strip()
    inner = text.strip()[1:-1]
    is_text = len(text.strip()) > 1 and text.strip()[0] == text.strip()[-1] == '"'
    if word.quote != "'" and is_text and not set(inner) & {"'", "\\", '"'}:
        return text.replace('"', "'")
    return text


def _context(text: str, name: str | None, settings: Settings) -> Context:
    from runql.frontends.cli.shells.learned import known_catalog
    from runql.ide.context import Context

    saved, loader = {}, None
    if "@" in text:
        from runql.script.saved import Loader, saved_queries
        from runql.session.time_zone import LOCAL

        folders = tuple(settings.saved)
        saved = {one.name: clean(one.comment) for one in saved_queries(folders)}
        loader = Loader(folders, {}, datetime.now(UTC), LOCAL, own=settings.own_queries)
    catalog = None if name is None else known_catalog(name, settings, _WAIT_SECONDS)
    return Context(
        catalog=catalog,
        sources=_KnownSources(settings),
        saved=saved,
        source_name=name,
        saved_query=loader.query if loader is not None else None,
    )


class _KnownSources(Mapping[str, str]):
    """The sources that can be named, looked for where one may stand: few queries have such a place at the cursor."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _found(self) -> Mapping[str, str]:
        from runql.sources.names import known_sources

        return known_sources(self._settings)

    def __getitem__(self, name: str) -> str:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _of_describe(at: Situation, current: str) -> list[Candidate]:
    """A source, and behind it the fields of that source."""
    if not at.words and at.source is None:
        return _sources(at, current)
    from runql.frontends.cli.shells.learned import known_catalog
    from runql.ide.field_text import detail, heading

    catalog = known_catalog(at.source or at.words[0], config.load(), _WAIT_SECONDS)
    if catalog is None:
        return []
    ordered = sorted(catalog.fields, key=lambda info: -info.runs)
    return [Candidate(heading(info), clean(detail(info, catalog))) for info in ordered]


def _of_pull(at: Situation, current: str) -> list[Candidate]:
    return _sources(at, current) if not at.words else []


def _of_store(at: Situation, current: str) -> list[Candidate]:
    return [Candidate(verb) for verb in _STORE_VERBS] if not at.words else _stores(at, current)


_Names = Callable[[Situation, str], list[Candidate]]
_OF_COMMANDS: Mapping[Command, _Names] = {
    "fmt": lambda _, current: _files(current, (".rql",)),
    "describe": _of_describe,
    "pull": _of_pull,
    "store": _of_store,
    "trust": lambda _, current: _files(current, ()),
    "completion": lambda *_: [Candidate(shell) for shell in ("bash", "zsh", "fish")],
}
_OF_OPTIONS: Mapping[str, _Names] = {
    "--source": _sources,
    "--into": lambda at, current: [replace(one, text=one.text.removeprefix(STORE)) for one in _stores(at, current)],
    "--output": _outputs,
    "--no": _codes,
    "--errors": lambda *_: [Candidate("text"), Candidate("json")],
    "--api-key-file": _any_files,
    "--allow-write": _any_files,
    "--junit": _any_files,
    "--in": lambda *_: [Candidate("browser"), Candidate("leet"), Candidate("visidata")],
}
