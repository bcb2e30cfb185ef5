"""The parser: a stack of states driven by the table. It makes the tree that Lark would make, without Lark.

Each node knows where its text begins and ends, and besides where what it stands for does: brackets that left no node
of their own belong to the second alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runql.syntax.lr_table import ParserTable, Production

TEXT_END = "$END"


class MisplacedError(Exception):
    """A terminal that cannot stand where the parser is."""


class TerminalNode(str):
    """A terminal in the tree: its text, and where that stands."""

    __slots__ = ("first", "last", "type")

    def __new__(cls, terminal: str, text: str, start: int) -> TerminalNode:
        made = super().__new__(cls, text)
        made.type = terminal
        made.first = start
        made.last = start + len(text)
        return made

    type: str
    first: int
    last: int


class Branch:
    """A node of the tree; `start` is below zero if no text belongs to it."""

    __slots__ = ("children", "end", "first", "last", "name", "start")

    def __init__(self, name: str, children: list[Any]) -> None:
        self.name = name
        self.children = children
        self.start = self.end = self.first = self.last = -1

    def branches(self) -> Iterator[Branch]:
        """This one and all below it: each after those that it holds."""
        found = [self]
        for branch in found:
            found.extend(child for child in reversed(branch.children) if child.__class__ is Branch)
        return reversed(found)


class Parser:
    """Takes one terminal after the other."""

    __slots__ = ("_actions", "_chains", "_end", "_productions", "_states", "_values")

    def __init__(self, table: ParserTable, start: str) -> None:
        first, self._end = table.starts[start]
        self._actions = table.actions
        self._chains = table.chains
        self._productions = table.productions
        self._states = [first]
        self._values: list[Any] = []

    @property
    def state(self) -> int:
        return self._states[-1]

    @property
    def choices(self) -> dict[str, int]:
        """The terminals, and rules, that the table has for this state; more than would be taken."""
        return self._actions[self._states[-1]]

    def take(self, terminal: str, text: str, start: int) -> Branch | None:
        """Go on by a terminal; the tree at the end of the text. Raises `MisplacedError`, then it is of no use."""
        actions, states, values = self._actions, self._states, self._values
        while True:
            action = actions[states[-1]].get(terminal)
            if action is None:
                raise MisplacedError(terminal)
            if action >= 0:
                states.append(action)
                values.append(TerminalNode(terminal, text, start))
                return None
            production = self._productions[-1 - action]
            size = len(production.expansion)
            if size == 1 and production.is_unwrapped and production.kept is None:
                # The child stands for the node, as nearly every child does in the chain from a value to a condition.
                if terminal != TEXT_END:
                    states[-1] = self._end_of_chain(states[-2], states[-1], terminal)
                    continue
                states[-1] = actions[states[-2]][production.origin]
                if states[-1] == self._end:
                    whole: Branch = values[-1]
                    return whole
                continue
            if size:
                children = values[-size:]
                del states[-size:]
                del values[-size:]
            else:
                children = []
            node = _node(production, children)
            states.append(actions[states[-1]][production.origin])
            values.append(node)
            if terminal == TEXT_END and states[-1] == self._end:
                tree: Branch = node
                return tree

    def _end_of_chain(self, below: int, state: int, terminal: str) -> int:
        """The state after all rules of one part that end before a terminal: worked out once, and then known."""
        chain = below, state, terminal
        known = self._chains.get(chain)
        if known is not None:
            return known
        while (action := self._actions[state].get(terminal)) is not None and action < 0:
            production = self._productions[-1 - action]
            if len(production.expansion) != 1 or not production.is_unwrapped or production.kept is not None:
                break
            state = self._actions[below][production.origin]
        self._chains[chain] = state
        return state

    def accepts(self) -> frozenset[str]:
        """The terminals that would be taken here."""
        return frozenset(name for name in self.choices if name.isupper() and self._would_take(name))

    def _would_take(self, terminal: str) -> bool:
        states = list(self._states)
        while True:
            action = self._actions[states[-1]].get(terminal)
            if action is None or action >= 0:
                return action is not None
            production = self._productions[-1 - action]
            if production.expansion:
                del states[-len(production.expansion) :]
            states.append(self._actions[states[-1]][production.origin])
            if terminal == TEXT_END and states[-1] == self._end:
                return True


def _node(production: Production, children: list[Any]) -> Any:
    """What a production makes of its children: a branch, or a child that stands for it."""
    kept = children if production.kept is None else _kept(production.kept, children)
    if production.is_unwrapped and len(kept) == 1:
        node = kept[0]
        if node.__class__ is TerminalNode:
            return node
    else:
        node = Branch(production.name, kept)
    first = last = -1
    for child in children:
        if child.first >= 0:
            if first < 0:
                first = child.first
            last = child.last
    if first < 0:
        return node
    if node.start < 0:
        node.start, node.end = first, last
    node.first, node.last = first, last
    return node


def _kept(places: tuple[tuple[int, bool], ...], children: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for index, is_inlined in places:
        child = children[index]
        if not is_inlined:
            kept.append(child)
        elif kept:
            kept += child.children
        else:  # the list of a repetition grows: it is not copied for each of its parts
            kept = child.children
    return kept
