"""The LALR table of the grammar as plain data: made from Lark's, written and read as JSON, used without Lark.

A table that is read is data: nothing in it is run, it does not depend on the version of Lark or of Python, and Lark
is not imported for it.
"""

from __future__ import annotations

import json
from dataclasses import field
from typing import TYPE_CHECKING, Any

from runql.text.frozen import frozen

if TYPE_CHECKING:
    from lark import Lark


@frozen
class Terminal:
    """A terminal of the grammar: of those that match at a place, the one with the highest priority is taken."""

    name: str
    priority: int
    pattern: str


@frozen
class Production:
    """One alternative of a rule: `origin` becomes `expansion`; the node that it makes is called `name`.

    `kept` are the children of that node by their places in the expansion, with whether the child's own children stand
    for it; none means all of them as they are. `is_unwrapped`: a single child stands for the node. `is_link`: it is the
    only part, and always does.
    """

    origin: str
    name: str
    expansion: tuple[str, ...]
    kept: tuple[tuple[int, bool], ...] | None
    is_unwrapped: bool
    is_link: bool


@frozen
class ParserTable:
    """What a parser does in each state.

    `actions` maps, for each state, a terminal or rule to the next state, or, as `-1 - n`, a terminal to the production
    `n` that ends there. `starts` are the first and the last state of each start of the grammar. `chains` is filled by
    whoever parses: the state to which rules of one part each lead, by the state below, the one on top and a terminal.
    """

    terminals: tuple[Terminal, ...]
    ignored: tuple[str, ...]
    productions: tuple[Production, ...]
    actions: tuple[dict[str, int], ...]
    starts: dict[str, tuple[int, int]]
    chains: dict[tuple[int, int, str], int] = field(default_factory=dict, compare=False, repr=False)

    def first_terminal(self, production: Production) -> str | None:
        """The terminal that an alternative begins with; none if it begins with a rule, or is empty."""
        first = next(iter(production.expansion), None)
        return first if any(terminal.name == first for terminal in self.terminals) else None


def table_of(parser: Lark) -> ParserTable:
    """The table of a parser that Lark made from a grammar."""
    conf = parser.parse_interactive(start=parser.options.start[0]).parser_state.parse_conf
    table: Any = conf.parse_table
    numbers = {rule: index for index, rule in enumerate(parser.rules)}
    order = {state: index for index, state in enumerate(_states(table))}

    def action(kind: Any, argument: Any) -> int:
        return order[argument] if str(kind) == "Shift" else -1 - numbers[argument]

    return ParserTable(
        tuple(Terminal(str(t.name), t.priority, t.pattern.to_regexp()) for t in parser.terminals),
        tuple(map(str, parser.lexer_conf.ignore)),
        tuple(map(_production, parser.rules)),
        tuple({str(name): action(*found) for name, found in _in_order(table.states[state])} for state in order),
        {str(start): (order[first], order[table.end_states[start]]) for start, first in table.start_states.items()},
    )


# Lark numbers states as they come out of sets: here they have an order of their own, for the same grammar is to be the
# same bytes each time.


def _in_order(state: Any) -> list[tuple[Any, Any]]:
    return sorted(state.items(), key=lambda item: str(item[0]))


def _states(table: Any) -> list[Any]:
    """The states as they are reached from the first ones, by the names of what leads to them."""
    found = dict.fromkeys(table.start_states[name] for name in sorted(table.start_states, key=str))
    waiting = list(found)
    for state in waiting:
        for _, (kind, argument) in _in_order(table.states[state]):
            if str(kind) == "Shift" and argument not in found:
                found[argument] = None
                waiting.append(argument)
    return list(found)


def _production(rule: Any) -> Production:
    """A rule of Lark, with what Lark would do when it ends."""
    options = rule.options
    kept = tuple(
        (index, not symbol.is_term and str(symbol.name).startswith("_"))
        for index, symbol in enumerate(rule.expansion)
        if options.keep_all_tokens or not (symbol.is_term and symbol.filter_out)
    )
    plain = len(kept) == len(rule.expansion) and not any(inlined for _, inlined in kept)
    unwrapped = bool(options.expand1) and not rule.alias
    return Production(
        str(rule.origin.name),
        str(rule.alias or options.template_source or rule.origin.name),
        tuple(str(symbol.name) for symbol in rule.expansion),
        None if plain else kept,
        unwrapped,
        unwrapped and plain and len(kept) == 1,
    )


def table_text(table: ParserTable) -> str:
    """A table as JSON, on one line."""
    written = {
        "terminals": [[one.name, one.priority, one.pattern] for one in table.terminals],
        "ignored": table.ignored,
        "productions": [[p.origin, p.name, p.expansion, p.kept, p.is_unwrapped, p.is_link] for p in table.productions],
        "actions": table.actions,
        "starts": table.starts,
    }
    return json.dumps(written, separators=(",", ":"))


def table_from(text: str | bytes) -> ParserTable:
    """The table that was written. Raises `ValueError`, `TypeError` or `KeyError` if it is none."""
    read = json.loads(text)
    return ParserTable(
        tuple(Terminal(*one) for one in read["terminals"]),
        tuple(read["ignored"]),
        tuple(
            Production(origin, name, tuple(expansion), _pairs(kept), unwrapped, is_link)
            for origin, name, expansion, kept, unwrapped, is_link in read["productions"]
        ),
        tuple(read["actions"]),
        {start: (first, last) for start, (first, last) in read["starts"].items()},
    )


def _pairs(kept: list[tuple[int, bool]] | None) -> tuple[tuple[int, bool], ...] | None:
    return None if kept is None else tuple((at, inlined) for at, inlined in kept)
