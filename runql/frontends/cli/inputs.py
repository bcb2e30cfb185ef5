"""From the words of a call to a text: a query, a file, or standard input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from runql.errors import wrong_call
from runql.terminal import stdin
from runql.text.bounded import MOST_TEXT_BYTES, read_bounded
from runql.text.nearest import nearest
from runql.text.source import Source


def is_file_name(word: str) -> bool:
    """Whether a word can only be meant as the name of a file."""
    return word.endswith(".rql") and not any(char.isspace() for char in word)


def text_of(words: Sequence[str]) -> Source:
    """The text that the words stand for: `-` is standard input, one file name the file, all else the query itself."""
    if list(words) == ["-"]:
        raw = stdin.read(MOST_TEXT_BYTES)
        return Source(_decoded(raw, "standard input"), "<stdin>", is_script=True)
    if len(words) == 1 and (is_file_name(words[0]) or _is_path_of_file(words[0])):
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


def _is_path_of_file(word: str) -> bool:
    return "/" in word and len(word) < 4096 and not any(char.isspace() for char in word) and Path(word).is_file()


def _decoded(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise wrong_call(f"{what} is not UTF-8: {error.reason} at byte {error.start}") from error
