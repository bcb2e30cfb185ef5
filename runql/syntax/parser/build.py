"""From the parser's tree to ours, bottom up and without recursion: a text may nest as deeply as it likes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from runql.syntax import tree as t
from runql.syntax.check_grammar import PARTS_STAGES, rule_of
from runql.syntax.literals import quote_name, read_path, read_string, read_time
from runql.syntax.lr_parser import Branch, TerminalNode
from runql.syntax.parser.build_expressions import Part
from runql.syntax.parser.build_stages import PLAIN_STAGES, StageBuilder
from runql.syntax.parser.build_statements import Into, StatementBuilder
from runql.text.diagnostic import Diagnostic
from runql.text.source import NOWHERE, Span

MAX_DEPTH: Final = 100
"""How deep an expression may nest: the floors above walk it by recursion."""

_ALIGN: Final = {"OUTER": t.AlignMode.OUTER, "INNER": t.AlignMode.INNER, "FFILL": t.AlignMode.FFILL}
_TIME_IN_QUOTES: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_STREAMS: Final = {"DEFAULT": t.Stream.DEFAULT, "SYSTEM": t.Stream.SYSTEM}

COUNT_CLAUSES: Final[Mapping[str, Callable[..., t.Clause]]] = {
    rule_of(kind.__name__): kind for kind in get_args(t.Clause) if issubclass(kind, t.CountClause)
}
"""The clauses that need no method, by their rules."""

Piece = t.Statement | t.Clause | t.Stage | Into | None
"""What a text consists of; none is the end of a statement."""


class Builder(StageBuilder, StatementBuilder):
    """Builds statements and clauses; what is wrong with a value is in `diagnostics`."""

    def __init__(self, text: str, place: Callable[[int, int], Span] = Span) -> None:
        super().__init__(text, place)
        self._range = slice(0)
        self._too_deep = False

    def pieces(self, tree: Branch) -> list[Piece]:
        """The statements, clauses, stages and the `into` of a `script` or a `rest`."""
        built: dict[int, tuple[Any, int]] = {}
        for subtree in tree.branches():
            depth, children = 0, []
            for child in subtree.children:
                if child.__class__ is TerminalNode:
                    children.append(child)
                else:
                    below, deep = built[id(child)]
                    children.append(below)
                    depth = max(depth, deep)
            depth += subtree.name != "paren"
            node = self._build(subtree, children)
            if depth > MAX_DEPTH and isinstance(node, t.Expr):
                node, depth = self._deep(node.span), 1
            built[id(subtree)] = node, depth
        pieces: list[Piece] = built[id(tree)][0]
        return pieces

    def _build(self, tree: Branch, children: list[Any]) -> Any:
        if tree.start < 0:
            self._range, span = slice(0), NOWHERE
        else:
            self._range, span = slice(tree.start, tree.end), self.place(tree.start, tree.end)
        part, kind = Part(children, span), PLAIN_STAGES.get(tree.name)
        if kind is not None:
            return self._plain_stage(kind, part)
        if tree.name in PARTS_STAGES:
            return self._parts_stage(PARTS_STAGES[tree.name], part)
        counted = COUNT_CLAUSES.get(tree.name)
        return getattr(self, tree.name)(part) if counted is None else self._counted(counted, part)

    def _deep(self, span: Span) -> t.Expr:
        if not self._too_deep:
            self._too_deep = True
            message = f"this expression is nested more than {MAX_DEPTH} levels deep"
            self.diagnostics.append(Diagnostic("RQL111", message, span))
        return t.Broken(span=span)

    # ------------------------------------------------------------ statements

    def script(self, part: Part) -> list[Piece]:
        return [None if isinstance(child, TerminalNode) else child for child in part.children]

    rest = script

    def query(self, part: Part) -> t.Query:
        target, ident = part.children[0]
        clauses = tuple(child for child in part.children if isinstance(child, t.Clause))
        stages = tuple(child for child in part.children if isinstance(child, t.Stage))
        return t.Query(target, clauses, ident, stages, span=part.span)

    def head(self, part: Part) -> tuple[t.Target, str | None]:
        return t.Target[part.types[0]], next(iter(part.nodes), None)

    def ident(self, part: Part) -> str:
        token = part.children[0]
        return read_string(token) if token.type == "STRING" else str(token)

    # ------------------------------------------------------------ clauses

    def from_clause(self, part: Part) -> t.Clause:
        return t.FromClause(tuple(part.nodes), span=part.span)

    def source(self, part: Part) -> t.SourceRef:
        token = part.children[0]
        match token.type:
            case "STRING":
                return t.SourceRef(t.SourceKind.NAME, read_string(token), span=part.span)
            case "SAVED":
                return t.SourceRef(t.SourceKind.SAVED, str(token)[1:], span=part.span)
            case "LAST_RESULT":
                return t.SourceRef(t.SourceKind.LAST, str(token), span=part.span)
            case _:
                return t.SourceRef(t.SourceKind.NAME, str(token), span=part.span)

    def as_of_clause(self, part: Part) -> t.Clause:
        moment = part.children[-1]
        return self._broken(part) if isinstance(moment, t.Broken) else t.AsOfClause(moment, span=part.span)

    def point(self, part: Part) -> t.Expr:
        first = part.types[0]
        if first == "STRING":
            return self._quoted_time(part)
        if first == "TIME":
            return self.time(part)
        if first == "PARAM":
            return self.param(part)
        return self.ago(part) if first == "DURATION" else self.moment(part)

    def _quoted_time(self, part: Part) -> t.Expr:
        """A time in quotes, as SQL has it."""
        text = read_string(part.children[0])
        if not _TIME_IN_QUOTES.fullmatch(text):
            self.bad(f"`{text}` is no time", part.span, None, "a time is written `2026-11-01`, or `7d ago`")
            return t.Broken(span=part.span)
        return self._read(lambda _: t.Time(read_time(text.replace(" ", "T")), span=part.span), part)

    def fresh_clause(self, part: Part) -> t.Clause:
        return t.FreshClause(span=part.span)

    def cached_clause(self, part: Part) -> t.Clause:
        age = part.children[-1]
        return self._broken(part) if isinstance(age, t.Broken) else t.CachedClause(age, span=part.span)

    def age(self, part: Part) -> t.Expr:
        return self.param(part) if part.types[0] == "PARAM" else self.duration(part)

    def where_clause(self, part: Part) -> t.Clause:
        return t.WhereClause(part.children[1], span=part.span)

    def search_clause(self, part: Part) -> t.Clause:
        token = part.children[1]
        words = read_string(token) if token.type == "STRING" else t.Param(str(token)[1:], span=self.span(token))
        return t.SearchClause(words, span=part.span)

    def order_clause(self, part: Part) -> t.Clause:
        return t.OrderClause(tuple(part.nodes), span=part.span)

    def _counted(self, clause: Callable[..., t.Clause], part: Part) -> t.Clause:
        count = part.children[1]
        return self._broken(part) if count is None else clause(count, span=part.span)

    def _broken(self, part: Part) -> t.Clause:
        return t.BrokenClause(self.text[self._range], span=part.span)

    def count(self, part: Part) -> int | t.Param | None:
        token = part.children[0]
        if token.type == "PARAM":
            return t.Param(str(token)[1:], span=part.span)
        return self.whole(token)

    def load_clause(self, part: Part) -> t.Clause:
        return t.LazyClause("LAZY" in part.types, span=part.span)

    def sweeps_clause(self, part: Part) -> t.Clause:
        return t.SweepsClause(span=part.span)

    def scan_clause(self, part: Part) -> t.Clause:
        return t.ScanClause(span=part.span)

    def keys_clause(self, part: Part) -> t.Clause:
        return t.KeysClause(tuple(part.nodes), span=part.span)

    def key(self, part: Part) -> t.Path:
        return self.path(part.children[0])

    def x_clause(self, part: Part) -> t.Clause:
        return t.XClause(self.path(part.children[1]), span=part.span)

    def steps_clause(self, part: Part) -> t.Clause:
        dots = next(place for place, child in enumerate(part.children) if getattr(child, "type", "") == "DOTDOT")
        low, high = part.children[1:dots], part.children[dots + 1 :]
        if any(isinstance(end, t.Broken) for end in (*low, *high)):
            return self._broken(part)
        return t.StepsClause(low[0] if low else None, high[0] if high else None, span=part.span)

    def bound(self, part: Part) -> t.Bound | t.Broken:
        """An end of `steps`: a number is itself."""
        read = {"NUMBER": self.number, "DURATION": self.duration, "TIME": self.time, "PARAM": self.param}
        *sign, token = part.children
        value = read[token.type](Part([token], part.span))
        if sign and not isinstance(value, t.Broken):
            value = self.negate(Part([*sign, value], part.span))
        number = value.value if isinstance(value, t.Literal) else None
        if isinstance(number, int | float):
            return number
        assert isinstance(value, t.Duration | t.Time | t.Param | t.Broken)
        return value

    def align_clause(self, part: Part) -> t.Clause:
        return t.AlignClause(_ALIGN[part.children[1].type], span=part.span)

    def stream_clause(self, part: Part) -> t.Clause:
        return t.StreamClause(_STREAMS[part.children[1].type], span=part.span)

    def select_clause(self, part: Part) -> t.Clause:
        return t.SelectClause(tuple(part.nodes), span=part.span)

    def column(self, part: Part) -> t.Column:
        value, *named = part.nodes
        return t.Column(value, named[0] if named else None, span=part.span)

    def glob_column(self, part: Part) -> t.Column:
        path = self.path(part.children[0])
        excepted = part.nodes
        return t.Column(t.Field(path, span=path.span), None, excepted[0] if excepted else (), span=part.span)

    def excepted(self, part: Part) -> tuple[t.Path, ...]:
        return tuple(part.children)

    def name(self, part: Part) -> str | None:
        token = part.children[0]
        if token.type == "STRING":
            return read_string(token)
        segments = read_path(token).segments
        if len(segments) == 1:
            return str(segments[0])
        hint = f"a column's new name is one word, or in backticks: {quote_name(token)}"
        self.diagnostics.append(Diagnostic("RQL101", f"`{token}` is not one name", self.span(token), hints=(hint,)))
        return None
