"""What the editor's settings ask for: `initializationOptions`, and the section `runql` of the workspace's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from runql.text.frozen import frozen
from runql.text.nearest import nearest

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@frozen
class Wishes:
    """`results` says how a result is shown: `document`, `message`, `return`, or `auto` for what the client can do."""

    source: str | None = None
    params: Mapping[str, Any] = _NOTHING
    rows: int = 200
    results: str = "auto"
    format: str = "table"
    delay: int = 20
    lenses: bool = True
    hints: bool = True
    notices: bool = True


@frozen
class Wish:
    """One setting: what a value must be, in words, and a function that tells."""

    what: str
    fits: Callable[[Any], bool]
    doc: str


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


WISHES: Final[Mapping[str, Wish]] = MappingProxyType(
    {
        "source": Wish(
            "a text",
            lambda value: isinstance(value, str),
            "The source of queries that name none; it goes before `.runql.toml`.",
        ),
        "params": Wish(
            "a table of values", lambda value: isinstance(value, dict), "Values of parameters, as `-p` gives them."
        ),
        "rows": Wish("a whole number", _is_count, "How many rows of a result are shown."),
        "results": Wish(
            "`auto`, `document`, `message` or `return`",
            lambda value: value in {"auto", "document", "message", "return"},
            "How a result is shown: as a document, as a message, or only as the value of the command.",
        ),
        "format": Wish(
            "`table` or `md`", lambda value: value in {"table", "md"}, "Columns as at a terminal, or a Markdown table."
        ),
        "delay": Wish("milliseconds", _is_count, "How long after a change the text is checked."),
        "lenses": Wish("true or false", _is_switch, "Whether `Run`, `Explain` and `Check` stand above each query."),
        "hints": Wish("true or false", _is_switch, "Whether notes stand between the words."),
        "notices": Wish("true or false", _is_switch, "Whether notices are among the diagnostics, as hints."),
    }
)
"""By name; the guide's table is held against it."""


def wishes_of(given: object) -> tuple[Wishes, tuple[str, ...]]:
    """The settings that a client sent, and what is wrong with them, a sentence each. What is wrong is left out."""
    if given is None:
        return Wishes(), ()
    if not isinstance(given, Mapping):
        return Wishes(), ("the settings of `runql` must be a table",)
    inner = given.get("runql")
    table: Mapping[str, Any] = inner if isinstance(inner, Mapping) else given
    fitting = {name: value for name, value in table.items() if name in WISHES and WISHES[name].fits(value)}
    return Wishes(**fitting), tuple(_wrong(table))


def _wrong(given: Mapping[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if name not in WISHES:
            near = nearest(str(name), WISHES, most=1)
            hint = f"; nearest: `{near[0]}`" if near else ""
            yield f"there is no setting `runql.{name}`{hint}"
        elif value is not None and not WISHES[name].fits(value):
            yield f"the setting `runql.{name}` must be {WISHES[name].what}"
