"""`runql describe`: what a source holds."""

from __future__ import annotations

from pathlib import Path

from runql.advice.schema import Schema
from runql.errors import wrong_call
from runql.frontends.cli.arguments import Arguments
from runql.results.writing import write_file
from runql.semantic.catalog import Catalog
from runql.semantic.spelling import PREFIXES
from runql.terminal import stderr, stdout

_BUDGET = 2000


def field_and_source(arguments: Arguments) -> tuple[Arguments, str | None]:
    """The call with its source, and the field if it names one: `describe demo`, `describe demo config.lr`.

    Of a word alone, `config.lr` is a field of the source that `-s` or the settings name. Raises `QueryError` for more
    words than that.
    """
    words = list(arguments.words)
    source = arguments.source
    if source is None and words and not (len(words) == 1 and _is_field(words[0])):
        source = words.pop(0)
    if len(words) > 1:
        raise wrong_call(f"`{words[1]}` is one word too many", "write `runql describe SOURCE`, or `… SOURCE FIELD`")
    if words and arguments.budget is not None:
        raise wrong_call("`--budget` goes with a whole source, not with one field")
    return arguments._replace(source=source, words=()), next(iter(words), None)


def _is_field(word: str) -> bool:
    return word.partition(".")[0] in PREFIXES and "." in word and not Path(word).exists()


def written(catalog: Catalog, arguments: Arguments) -> int:
    """Write the schema of a source as text or as JSON, and give the exit status."""
    schema = Schema(catalog, arguments.budget or _BUDGET)
    output = arguments.output or "text"
    path = Path(output)
    if output in {"text", "json"}:
        stdout.say(schema.json() if output == "json" else str(schema))
    elif path.suffix in {".json", ".txt"}:
        text = schema.json() if path.suffix == ".json" else str(schema)
        write_file(path, [f"{text}\n".encode()])
    else:
        raise wrong_call(f"`-o {output}`: a schema is written as `text` or `json`, or to a file `.txt` or `.json`")
    return stderr.OK
