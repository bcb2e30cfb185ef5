"""A plan as the calls of W&B's public classes that ask for the same: Python that can be pasted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, assert_never

from runql.plan.nodes import Count, Fetch, Histories, Plan, Projection, table_of
from runql.plan.selectors import WandbSelector
from runql.plan.stand_ins import MANY, ONE, NumberStandIn, TextStandIn
from runql.plan.to_mongo.wire import wire, wire_order
from runql.semantic.typed import HistoryPart
from runql.syntax.tree import Stream

_WIDTH = 88
_INDENT = "    "
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

_SYSTEM_AXIS = "_timestamp"


def calls(plan: Plan, fetch: Fetch, selector: WandbSelector, entity: str, project: str, *, counted: bool) -> str:
    """The calls for one source. `selector`: what `Runs` is asked there; `counted`: the source counts by itself."""
    runs = call_text(
        "Runs",
        ["service_api", literal(entity), literal(project)],
        {
            "filters": wire(selector.filters) or None,
            "order": wire_order(selector.order),
            "per_page": fetch.per_page,
            "include_sweeps": fetch.scan.with_sweeps,
            "lazy": fetch.scan.lazy is not False,
        },
    )
    table = table_of(plan)
    match table:
        case Count():
            return f"len({runs})" if counted else f"runs = {runs}"
        case Projection():
            return f"runs = {runs}"
        case Histories(part=part):
            return "\n".join([f"runs = {runs}", *_history_calls(part)])
        case _:
            assert_never(table)


def _history_calls(part: HistoryPart) -> Iterator[str]:
    if part.keys is None or part.keys:
        yield _history_call(part, part.keys, part.x_axis, Stream.DEFAULT)
        if part.min_x is not None or part.max_x is not None:
            low, high = ("" if end is None else f"{end}" for end in (part.min_x, part.max_x))
            yield f"# of all rows those whose `{part.x_axis}` is in {low}..{high}"
    if part.system_keys is None or part.system_keys:
        yield _history_call(part, part.system_keys, _SYSTEM_AXIS, Stream.SYSTEM)


def _history_call(part: HistoryPart, keys: tuple[str, ...] | None, x_axis: str, stream: Stream) -> str:
    wanted = None if keys is None else list(keys)
    if part.samples is None and stream is Stream.DEFAULT:
        last = None if part.max_step is None else part.max_step + 1
        scan = _given({"keys": wanted, "min_step": part.min_step, "max_step": last})
        return f"for run in runs:\n    {call_text('run.scan_history', [], scan)}"
    system = "system" if stream is Stream.SYSTEM else None
    given = _given({"samples": part.samples, "keys": wanted, "x_axis": x_axis, "stream": system})
    return call_text("runs.histories", [], given)


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def literal(value: Any) -> str:
    """A value on one line: texts in double quotes, with everything escaped that a terminal might act on."""
    match value:
        case TextStandIn() | NumberStandIn():
            return ONE
        case [TextStandIn() | NumberStandIn(), *_]:
            return MANY
        case str():
            return '"' + "".join(map(_char, value)) + '"'
        case Mapping():
            return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def call_text(name: str, positional: Iterable[str], named: Mapping[str, Any]) -> str:
    """A call, on one line if it fits, else with an argument a line."""
    arguments = [*positional, *(f"{key}={literal(value)}" for key, value in named.items())]
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= _WIDTH:
        return line
    lines = [*positional, *(f"{key}={_wrapped(value, len(key) + 6)}" for key, value in named.items())]
    return f"{name}(\n" + "".join(f"{_INDENT}{each},\n" for each in lines) + ")"


def _wrapped(value: Any, before: int) -> str:
    """A value on one line if it fits, else a dict or list with an entry a line."""
    line = literal(value)
    if before + len(line) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = _INDENT * 2
    if isinstance(value, dict):
        entries = [f"{literal(k)}: {literal(v)}" for k, v in value.items()]
        return "{\n" + "".join(f"{inner}{e},\n" for e in entries) + _INDENT + "}"
    return "[\n" + "".join(f"{inner}{literal(e)},\n" for e in value) + _INDENT + "]"


def _char(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
