"""`runql fmt`: texts in the one form, in place or to standard output."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from runql.errors import QueryError
from runql.frontends.cli.call import is_file_name, read_file, text_of
from runql.frontends.cli.command_table import Arguments
from runql.results.writing import write_file
from runql.syntax import format_text, parse
from runql.terminal import stderr, stdout
from runql.terminal.stderr import Voice
from runql.text.source import Source


def format_all(arguments: Arguments, voice: Voice) -> int:
    """Format what the call names. With `--check` the status says whether all was in the form already."""
    status = stderr.OK
    for source, path in _texts(arguments):
        try:
            formatted = formatted_text(source)
        except QueryError as error:
            status = voice.error(error)
            continue
        if arguments.diff:
            stdout.write([_diff(source, formatted).encode()])
        elif arguments.check:
            if formatted != source.text:
                voice.say(f"{source.name} would change")
                status = stderr.WRONG
        elif path is None:
            stdout.write([formatted.encode()])
        elif formatted != source.text:
            write_file(path, [formatted.encode()])
            voice.quiet(f"{path} formatted")
    return status


def _texts(arguments: Arguments) -> Iterator[tuple[Source, Path | None]]:
    if all(is_file_name(word) or ("/" in word and Path(word).is_file()) for word in arguments.words):
        for word in arguments.words:
            yield read_file(Path(word)), Path(word)
    else:
        yield text_of(arguments.words), None


def formatted_text(source: Source) -> str:
    """The text in the one form, with a line end. Raises `QueryError` for a text that cannot be read."""
    errors = [diagnostic for diagnostic in parse(source.text).diagnostics if diagnostic.is_error]
    if errors:
        raise QueryError(errors, source)
    return format_text(source.text).rstrip("\n") + "\n"


def _diff(source: Source, formatted: str) -> str:
    old, new = source.text.splitlines(keepends=True), formatted.splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, source.name, source.name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
