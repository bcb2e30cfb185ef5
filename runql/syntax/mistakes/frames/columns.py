"""Columns of a table in Python, `df.lr`, `df["val/loss"]`, and pieces of conditions on them as RunQL writes them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.fields import RUN_FIELD_SPELLINGS
from runql.language.kinds import Kind
from runql.syntax.lexer import lexer
from runql.syntax.literals import quote_name, read_path, write_path, write_string
from runql.syntax.mistakes.frames.python_text import Given, UnknownError, value_of
from runql.text.frozen import frozen

OR, AND, NOT, COMPARED, ADDED, TIMES, SIGNED, ATOM = range(8)
"""How tightly a text holds together, loosest first."""
FRAMES: Final = frozenset({"df", "runs"})
MODULES: Final = frozenset({"np", "pd", "pl", "math", "F", "numpy", "pandas"})
_SIGNS: Final = re.compile(r"[.^$*+?{}\[\]|()\\]")


@frozen
class RunqlText:
    """A text of RunQL, and how tightly it holds together."""

    text: str
    level: int = ATOM

    def within(self, level: int) -> str:
        """The text where something holds together as tightly as that."""
        return self.text if self.level >= level else f"({self.text})"


def field_named(name: str) -> str:
    """A column's name as RunQL writes it."""
    if not name or "\n" in name:
        raise UnknownError
    is_plain = lexer().terminal_pattern("PATH").fullmatch(name) is not None and "`" not in name
    return write_path(read_path(name)) if is_plain else quote_name(name)


def missing(text: str) -> RunqlText:
    """The test of pandas for no value: NaN is none there. Of a text, a time or a list nothing else can be."""
    known = RUN_FIELD_SPELLINGS.get(text)
    if known is not None and known.kind is not Kind.NUMBER:
        return RunqlText(f"{text} is null", COMPARED)
    return RunqlText(f"{text} is null or {text} is nan", OR)


@frozen
class FrameColumns:
    """What names stand for: tables, and the names of a lambda or of `query`."""

    frames: frozenset[str] = FRAMES
    values: Mapping[str, str] = MappingProxyType({})
    is_bare: bool = False
    """Whether a name is a column, as in `query("lr > 1")`."""

    def with_frame(self, name: str) -> FrameColumns:
        return FrameColumns(self.frames | {name}, self.values, self.is_bare)

    def with_value(self, name: str, text: str) -> FrameColumns:
        return FrameColumns(self.frames, {**self.values, name: text}, self.is_bare)

    def path(self, node: ast.expr) -> str | None:  # noqa: PLR0911 - one a way to write it
        """The column that `df.x`, `df["x"]`, `df.config.lr` or `pl.col("x")` is; none for something else."""
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in self.frames:
                return field_named(name)
            case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str(name))) if owner in self.frames:
                return field_named(name)
            case ast.Attribute(value=ast.Attribute() as owner, attr=name):
                above = self.path(owner)
                return f"{above}.{field_named(name)}" if above in {"config", "summary"} else None
            case ast.Subscript(value=ast.Attribute() as owner, slice=ast.Constant(value=str(name))):
                above = self.path(owner)
                return f"{above}.{field_named(name)}" if above in {"config", "summary"} else None
            case (
                ast.Call(func=ast.Name(id="col"), args=[ast.Constant(value=str(name))], keywords=[])
                | ast.Call(
                    func=ast.Attribute(value=ast.Name(id="pl" | "F"), attr="col"),
                    args=[ast.Constant(value=str(name))],
                    keywords=[],
                )
            ):
                return field_named(name)
            case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str(name))) if owner in self.values:
                above = self.values[owner]
                return f"{above}.{field_named(name)}" if above in {"config", "summary"} else None
            case ast.Name(id=name) if self.is_bare and name not in self.values:
                return field_named(name)
            case _:
                return None


def denied(test: RunqlText) -> RunqlText:
    """The opposite of a test."""
    if test.text.endswith(" is null") and test.level == COMPARED:
        return RunqlText(f"{test.text.removesuffix('null')}not null", COMPARED)
    return RunqlText(f"not {test.within(ATOM)}", NOT)


def pattern_test(of: str, given: Given) -> RunqlText:
    """`x.str.contains("a|b", case=False)`: a pattern, if it holds a sign of one."""
    node = given.take("pat", "pattern")
    pattern = value_of(node) if node is not None else None
    minds_case, is_regex = given.value("case", True), given.value("regex", given.value("literal", False) is False)
    if not isinstance(pattern, str):
        raise UnknownError
    if not is_regex and not minds_case:
        return RunqlText(f"{of} ~* {write_string(re.escape(pattern))}", COMPARED)
    if minds_case and (not is_regex or not _SIGNS.search(pattern)):
        return RunqlText(f"{of} contains {write_string(pattern)}", COMPARED)
    return RunqlText(f"{of} {'~' if minds_case else '~*'} {write_string(pattern)}", COMPARED)


def constant(node: ast.expr) -> RunqlText:
    match value := value_of(node):
        case bool():
            return RunqlText("true" if value else "false")
        case None:
            return RunqlText("null")
        case str():
            return RunqlText(write_string(value))
        case int() | float():
            return RunqlText(ast.unparse(node), ATOM if ast.unparse(node)[:1] != "-" else SIGNED)
        case _:
            raise UnknownError
