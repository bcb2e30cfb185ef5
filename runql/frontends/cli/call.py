"""What a call of the command says: its text (a query, a file, or standard input), its parameters, settings and options.
Loads no more than settings need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runql import config
from runql.chart_look import PLAIN, ChartLook
from runql.errors import RunQLError, wrong_call
from runql.frontends.cli.command_table import Arguments
from runql.prompt_options import template
from runql.terminal import stderr, stdin, stdout
from runql.terminal.progress import Waiting
from runql.terminal.stderr import Voice
from runql.text.bounded import MOST_TEXT_BYTES, read_bounded
from runql.text.nearest import nearest
from runql.text.replace import replace_with
from runql.text.source import Source

if TYPE_CHECKING:
    from runql.script.options import Options


_LONGEST_PATH = 4096


def is_file_name(word: str) -> bool:
    """Whether a word can only be meant as the name of a file."""
    return word.endswith(".rql") and not any(char.isspace() for char in word)


def text_of(words: Sequence[str]) -> Source:
    """The text that the words stand for: `-` is standard input, one file name the file, all else the query itself."""
    if list(words) == ["-"]:
        raw = stdin.read(MOST_TEXT_BYTES)
        return Source(_decoded(raw, "standard input"), "<stdin>", is_script=True)
    if len(words) == 1 and not any(char.isspace() for char in words[0]):
        is_path = "/" in words[0] and len(words[0]) < _LONGEST_PATH and Path(words[0]).is_file()
        if is_path or is_file_name(words[0]):
            return read_file(Path(words[0]))
    return Source(" ".join(words))


def read_file(path: Path) -> Source:
    """The text of a file. Raises `QueryError` if there is none."""
    try:
        raw = read_bounded(path, MOST_TEXT_BYTES)
    except FileNotFoundError:
        there = sorted(found.name for found in path.parent.glob("*.rql")) if path.parent.is_dir() else []
        raise wrong_call(f"there is no file `{path}`", *_instead(path, there)) from None
    except OSError as error:
        raise wrong_call(f"cannot read `{path}`: {error.strerror or error}") from error
    return Source(_decoded(raw, f"`{path}`"), str(path), is_script=True)


def _instead(path: Path, there: list[str]) -> Iterator[str]:
    """What to write instead of a file that is not there: the nearest of its folder, or what a query is otherwise."""
    near = nearest(path.name, there, most=1)
    if near:
        yield f"nearest: `{path.with_name(near[0])}`"
    elif there:
        yield f"there are: {', '.join(f'`{name}`' for name in there[:8])}"
    else:
        yield f'no `.rql` file is in `{path.parent}`; a query may also stand in quotes: `runql -s demo "runs limit 5"`'


def _decoded(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise wrong_call(f"{what} is not UTF-8: {error.reason} at byte {error.start}") from error


def for_call(settings: config.Settings, arguments: Arguments, waiting: Waiting) -> config.Settings:
    """The settings with what this call says of the server."""
    key_file = Path(arguments.api_key_file) if arguments.api_key_file else None
    server = replace(settings.server, api_key_file=key_file, timeout_seconds=arguments.timeout, on_wait=waiting)
    offline = arguments.offline and arguments.command != "check"
    return replace(settings, server=server, offline=offline, allow_write=tuple(map(Path, arguments.allow_write)))


def params_of(arguments: Arguments) -> Mapping[str, Any]:
    """The values of `-p`. Raises `QueryError`."""
    if not arguments.params:
        return {}
    from runql.script.given_values import values_of

    return values_of(arguments.params)


def options_of_call(arguments: Arguments) -> Options | None:
    """The options that the call sets, if it sets any. Raises `QueryError`."""
    look = ChartLook(arguments.theme, arguments.chart_size, not arguments.no_chart_notes)
    if not (arguments.no or arguments.names) and arguments.max_rows is None and look == PLAIN:
        return None
    from runql.frontends.cli.programs import options_of

    return options_of(arguments.no, arguments.max_rows, names=arguments.names, look=look)


def saying_errors(start: Callable[[], int]) -> int:
    """Start something and give its exit status; an error that keeps it from starting is said on standard error."""
    try:
        return start()
    except RunQLError as error:
        return Voice(columns=stderr.columns()).error(error)


def write_settings(settings_file: Path) -> int:
    """Write a settings file that explains every setting, unless there is one; the exit status."""
    try:
        settings_file.parent.mkdir(parents=True, exist_ok=True)
        replace_with(settings_file, template().encode(), fresh=True)
    except FileExistsError:
        Voice().say(f"runql: `{settings_file}` is there already, and stays as it is; this is what a new one says:\n")
        stdout.say(template().rstrip())
        return stderr.WRONG
    except OSError as error:
        Voice().say(f"runql: `{settings_file}` cannot be written: {error.strerror or error}")
        return stderr.WRONG
    stdout.say(f"wrote {settings_file}")
    return stderr.OK
