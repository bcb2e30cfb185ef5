"""The same way out at each door: a hint that names an option of the command, said as somebody can follow who has none.

Whoever finds a mistake does not know who asked, and writes what the command takes, and Python where that differs. A
front end without a command line says which door it is. `tests/session/test_doors.py` holds that no option is left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import Final

from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen


class Door(Enum):
    """Who asks, if it is not the command."""

    AGENT = auto()
    EDITOR = auto()
    NOTEBOOK = auto()
    PROMPT = auto()


@frozen
class _WayOut:
    """An option of the command as a hint names it, and what stands there instead: `{name}` is a group of the form."""

    form: re.Pattern[str]
    said: Mapping[Door, str]


def _way(form: str, *, agent: str, editor: str, notebook: str, prompt: str) -> _WayOut:
    said = {Door.AGENT: agent, Door.EDITOR: editor, Door.NOTEBOOK: notebook, Door.PROMPT: prompt}
    return _WayOut(re.compile(form), said)


def _everywhere(form: str, said: str) -> _WayOut:
    return _WayOut(re.compile(form), dict.fromkeys(Door, said))


_READ_ONLY: Final = "this server writes nothing: without `to` the rows come back in the answer"
_SMALLER: Final = "a smaller question takes less time: a condition, `limit`, fewer `keys`"

_WAYS: Final = (
    _way(
        r"`-p (?P<name>\w+)=(?P<value>[^`]*)`(?:, or .+? in Python)?",
        agent='`params: {{"{name}": {json}}}`',
        editor='`param {name}` with a default in the text, or the setting `runql.params`: `{{"{name}": {json}}}`',
        notebook="a variable of the notebook: `{name} = {json}`",
        prompt="`\\params {name}={value}`",
    ),
    _way(
        r"`-s (?P<name>[^`]+)`(?:, or `source=[^`]+` in Python)?",
        agent="`from {name}`",
        editor="`use {name}`",
        notebook="`%rql -s {name}`",
        prompt="`use {name}`",
    ),
    _everywhere(r"with `--offline` (?P<rest>(?:the|its) copy on this computer)", "offline {rest}"),
    _way(
        r"`--allow-write (?P<name>[^`]+)` lets it",
        agent=_READ_ONLY,
        editor="`runql FILE.rql --allow-write {name}` at a terminal lets it",
        notebook='`runql.connect(allow_write=["{name}"])` lets it',
        prompt="`runql --allow-write {name}` begins a prompt that may",
    ),
    _way(
        r"`--timeout(?: \d+)?` allows more(?P<rest> time for one answer)?",
        agent=_SMALLER,
        editor="`runql --timeout 600` at a terminal allows more{rest}",
        notebook="`runql.Api(timeout=600)` allows more{rest}",
        prompt="`runql --timeout 600` begins a prompt that allows more{rest}",
    ),
    _everywhere(r"; `--stats` counts what was asked", ""),
    _everywhere(r"`--max-rows` or `set max_rows` cut the others", "`set max_rows` cuts the others"),
    _everywhere(r"`-o csv` keeps them", '`to "x.csv"` keeps them'),
    _way(
        r"`--into (?P<name>\w+)` names one",
        agent="this server copies nothing: `runql pull` at a terminal does",
        editor="`into {name}` behind it names one",
        notebook="`into {name}` behind it names one",
        prompt="`into {name}` behind it names one",
    ),
)


def said_at(door: Door, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics with the ways out that there are at a door."""
    return [replace(one, hints=tuple(_at(door, hint) for hint in one.hints)) for one in diagnostics]


def _at(door: Door, hint: str) -> str:
    for way in _WAYS:
        hint = way.form.sub(partial(_written, way.said[door]), hint)
    return hint


def _written(form: str, found: re.Match[str]) -> str:
    groups = {name: value or "" for name, value in found.groupdict().items()}
    value = groups.get("value", "")
    return form.format(**groups, json="…" if value == "VALUE" else json.dumps(value, ensure_ascii=False))
