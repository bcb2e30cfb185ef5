"""What each floor makes of a query, as text: a block of a case is the name of an entry here.

A later floor adds its own entry, and its blocks can stand in the cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from enum import Enum

from runql.errors import QueryError
from runql.language.stages import STAGES
from runql.syntax import format_text, parse, tokenize
from runql.syntax.literals import write_path
from runql.syntax.tree import Node, PartsStage, Path
from runql.text.diagnostic import Diagnostic, Edit
from runql.text.render import render

Floor = Callable[[str], str]


def tree(text: str) -> str:
    """The tree, a node a line: its name, its plain values, then its children a level deeper."""
    return "\n".join(line for statement in parse(text).script.statements for line in _node(statement, ""))


def _node(node: Node, label: str) -> list[str]:
    words = [f"{label}:" if label else "", type(node).__name__]
    if isinstance(node, Path):
        return [" ".join(word for word in (*words, write_path(node)) if word)]
    below: list[str] = []
    for name, value in _fields(node):
        if value is None or value is False or value == ():
            continue
        if isinstance(value, Path):
            words.append(write_path(value))
        elif isinstance(value, Node):
            below.extend(_node(value, "" if name in {"query", "condition"} else name))
        elif isinstance(value, tuple) and (labelled := list(_labelled(value))):
            below.extend(line for word, item in labelled for line in _node(item, word))
        else:
            words.append(_plain(name, value))
    return [" ".join(word for word in words if word), *(f"  {line}" for line in below)]


def _fields(node: Node) -> Iterator[tuple[str, object]]:
    """What a node holds, by name; the parts of a stage are named by its entry."""
    if isinstance(node, PartsStage):
        yield "text", node.word
        yield from zip((one.name for one in STAGES[node.word].parts or ()), node.parts, strict=True)
        return
    yield from ((one.name, getattr(node, one.name)) for one in fields(node) if one.compare)


def _labelled(items: tuple[object, ...]) -> Iterator[tuple[str, Node]]:
    """The nodes of a tuple; of a pair of a word and a node, the word is its label."""
    for item in items:
        label, nodes = "", item if isinstance(item, tuple) else (item,)
        for node in nodes:
            if isinstance(node, Node):
                yield label, node
            elif isinstance(node, Enum):
                label = str(node.value)


def _plain(name: str, value: object) -> str:
    if value is True:
        return name
    shown = str(value.value) if isinstance(value, Enum) else repr(value)
    return shown if name in {"op", "mode", "state", "target", "kind", "value", "text"} else f"{name}={shown}"


def formatted(text: str) -> str:
    """The canonical text, or what is wrong."""
    try:
        return format_text(text)
    except QueryError as error:
        return render(error.diagnostics, error.source)


def error(text: str) -> str:
    """What is said about the text."""
    parsed = parse(text)
    return render(parsed.diagnostics, parsed.source)


def fixed(text: str) -> str:
    """The text with the first fix of each diagnostic applied."""
    return apply([diagnostic.fixes[0].edits for diagnostic in parse(text).diagnostics if diagnostic.fixes], text)


def tokens(text: str) -> str:
    """The tokens without white space, a kind and a text a line."""
    return "\n".join(f"{token.kind:<12}{token.text}" for token in tokenize(text) if token.text.strip())


def apply(groups: list[tuple[Edit, ...]], text: str) -> str:
    """A text with edits applied, last first."""
    edits = [edit for group in groups for edit in group]
    for edit in sorted(edits, key=lambda item: (item.span.start, item.span.end), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def errors_of(text: str) -> tuple[Diagnostic, ...]:
    return parse(text).diagnostics


FLOORS: dict[str, Floor] = {
    "tree": tree,
    "format": formatted,
    "error": error,
    "fixed": fixed,
    "tokens": tokens,
}
