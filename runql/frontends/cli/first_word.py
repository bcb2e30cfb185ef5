"""What the first word of a call was perhaps to be, where it begins no query: a command, or a source."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from runql.errors import QueryError, RunQLError, wrong_call
from runql.text.visible import visible

_PROJECT: Final = re.compile(r"[\w.-]+/[\w.-]+")
_OF_SYNTAX: Final = "RQL1"
_LONGEST_PATH: Final = 1000


def with_first_word(error: QueryError, words: Sequence[str], source: str | None = None) -> RunQLError:
    """The error of a text, or what to say instead where its first word is another thing than a query.

    With a `source` of its own the call lacks none: its first word is no other one.
    """
    first = error.diagnostics[0]
    if first.span.start or not first.code.startswith(_OF_SYNTAX):
        return error
    return (_source_first(words) if source is None else None) or _with_command(error, words)


def _source_first(words: Sequence[str]) -> RunQLError | None:
    """Of a call that names its source where a query stands: `runql demo`, `runql ./wandb "runs limit 3"`."""
    word, _, rest = " ".join(words).strip().partition(" ")
    if not _names_source(word) or _goes_on_as_condition(rest):
        return None
    given, query = shlex.quote(word), shlex.quote(rest.strip()) if rest.strip() else '"runs limit 10"'
    prompt = () if rest.strip() else (f"the prompt on it: `runql -s {visible(given)}`",)
    message = f"`{visible(word)}` names a source: it stands behind `-s`"
    return wrong_call(message, f"a query on it: `runql -s {visible(given)} {visible(query)}`", *prompt)


def _names_source(word: str) -> bool:
    from runql.syntax.keywords import keywords

    if word.lower() in keywords().head_words:
        return False
    if word == "demo" or word.startswith(("tb:", "store:")) or _PROJECT.fullmatch(word):
        return True
    return 0 < len(word) < _LONGEST_PATH and "\0" not in word and Path(word).is_dir()


def _goes_on_as_condition(rest: str) -> bool:
    """Whether a word before this is a field, as `val/acc` is in `val/acc > 0.8`: no query begins with an operator."""
    from runql.language.operators import INFIX
    from runql.syntax.keywords import keywords

    known = keywords()
    words = {one for terminal in INFIX for one in known.words.get(terminal, ())}
    symbols = tuple(one for terminal in INFIX for one in known.symbols.get(terminal, ()))
    after = rest.strip()
    return after.startswith(symbols) or re.split(r"\W", after.lower(), maxsplit=1)[0] in words


def _with_command(error: QueryError, words: Sequence[str]) -> QueryError:
    """The same, with the command that a first word was perhaps to be: `runql pul demo`."""
    from runql.frontends.cli.command_table import COMMANDS, HIDDEN
    from runql.text.nearest import nearest

    first = error.diagnostics[0]
    if first.code != "RQL106" or words[0].split() != [words[0]]:
        return error
    near = nearest(words[0].lower(), [name for name in COMMANDS if name not in HIDDEN], most=1)
    if not near or (first.fixes and near[0] not in {edit.text for fix in first.fixes for edit in fix.edits}):
        return error
    hints = (*first.hints, f"nearest command: `runql {near[0]}`")
    return QueryError([replace(first, hints=hints)], error.source)
