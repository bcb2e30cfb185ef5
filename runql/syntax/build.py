"""From the parser's tree to ours, bottom up and without recursion: a text may nest as deeply as it likes.

Each method of `Builder` is named after a rule of the grammar and gets what the rule holds: lexemes (Lark tokens) and
nodes that are already built.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from runql.syntax import tree as t
from runql.syntax.literals import BadLiteral, read_duration, read_number, read_path, read_string, read_time
from runql.text.diagnostic import Diagnostic
from runql.text.source import NOWHERE, Span

if TYPE_CHECKING:
    from lark import Token, Tree

MAX_DEPTH: Final = 100

_COMPARISONS: Final = {
    "EQ": t.Comparison.EQ,
    "NE": t.Comparison.NE,
    "LT": t.Comparison.LT,
    "LE": t.Comparison.LE,
    "GT": t.Comparison.GT,
    "GE": t.Comparison.GE,
}
_TEXT_OPS: Final = {
    "REGEX": (t.TextOp.REGEX, False),
    "NOT_REGEX": (t.TextOp.REGEX, True),
    "REGEX_ANY_CASE": (t.TextOp.REGEX_ANY_CASE, False),
    "NOT_REGEX_ANY_CASE": (t.TextOp.REGEX_ANY_CASE, True),
    "CONTAINS": (t.TextOp.CONTAINS, False),
    "STARTSWITH": (t.TextOp.STARTSWITH, False),
    "ENDSWITH": (t.TextOp.ENDSWITH, False),
    "LIKE_GLOB": (t.TextOp.GLOB, False),
}
_ARITHMETIC: Final = {
    "PLUS": t.ArithmeticOp.ADD,
    "MINUS": t.ArithmeticOp.SUB,
    "TIMES": t.ArithmeticOp.MUL,
    "DIVIDE": t.ArithmeticOp.DIV,
    "MODULO": t.ArithmeticOp.MOD,
    "POWER": t.ArithmeticOp.POW,
}
_STATES: Final = {"NULL": t.State.NULL, "NAN": t.State.NAN, "FINITE": t.State.FINITE, "UNSET": t.State.MISSING}
_CONSTANTS: Final[dict[str, float | bool | None]] = {
    "TRUE": True,
    "FALSE": False,
    "NULL": None,
    "NAN": float("nan"),
    "INF": float("inf"),
}
_MOMENTS: Final = {"NOW": t.Moment.NOW, "TODAY": t.Moment.TODAY, "YESTERDAY": t.Moment.YESTERDAY}
_HAS: Final = {"ANY": t.HasMode.ANY, "ALL": t.HasMode.ALL}
_ALIGN: Final = {"OUTER": t.AlignMode.OUTER, "INNER": t.AlignMode.INNER, "FFILL": t.AlignMode.FFILL}
_STREAMS: Final = {"DEFAULT": t.Stream.DEFAULT, "SYSTEM": t.Stream.SYSTEM}

Piece = t.Statement | t.Clause | t.Stage | None
"""What a text consists of; none is the end of a statement."""


def _types(children: list[Any]) -> list[str]:
    """The terminals among children, in order."""
    return [child.type for child in children if hasattr(child, "type")]


def _nodes(children: list[Any]) -> list[Any]:
    return [child for child in children if not hasattr(child, "type")]


class Builder:
    """Builds nodes; `place` maps offsets of the parsed text to a span of the one that was written."""

    def __init__(self, text: str, place: Callable[[int, int], Span] = Span) -> None:
        self.text = text
        self.place = place
        self.diagnostics: list[Diagnostic] = []
        self._parenthesised: set[int] = set()
        self._range = slice(0)
        self._too_deep = False

    def pieces(self, tree: Tree[Token]) -> list[Piece]:
        """The statements, clauses and stages of a `script` or a `rest`."""
        built: dict[int, Any] = {}
        depths: dict[int, int] = {}
        for subtree in tree.iter_subtrees():
            children = [child if hasattr(child, "type") else built[id(child)] for child in subtree.children]
            depth = 1 + max((depths[id(child)] for child in subtree.children if not hasattr(child, "type")), default=0)
            meta = subtree.meta
            self._range = slice(0) if meta.empty else slice(meta.start_pos, meta.end_pos)
            span = NOWHERE if meta.empty else self.place(meta.start_pos, meta.end_pos)
            rule = str(subtree.data)
            if rule == "paren":
                depth -= 1
            if rule not in {"script", "rest"} and depth > MAX_DEPTH:
                node, depth = self._deep(span), 1
            else:
                node = getattr(self, rule)(children, span)
            built[id(subtree)], depths[id(subtree)] = node, depth
        pieces: list[Piece] = built[id(tree)]
        return pieces

    def _deep(self, span: Span) -> t.Expr:
        if not self._too_deep:
            self._too_deep = True
            message = f"this expression is nested more than {MAX_DEPTH} levels deep"
            self.diagnostics.append(Diagnostic("RQL111", message, span))
        return t.Broken(span=span)

    def _bad(self, message: str, span: Span) -> t.Broken:
        self.diagnostics.append(Diagnostic("RQL107", message, span))
        return t.Broken(span=span)

    def _span(self, token: Any) -> Span:
        return self.place(token.start_pos, token.end_pos)

    # ------------------------------------------------------------ statements

    def script(self, children: list[Any], span: Span) -> list[Piece]:
        return [None if hasattr(child, "type") else child for child in children]

    rest = script

    def query_statement(self, children: list[Any], span: Span) -> t.Statement:
        return t.QueryStatement(children[0], span=span)

    def explain_statement(self, children: list[Any], span: Span) -> t.Statement:
        return t.ExplainStatement(children[1], span=span)

    def later_statement(self, children: list[Any], span: Span) -> t.Statement:
        word = children[0]
        message = f"the statement `{word.lower()}` is not part of the language yet"
        self.diagnostics.append(Diagnostic("RQL304", message, self._span(word)))
        return t.BrokenStatement(self.text[self._range], span=span)

    def stage(self, children: list[Any], span: Span) -> t.Stage:
        word = children[1]
        message = f"the stage `{word.lower()}` is not part of the language yet"
        self.diagnostics.append(Diagnostic("RQL304", message, self._span(word)))
        text = self.text[children[2].start_pos : children[-1].end_pos] if len(children) > 2 else ""
        return t.Stage(word.lower(), text, span=span)

    def query(self, children: list[Any], span: Span) -> t.Query:
        target, ident = children[0]
        clauses = tuple(child for child in children if isinstance(child, t.Clause))
        stages = tuple(child for child in children if isinstance(child, t.Stage))
        return t.Query(target, clauses, ident, stages, span=span)

    def head_runs(self, children: list[Any], span: Span) -> tuple[t.Target, str | None]:
        return t.Target.RUNS, None

    def head_run(self, children: list[Any], span: Span) -> tuple[t.Target, str | None]:
        return t.Target.RUN, children[-1]

    def head_sweep(self, children: list[Any], span: Span) -> tuple[t.Target, str | None]:
        return t.Target.SWEEP, children[-1]

    def head_count(self, children: list[Any], span: Span) -> tuple[t.Target, str | None]:
        return t.Target.COUNT, None

    def head_count_sweep(self, children: list[Any], span: Span) -> tuple[t.Target, str | None]:
        return t.Target.COUNT, children[-1]

    def ident(self, children: list[Any], span: Span) -> str:
        token = children[0]
        return read_string(token) if token.type == "STRING" else str(token)

    # ------------------------------------------------------------ clauses

    def from_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.FromClause(tuple(_nodes(children)), span=span)

    def source(self, children: list[Any], span: Span) -> t.SourceRef:
        token = children[0]
        match token.type:
            case "STRING":
                return t.SourceRef(t.SourceKind.NAME, read_string(token), span=span)
            case "SAVED":
                return t.SourceRef(t.SourceKind.SAVED, str(token)[1:], span=span)
            case "LAST_RESULT":
                return t.SourceRef(t.SourceKind.LAST, str(token), span=span)
            case _:
                return t.SourceRef(t.SourceKind.NAME, str(token), span=span)

    def where_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.WhereClause(children[1], span=span)

    def order_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.OrderClause(tuple(_nodes(children)), span=span)

    def order_key(self, children: list[Any], span: Span) -> t.OrderKey:
        value = _nodes(children)[0]
        signs = _types(children)
        minus = isinstance(value, t.Negate) and id(value) not in self._parenthesised
        if minus + len(signs) > 1:
            message = "the direction of this key is given twice"
            hint = "one of `-`, `+`, `asc` and `desc` is enough"
            self.diagnostics.append(Diagnostic("RQL101", message, span, hints=(hint,)))
        if minus and not signs:
            return t.OrderKey(value.value, True, span=span)
        return t.OrderKey(value, "DESC" in signs, span=span)

    def limit_clause(self, children: list[Any], span: Span) -> t.Clause:
        return self._counted(t.LimitClause, children, span)

    def page_clause(self, children: list[Any], span: Span) -> t.Clause:
        return self._counted(t.PageClause, children, span)

    def sample_clause(self, children: list[Any], span: Span) -> t.Clause:
        return self._counted(t.SampleClause, children, span)

    def _counted(self, clause: Callable[..., t.Clause], children: list[Any], span: Span) -> t.Clause:
        count = children[1]
        return self._broken(span) if count is None else clause(count, span=span)

    def _broken(self, span: Span) -> t.Clause:
        return t.BrokenClause(self.text[self._range], span=span)

    def count(self, children: list[Any], span: Span) -> int | t.Param | None:
        token = children[0]
        if token.type == "PARAM":
            return t.Param(str(token)[1:], span=span)
        return self._whole(token)

    def _whole(self, token: Any) -> int | None:
        """A whole number, or none with a diagnostic."""
        try:
            value = read_number(token)
        except BadLiteral as error:
            self._bad(str(error), self._span(token))
            return None
        if isinstance(value, float):
            self._bad(f"`{token}` is not a whole number", self._span(token))
            return None
        return value

    def load_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.LazyClause("LAZY" in _types(children), span=span)

    def sweeps_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.SweepsClause(span=span)

    def scan_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.ScanClause(span=span)

    def keys_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.KeysClause(tuple(_nodes(children)), span=span)

    def key(self, children: list[Any], span: Span) -> t.Path:
        return self._path(children[0])

    def _path(self, token: Any) -> t.Path:
        path = read_path(token)
        return t.Path(path.segments, path.exact, span=self._span(token))

    def x_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.XClause(self._path(children[1]), span=span)

    def steps_clause(self, children: list[Any], span: Span) -> t.Clause:
        dots = _types(children).index("DOTDOT")
        ends = [[self._whole(token) for token in part] for part in (children[1:dots], children[dots + 1 :])]
        if any(None in end for end in ends):
            return self._broken(span)
        return t.StepsClause(ends[0][0] if ends[0] else None, ends[1][0] if ends[1] else None, span=span)

    def align_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.AlignClause(_ALIGN[children[1].type], span=span)

    def stream_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.StreamClause(_STREAMS[children[1].type], span=span)

    def select_clause(self, children: list[Any], span: Span) -> t.Clause:
        return t.SelectClause(tuple(_nodes(children)), span=span)

    def column(self, children: list[Any], span: Span) -> t.Column:
        value, *named = _nodes(children)
        return t.Column(value, named[0] if named else None, span=span)

    def glob_column(self, children: list[Any], span: Span) -> t.Column:
        path = self._path(children[0])
        excepted = _nodes(children)
        return t.Column(t.Field(path, span=path.span), None, excepted[0] if excepted else (), span=span)

    def excepted(self, children: list[Any], span: Span) -> tuple[t.Path, ...]:
        return tuple(children)

    def name(self, children: list[Any], span: Span) -> str | None:
        token = children[0]
        if token.type == "STRING":
            return read_string(token)
        segments = read_path(token).segments
        if len(segments) == 1:
            return str(segments[0])
        self.diagnostics.append(_dotted_name(str(token), self._span(token)))
        return None

    # ------------------------------------------------------------ expressions

    def or_(self, children: list[Any], span: Span) -> t.Expr:
        return t.Or(tuple(_nodes(children)), span=span)

    def and_(self, children: list[Any], span: Span) -> t.Expr:
        return t.And(tuple(_nodes(children)), span=span)

    def not_(self, children: list[Any], span: Span) -> t.Expr:
        return t.Not(children[1], span=span)

    def compare(self, children: list[Any], span: Span) -> t.Expr:
        left, op, right = children
        return t.Compare(_COMPARISONS[op.type], left, right, span=span)

    def text_test(self, children: list[Any], span: Span) -> t.Expr:
        value, pattern = _nodes(children)
        signs = _types(children)
        op, negated = _TEXT_OPS[signs[-1]]
        return t.TextTest(op, value, pattern, negated or "NOT" in signs, span=span)

    def between(self, children: list[Any], span: Span) -> t.Expr:
        value, low, high = _nodes(children)
        return t.Between(value, low, high, "NOT" in _types(children), span=span)

    def in_(self, children: list[Any], span: Span) -> t.Expr:
        value, items = _nodes(children)
        return t.In(value, items, "NOT" in _types(children), span=span)

    def has(self, children: list[Any], span: Span) -> t.Expr:
        value, items = _nodes(children)
        signs = _types(children)
        mode = _HAS.get(signs[-1], t.HasMode.ONE)
        return t.Has(mode, value, (items,) if mode is t.HasMode.ONE else items, "NOT" in signs, span=span)

    def is_(self, children: list[Any], span: Span) -> t.Expr:
        signs = _types(children)
        return t.Is(children[0], _STATES[signs[-1]], "NOT" in signs, span=span)

    def items(self, children: list[Any], span: Span) -> tuple[t.Expr, ...] | t.Param:
        if hasattr(children[0], "type"):
            return t.Param(str(children[0])[1:], span=span)
        return tuple(children)

    def arithmetic(self, children: list[Any], span: Span) -> t.Expr:
        left, op, right = children
        return t.Arithmetic(_ARITHMETIC[op.type], left, right, span=span)

    def negate(self, children: list[Any], span: Span) -> t.Expr:
        value = children[1]
        bare = id(value) not in self._parenthesised
        match value:
            case t.Literal(value=bool() | str() | None):
                return t.Negate(value, span=span)
            case t.Literal(value=number) if number != number:
                return value
            case t.Literal(value=number) if bare and not str(number).startswith("-"):
                return t.Literal(-number, span=span)
            case t.Duration(value=length) if bare and length >= timedelta(0):
                return t.Duration(-length, span=span)
            case _:
                return t.Negate(value, span=span)

    def paren(self, children: list[Any], span: Span) -> t.Expr:
        value: t.Expr = children[0]
        self._parenthesised.add(id(value))
        return value

    def call(self, children: list[Any], span: Span) -> t.Expr:
        name, *rest = children
        arguments: list[t.Expr] = []
        last_rows, approx = None, False
        for argument in rest:
            match argument:
                case ("last", rows):
                    last_rows = rows
                case "approx":
                    approx = True
                case _:
                    arguments.append(argument)
        place = self._span(name)
        return t.Call(name.lower(), tuple(arguments), last_rows, approx, name_span=place, span=span)

    def last_rows(self, children: list[Any], span: Span) -> tuple[str, int | None]:
        return "last", self._whole(children[1])

    def approx(self, children: list[Any], span: Span) -> str:
        return "approx"

    def presence(self, children: list[Any], span: Span) -> t.Expr:
        return t.Is(children[1], t.State.MISSING, children[0].type == "EXISTS", span=span)

    def field(self, children: list[Any], span: Span) -> t.Expr:
        return t.Field(self._path(children[0]), span=span)

    def param(self, children: list[Any], span: Span) -> t.Expr:
        return t.Param(str(children[0])[1:], span=span)

    def number(self, children: list[Any], span: Span) -> t.Expr:
        return self._literal(lambda: t.Literal(read_number(children[0]), span=span), span)

    def string(self, children: list[Any], span: Span) -> t.Expr:
        return t.Literal(read_string(children[0]), span=span)

    def constant(self, children: list[Any], span: Span) -> t.Expr:
        return t.Literal(_CONSTANTS[children[0].type], span=span)

    def time(self, children: list[Any], span: Span) -> t.Expr:
        return self._literal(lambda: t.Time(read_time(children[0]), span=span), span)

    def moment(self, children: list[Any], span: Span) -> t.Expr:
        return t.RelativeTime(_MOMENTS[children[0].type], span=span)

    def ago(self, children: list[Any], span: Span) -> t.Expr:
        return self._literal(lambda: t.RelativeTime(t.Moment.NOW, read_duration(children[0]), span=span), span)

    def duration(self, children: list[Any], span: Span) -> t.Expr:
        return self._literal(lambda: t.Duration(read_duration(children[0]), span=span), span)

    def untagged(self, children: list[Any], span: Span) -> t.Expr:
        return t.Untagged(span=span)

    def _literal(self, read: Callable[[], t.Expr], span: Span) -> t.Expr:
        try:
            return read()
        except BadLiteral as error:
            return self._bad(str(error), span)


def _dotted_name(text: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "RQL101", f"`{text}` is not one name", span, hints=(f"a column's new name is one word, or `{text!r}`",)
    )
