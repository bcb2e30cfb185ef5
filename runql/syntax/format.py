"""The formatter: one canonical form for a text, with its comments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from typing import Final

from runql.errors import QueryError
from runql.syntax import tree as t
from runql.syntax.parse import Parsed, parse
from runql.syntax.printer.expressions import word
from runql.syntax.printer.parts import Items
from runql.syntax.printer.to_text import Printer, ordered
from runql.syntax.tokens import Token, TokenKind
from runql.syntax.tree import query_of
from runql.text.frozen import changeable
from runql.text.source import Source

MAX_WIDTH: Final = 100
_INDENT: Final = "  "
_JOINTS: Final = {"COMMA", "AND", "OR", "COLON"}
_TRIVIA: Final = {TokenKind.WHITESPACE, TokenKind.COMMENT}


def format_text(text: str | Source) -> str:
    """A text in canonical form: lower-case keywords, clauses in their order, every comment kept.

    A statement longer than 100 columns, or with comments inside, has a clause on each line. There is no line end after
    the last line. Raises `QueryError` if the text has errors.
    """
    parsed = parse(text)
    if not parsed.ok:
        raise QueryError(parsed.diagnostics, parsed.source)
    return "\n".join(_Formatter(parsed).lines())


@changeable
class _Unit:
    """A piece that keeps its comments: a head, or an item of a clause. `start` is where it stood in the text."""

    text: str
    start: int
    depth: int
    above: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)


class _Formatter:
    def __init__(self, parsed: Parsed) -> None:
        self._text = parsed.source.text
        self._statements = parsed.script.statements
        self._printer = Printer(self._text)
        self._code = [token for token in parsed.tokens if token.kind not in _TRIVIA]
        self._comments = [token for token in parsed.tokens if token.kind is TokenKind.COMMENT]

    def lines(self) -> Iterator[str]:
        units = [self._units(statement) for statement in self._statements]
        after = self._place_comments([unit for group in units for unit in group])
        for index, (statement, group) in enumerate(zip(self._statements, units, strict=True)):
            if index and self._stands_apart(statement):
                yield ""
            end = ";" if index < len(units) - 1 else ""
            yield from self._statement(statement, group, end)
        yield from after

    def _stands_apart(self, statement: t.Statement) -> bool:
        """Whether an empty line stood somewhere before a statement, or before the comments above it."""
        following = bisect_left(self._code, statement.span.start, key=lambda token: token.span.start)
        gap = self._text[self._code[following - 1].span.end : statement.span.start]
        return any(not line.strip() for line in gap.split("\n")[1:-1])

    # ------------------------------------------------------------ pieces

    def _units(self, statement: t.Statement) -> list[_Unit]:
        before, behind = self._printer.around_query(statement)
        query = query_of(statement)
        head = [before, self._printer.head(query)] if query is not None else [before]
        units = [_Unit(" ".join(part for part in head if part), statement.span.start, 0)]
        if query is None:
            if behind:
                units.append(_Unit(behind, self._into(statement), 1))
            return units
        for clause in ordered(query.clauses):
            units.extend(_item_units(self._printer.items(clause), clause.span.start, self._code))
        for stage in query.stages:
            items = self._printer.stage_items(stage)
            piped = replace(items, word=f"{word('PIPE')} {items.word}")
            units.extend(_item_units(piped, self._pipe(stage), self._code))
        if behind:
            units.append(_Unit(behind, self._into(statement), 1))
        return units

    def _pipe(self, stage: t.Stage) -> int:
        """Where the pipe before a stage stands."""
        return self._code[bisect_left(self._code, stage.span.start, key=lambda token: token.span.start) - 1].span.start

    def _into(self, statement: t.Statement) -> int:
        """Where the `into` of a `pull` stands: the last but one of its tokens."""
        return self._code[
            bisect_left(self._code, statement.span.end, key=lambda token: token.span.start) - 2
        ].span.start

    def _statement(self, statement: t.Statement, units: list[_Unit], end: str) -> Iterator[str]:
        head = units[0]
        inside = any(unit.above for unit in units[1:]) or any(unit.behind for unit in units[:-1])
        flat = self._printer.statement(statement)
        last_comments = units[-1].behind
        if not inside and len(flat) + len(end) <= MAX_WIDTH and "\n" not in flat:
            yield from head.above
            yield from _with_comments(flat + end, last_comments, "")
            return
        joined = _join_short(units)
        for index, unit in enumerate(joined):
            indent = _INDENT * unit.depth
            yield from (indent + comment for comment in unit.above)
            closing = end if index == len(joined) - 1 else ""
            yield from _with_comments(indent + unit.text + closing, unit.behind, indent)

    # ------------------------------------------------------------ comments

    def _place_comments(self, units: list[_Unit]) -> list[str]:
        """Give each comment to a unit; the comments behind the last statement are left over."""
        in_text = sorted(units, key=lambda unit: unit.start)
        begins = [unit.start for unit in in_text]
        starts = [token.span.start for token in self._code]
        left = []

        def owner(place: int) -> _Unit:
            return in_text[max(0, bisect_right(begins, place) - 1)]

        for comment in self._comments:
            text = comment.text.rstrip()
            following = bisect_left(starts, comment.span.start)
            before = self._code[following - 1] if following else None
            if before is not None and "\n" not in self._text[before.span.end : comment.span.start]:
                owner(before.span.start).behind.append(text)
            elif following < len(starts):
                owner(starts[following]).above.append(text)
            else:
                left.append(text)
        return left


def _item_units(items: Items, start: int, code: list[Token]) -> list[_Unit]:
    """A clause or a stage as units: its word stands with the first item, the others are a level deeper.

    `start` is where it begins, `code` are the tokens of the text: a unit begins where the joint before it stands, or
    behind that.
    """
    if not items.items:
        return [_Unit(items.word, start, 1)]
    units = []
    for index, text in enumerate(items.texts):
        line = text if index else " ".join(part for part in (items.word, text) if part)
        units.append(_Unit(line, _joint(code, items, index) if index else start, 1 + (index > 0)))
    return units


def _joint(code: list[Token], items: Items, item: int) -> int:
    """Where the joint before an item stands, such as `and`; for a comma, where it ends."""
    low, high = items.items[item - 1][1].end, items.items[item][1].start
    index = bisect_left(code, low, key=lambda token: token.span.start)
    while index < len(code) and code[index].span.start < high:
        if code[index].terminal in _JOINTS:
            return code[index].span.start if items.leads else code[index].span.end
        index += 1
    return high


def _join_short(units: list[_Unit]) -> list[_Unit]:
    """The items of a clause on one line, where they fit and no comment stands between them."""
    joined: list[_Unit] = []
    for group in _clauses(units):
        text = " ".join(unit.text for unit in group)
        between = any(unit.above for unit in group[1:]) or any(unit.behind for unit in group[:-1])
        if between or len(text) + len(_INDENT) > MAX_WIDTH:
            joined.extend(group)
        else:
            joined.append(_Unit(text, group[0].start, group[0].depth, group[0].above, group[-1].behind))
    return joined


def _clauses(units: Iterable[_Unit]) -> Iterator[list[_Unit]]:
    group: list[_Unit] = []
    for unit in units:
        if group and unit.depth < 2:
            yield group
            group = []
        group.append(unit)
    if group:
        yield group


def _with_comments(line: str, comments: list[str], indent: str) -> Iterator[str]:
    """A line with the comments that stood behind it: the first there, any more on lines above."""
    yield from (indent + comment for comment in comments[:-1])
    yield f"{line}  {comments[-1]}" if comments else line
