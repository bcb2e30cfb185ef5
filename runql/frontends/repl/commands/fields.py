"""`\\fields`, `\\describe` and `\\explain`: what a source holds, and what a query becomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from runql.errors import wrong_call
from runql.frontends.repl.commands.table import BackslashCall
from runql.ide.field_text import type_text
from runql.language.fields import RUN_FIELDS, Space
from runql.results.frame import Frame
from runql.results.terminal_table.cells import digits
from runql.script.named_queries import LAST
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.spelling import info_text
from runql.semantic.values import MISSING, Value
from runql.text.nearest import nearest
from runql.text.source import Source
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.frontends.repl.shell import Shell

_SPACES = (Space.CONFIG, Space.SUMMARY, Space.LOGGED, Space.SYSTEM)
_MOST_VALUES = 4
_LONGEST_VALUE = 24


def show_fields(shell: Shell, call: BackslashCall) -> None:
    """The fields whose names match: type, in how many runs, range or values."""
    with shell.screen.progress(lambda: "looking at what was logged"):
        catalog = shell.session.catalog(shell.session.state.source, metrics=True)
    rows = list(_rows(catalog, call.rest))
    if not rows:
        names = [info.dotted for info in catalog.fields]
        near = [f"nearest: `{name}`" for name in nearest(call.rest.strip("*"), names, most=1)]
        message = f"no field of {visible(catalog.source)} is like `{call.rest}`" if call.rest else "there are no fields"
        raise wrong_call(message, *near, r"all of them: `\fields`")
    runs = f"{catalog.run_count:,} run{'s' * (catalog.run_count != 1)}"
    known = runs if catalog.complete else f"{runs}, of which a sample was looked at"
    count = f"{len(rows):,} field{'s' * (len(rows) != 1)} of {known}"
    shell.table(Frame.of_rows(("field", "type", "runs", "holds"), rows), "fields", count)
    if not call.rest:
        shell.tell(f"every run has {', '.join(RUN_FIELDS)}")


def _rows(catalog: Catalog, pattern: str) -> Iterator[tuple[Value, ...]]:
    matches = _Matcher(pattern)
    for space in _SPACES:
        for info in sorted((one for one in catalog.fields if one.space is space), key=lambda one: one.dotted):
            if matches(info):
                yield info_text(info), type_text(info) or MISSING, info.runs, _holds(info) or MISSING


class _Matcher:
    """Whether a field is meant by a pattern; one without `*` and `?` is looked for anywhere in the name."""

    def __init__(self, pattern: str) -> None:
        from runql.engine.patterns import star_matcher

        is_glob = any(char in pattern for char in "*?")
        self._matches = star_matcher(pattern) if is_glob else lambda name: pattern.casefold() in name.casefold()

    def __call__(self, info: FieldInfo) -> bool:
        return self._matches(info.dotted) or self._matches(info_text(info))


def _holds(info: FieldInfo) -> str:
    """The range of numbers and times, else the most frequent values and elements of lists."""
    low, high = info.minimum, info.maximum
    if isinstance(low, int | float) and isinstance(high, int | float):
        if low == high:
            return f"always {digits(low)}"
        middle = f", median {digits(info.median)}" if isinstance(info.median, int | float) else ""
        return f"{digits(low)} … {digits(high)}{middle}"
    if low is not None and high is not None:
        return f"{low} … {high}"
    return " · ".join(part for part in (_most(info.top), _most(info.elements, "in lists: ")) if part)


def _most(counted: Sequence[tuple[Value, int]], before: str = "") -> str:
    shown = [f"{_short(value)} ({count:,})" for value, count in counted[:_MOST_VALUES]]
    more = len(counted) > _MOST_VALUES
    return visible(before + ", ".join(shown) + (", …" if more else "")) if shown else ""


def _short(value: Value) -> str:
    text = str(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def describe(shell: Shell, call: BackslashCall) -> None:
    """All that is known of one field."""
    if not call.rest:
        raise wrong_call(r"`\describe` wants a field", r"such as `\describe config.lr`; which there are: `\fields`")
    shell.run(f"describe {call.rest}")


def explain(shell: Shell, call: BackslashCall) -> None:
    """What a query, or the last one, becomes."""
    if not call.rest and LAST not in shell.session.state.lets:
        raise wrong_call("there is no last query yet", r"such as `\explain runs limit 5`")
    query = shell.query_of(call.rest) if call.rest else f"runs from {LAST}"
    with shell.screen.progress(lambda: "looking at what there is"):
        texts = shell.session.explain(Source(query))
    if not texts:
        raise wrong_call(r"`\explain` takes a query", r"such as `\explain runs limit 5`")
    shell.screen.put("\n\n".join(texts) + "\n")
