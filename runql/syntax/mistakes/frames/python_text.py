"""A text of Python as a tree, and the steps of a chain of calls. Nothing of it ever runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Final

from runql.text.frozen import frozen

LONGEST: Final = 2000
"""No question that is asked of a table is longer, and a longer text is not worth the time of a key press."""
_LITERAL: Final = re.compile(r"(?P<raw>\b[rR])?(?P<text>'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")")
_NO_ESCAPE: Final = re.compile(r"\\(\\|['\"abfnrtvxuUN0-7])?")
_GLUED: Final = re.compile(r"(?<![\w.])\d[\d_.]*(?:[eE][+-]?\d+)?(?![eEjJ])[^\W\d]")
"""A number that touches a word, of which Python's parser warns."""


class UnknownError(Exception):
    """Something that is not read here: others may know it."""


@frozen
class Lost:
    """An argument that has no counterpart."""

    written: str
    why: str


def read_python(text: str) -> ast.expr:
    """The tree of an expression.

    Raises:
        UnknownError: it is none, or too long.
    """
    if len(text) > LONGEST or _GLUED.search(_LITERAL.sub("''", text)):
        raise UnknownError
    try:
        return ast.parse(_LITERAL.sub(_escaped, text).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnknownError from None


def _escaped(literal: re.Match[str]) -> str:
    """A literal with its backslashes as Python wants them; it would warn of others."""
    if literal["raw"]:
        return literal[0]
    return _NO_ESCAPE.sub(lambda one: one[0] if one[1] else "\\\\", literal["text"])


@frozen
class Step:
    """A step of a chain: `.acc`, `[…]` or `.head(…)`."""

    node: ast.Attribute | ast.Subscript | ast.Call

    @property
    def name(self) -> str:
        """The name of an attribute or of a method; empty at brackets."""
        match self.node:
            case ast.Attribute(attr=name) | ast.Call(func=ast.Attribute(attr=name)):
                return name
            case _:
                return ""


def steps_of(node: ast.expr) -> tuple[str, list[Step]]:
    """The name that a chain begins with, and its steps.

    Raises:
        UnknownError: it begins with no name.
    """
    steps: list[Step] = []
    while not isinstance(node, ast.Name):
        match node:
            case ast.Call(func=ast.Attribute(value=owner)) | ast.Attribute(value=owner) | ast.Subscript(value=owner):
                steps.append(Step(node))
                node = owner
            case _:
                raise UnknownError
    return node.id, steps[::-1]


_IDLE: Final[Mapping[str, object]] = {
    **dict.fromkeys(("inplace", "ignore_index", "kind", "copy", "observed", "as_index", "sort", "numeric_only"), ...),
    **dict.fromkeys(("maintain_order", "multithreaded", "engine", "interpolation", "group_keys"), ...),
}
"""Arguments that change no value of the answer."""


class Given:
    """The arguments of a call by their names; what nobody takes is lost."""

    def __init__(self, call: ast.Call, order: str) -> None:
        names = order.split()
        if len(call.args) > len(names) or any(isinstance(one, ast.Starred) for one in call.args):
            raise UnknownError
        self.nodes = dict(zip(names, call.args, strict=False))
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in self.nodes:
                raise UnknownError
            self.nodes[keyword.arg] = keyword.value

    def take(self, *names: str) -> ast.expr | None:
        """The argument of this name, or of another that it goes by."""
        found = [self.nodes.pop(name) for name in names if name in self.nodes]
        return found[0] if found else None

    def value(self, name: str, default: object) -> object:
        """The plain value of an argument."""
        node = self.take(name)
        return default if node is None else value_of(node)

    def lost(self, defaults: Mapping[str, object], why: Mapping[str, str]) -> list[Lost]:
        """The arguments that nobody took, and that say something."""
        idle = {**_IDLE, **defaults}
        return [
            Lost(f"{name}={ast.unparse(node)}", why.get(name, "there is no counterpart"))
            for name, node in self.nodes.items()
            if name not in idle or (idle[name] is not ... and not _is(node, idle[name]))
        ]


def _is(node: ast.expr, value: object) -> bool:
    try:
        return bool(value_of(node) == value)
    except UnknownError:
        return False


def value_of(node: ast.expr) -> object:
    """A number, a text, a truth, or a list of such.

    Raises:
        UnknownError: it is something else.
    """
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise UnknownError from None


def texts_of(node: ast.expr | None) -> list[str]:
    """A text, or a list of texts.

    Raises:
        UnknownError: it is something else.
    """
    value = [] if node is None else value_of(node)
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, Iterable):
        raise UnknownError
    found = [one for one in items if isinstance(one, str)]
    if len(found) != len(list(items)) or isinstance(items, dict):
        raise UnknownError
    return found


def whole_of(node: ast.expr | None, default: int) -> int:
    """A number of rows.

    Raises:
        UnknownError: it is none.
    """
    value = default if node is None else value_of(node)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise UnknownError
    return value
