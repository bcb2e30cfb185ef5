"""From the rules of the grammar to our tree, each where it ends: bottom up and without recursion, however deep a text
nests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from runql.syntax import tree as t
from runql.syntax.check_grammar import PARTS_STAGES, rule_of
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import quote_name, read_path, read_string
from runql.syntax.lr_parser import Held
from runql.syntax.lr_table import Production
from runql.syntax.parser.build_expressions import Part
from runql.syntax.parser.build_stages import PLAIN_STAGES, StageBuilder
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

MAX_DEPTH: Final = 100
"""How deep an expression may nest: the floors above walk it by recursion."""

_ALIGN: Final = {"OUTER": t.AlignMode.OUTER, "INNER": t.AlignMode.INNER, "FFILL": t.AlignMode.FFILL}
_TIME_IN_QUOTES: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_STREAMS: Final = {"DEFAULT": t.Stream.DEFAULT, "SYSTEM": t.Stream.SYSTEM}

NODES: Final[Mapping[str, Callable[..., t.Node]]] = {
    "query_statement": t.QueryStatement,
    "explain_statement": t.ExplainStatement,
    "fresh_clause": t.FreshClause,
    "where_clause": t.WhereClause,
    "sweeps_clause": t.SweepsClause,
    "scan_clause": t.ScanClause,
    "where_stage": t.WhereStage,
    "not_": t.Not,
    "value_query": t.ValueQuery,
    "untagged": t.Untagged,
}
"""The rules of which each node that stands in them is a field."""

LISTS: Final[Mapping[str, Callable[..., t.Node]]] = {
    "from_clause": t.FromClause,
    "order_clause": t.OrderClause,
    "keys_clause": t.KeysClause,
    "select_clause": t.SelectClause,
    "order_stage": t.OrderStage,
    "select_stage": t.SelectStage,
    "drop_stage": t.DropStage,
    "rename_stage": t.RenameStage,
    "derive_stage": t.DeriveStage,
    "or_": t.Or,
    "and_": t.And,
    "list_value": t.ListValue,
}
"""The rules of which all nodes that stand in them are one field."""

TUPLES: Final = frozenset(
    {"values", "excepted", "each", "group_keys", "pivoted", "plotted", "partition", "window_order"}
)
"""The rules that are the nodes that stand in them."""

COUNT_CLAUSES: Final[Mapping[str, Callable[..., t.Clause]]] = {
    rule_of(kind.__name__): kind for kind in get_args(t.Clause) if issubclass(kind, t.CountClause)
}
"""The clauses of a count, by their rules."""


@frozen
class Into:
    """Where `pull` copies to: `into NAME`, behind its query."""

    name: str
    span: Span


Piece = t.Statement | t.Clause | t.Stage | Into | None
"""What a `script` or a `rest` consists of; none is the end of a statement."""


class Builder(StageBuilder):
    """Builds statements and clauses; what is wrong with a value is in `diagnostics`."""

    def reduced(self, production: Production, parts: list[Held], at: int) -> Held:
        """What a rule makes of its parts: a list that goes on growing, a part that stands for all, or a node."""
        first, last = (parts[0][1], parts[-1][2]) if parts else (at, at)
        depth = max([part[3] for part in parts], default=0)
        children: list[Any] = []
        if production.kept is None:
            children = [part[0] for part in parts]
        for place, is_inlined in production.kept or ():
            child = parts[place][0]
            if not is_inlined:
                children.append(child)
            elif children:
                children += child
            else:  # the list of a repetition grows: it is not copied for each of its parts
                children = child
        if production.name.startswith("_"):
            return children, first, last, depth
        if production.is_unwrapped and len(children) == 1:
            return children[0], first, last, depth
        self.range = slice(first, last)
        node = self._made(production.name, Part(children, self.place(first, last) if parts else NOWHERE))
        depth += production.name != "paren"
        if depth > MAX_DEPTH and isinstance(node, t.ExprNode):
            return self._deep(node.span), first, last, 1
        return node, first, last, depth

    def _made(self, rule: str, part: Part) -> Any:
        if rule in NODES:
            return NODES[rule](*part.nodes, span=part.span)
        if rule in LISTS:
            return LISTS[rule](tuple(part.nodes), span=part.span)
        if rule in TUPLES:
            return tuple(part.nodes)
        if rule in COUNT_CLAUSES:
            count = part.nodes[0]
            return self._broken(part) if count is None else COUNT_CLAUSES[rule](count, span=part.span)
        if rule in PLAIN_STAGES or rule in PARTS_STAGES:
            return self.declared_stage(rule, part)
        return getattr(self, rule)(part)

    def _deep(self, span: Span) -> t.Expr:
        if not self.is_too_deep:
            self.is_too_deep = True
            message = f"this expression is nested more than {MAX_DEPTH} levels deep"
            self.diagnostics.append(Diagnostic("RQL111", message, span))
        return t.Broken(span=span)

    # ------------------------------------------------------------ statements

    def script(self, part: Part) -> list[Piece]:
        return [None if isinstance(child, Lexeme) else child for child in part.children]

    rest = script

    def query(self, part: Part) -> t.Query:
        ident = next((node for node in part.nodes if isinstance(node, str)), None)
        clauses: tuple[Any, ...] = tuple(node for node in part.nodes if isinstance(node, t.ClauseNode))
        stages: tuple[Any, ...] = tuple(node for node in part.nodes if isinstance(node, t.StageNode))
        return t.Query(t.Target[part.types[0]], clauses, ident, stages, span=part.span)

    def ident(self, part: Part) -> str:
        return self._text(part.children[0])

    def _text(self, lexeme: Lexeme) -> str:
        """A name as it stands, or what stands in quotes."""
        return read_string(lexeme.text) if lexeme.terminal == "STRING" else lexeme.text

    def use_statement(self, part: Part) -> t.Statement:
        return t.UseStatement(part.children[1], span=part.span)

    def let_statement(self, part: Part) -> t.Statement:
        name = part.children[1]
        return t.LetStatement(self._one_word(name), part.nodes[0], self.span(name), span=part.span)

    def param_statement(self, part: Part) -> t.Statement:
        name = part.children[1]
        types = part.types
        type_name = part.children[3].text.lower() if "COLON" in types else None
        default = part.nodes[0] if part.nodes else None
        values = default if isinstance(default, tuple) else None
        single = None if values is not None else default
        return t.ParamStatement(self._one_word(name), type_name, single, self.span(name), values, span=part.span)

    def show_statement(self, part: Part) -> t.Statement:
        words = {lexeme.terminal: lexeme.text for lexeme in part.children}
        what = t.Show(words["SHOWN"].lower()) if "SHOWN" in words else t.Show.FIELDS
        space = words["SPACE"].lower() if "SPACE" in words else None
        like = read_string(words["STRING"]) if "STRING" in words else None
        return t.ShowStatement(what, space, like, span=part.span)

    def describe_statement(self, part: Part) -> t.Statement:
        return t.DescribeStatement(self.path(part.children[1]), span=part.span)

    def pull_statement(self, part: Part) -> t.Statement:
        query = next((node for node in part.nodes if isinstance(node, t.Query)), None)
        into = next((node.name for node in part.nodes if isinstance(node, Into)), None)
        return t.PullStatement(query, into, span=part.span)

    def into(self, part: Part) -> Into:
        return Into(part.children[1], part.span)

    def set_statement(self, part: Part) -> t.Statement:
        name = part.children[1]
        return t.SetStatement(name.text, part.nodes[0], self.span(name), span=part.span)

    def _one_word(self, name: Lexeme) -> str:
        """A name that a text can use again, as `from NAME` or `$NAME`."""
        if not name.text.isidentifier():
            message = f"the name `{name.text}` is not one word"
            new = re.sub(r"\W+", "_", name.text).strip("_")
            fixes = (Fix(f"write `{new}`", (Edit(self.span(name), new),)),) if new.isidentifier() else ()
            self.diagnostics.append(Diagnostic("RQL101", message, self.span(name), fixes=fixes))
        return name.text

    # ------------------------------------------------------------ clauses

    def source(self, part: Part) -> t.SourceRef:
        lexeme = part.children[0]
        match lexeme.terminal:
            case "SAVED":
                return t.SourceRef(t.SourceKind.SAVED, lexeme.text[1:], span=part.span)
            case "LAST_RESULT":
                return t.SourceRef(t.SourceKind.LAST, lexeme.text, span=part.span)
            case _:
                return t.SourceRef(t.SourceKind.NAME, self._text(lexeme), span=part.span)

    def as_of_clause(self, part: Part) -> t.Clause:
        moment = part.children[-1]
        return self._broken(part) if isinstance(moment, t.Broken) else t.AsOfClause(moment, span=part.span)

    def point(self, part: Part) -> t.Expr:
        first = part.types[0]
        if first == "STRING":
            return self._quoted_time(part)
        if first == "TIME":
            return self.literal(part)
        if first == "PARAM":
            return self.param(part)
        return self.ago(part) if first == "DURATION" else self.moment(part)

    def _quoted_time(self, part: Part) -> t.Expr:
        """A time in quotes, as SQL has it."""
        lexeme = part.children[0]
        text = read_string(lexeme.text)
        if not _TIME_IN_QUOTES.fullmatch(text):
            self.bad(f"`{text}` is no time", part.span, None, "a time is written `2026-11-01`, or `7d ago`")
            return t.Broken(span=part.span)
        return self.literal(Part([Lexeme("TIME", text.replace(" ", "T"), lexeme.start, lexeme.end)], part.span))

    def cached_clause(self, part: Part) -> t.Clause:
        age = part.children[-1]
        return self._broken(part) if isinstance(age, t.Broken) else t.CachedClause(age, span=part.span)

    def age(self, part: Part) -> t.Expr:
        return self.param(part) if part.types[0] == "PARAM" else self.literal(part)

    def search_clause(self, part: Part) -> t.Clause:
        lexeme = part.children[1]
        is_text = lexeme.terminal == "STRING"
        words = read_string(lexeme.text) if is_text else t.Param(lexeme.text[1:], span=self.span(lexeme))
        return t.SearchClause(words, span=part.span)

    def _broken(self, part: Part) -> t.Clause:
        return t.BrokenClause(self.text[self.range], span=part.span)

    def load_clause(self, part: Part) -> t.Clause:
        return t.LazyClause("LAZY" in part.types, span=part.span)

    def key(self, part: Part) -> t.Path:
        return self.path(part.children[0])

    def x_clause(self, part: Part) -> t.Clause:
        return t.XClause(self.path(part.children[1]), span=part.span)

    def steps_clause(self, part: Part) -> t.Clause:
        dots = next(place for place, child in enumerate(part.children) if getattr(child, "terminal", "") == "DOTDOT")
        low, high = part.children[1:dots], part.children[dots + 1 :]
        if any(isinstance(end, t.Broken) for end in (*low, *high)):
            return self._broken(part)
        return t.StepsClause(low[0] if low else None, high[0] if high else None, span=part.span)

    def bound(self, part: Part) -> t.Bound | t.Broken:
        """An end of `steps`: a number is itself."""
        *sign, lexeme = part.children
        held = Part([lexeme], part.span)
        value = self.param(held) if lexeme.terminal == "PARAM" else self.literal(held)
        if sign and not isinstance(value, t.Broken):
            value = self.negate(Part([*sign, value], part.span))
        number = value.value if isinstance(value, t.Literal) else None
        if isinstance(number, int | float):
            return number
        assert isinstance(value, t.Duration | t.Time | t.Param | t.Broken)
        return value

    def align_clause(self, part: Part) -> t.Clause:
        return t.AlignClause(_ALIGN[part.types[1]], span=part.span)

    def stream_clause(self, part: Part) -> t.Clause:
        return t.StreamClause(_STREAMS[part.types[1]], span=part.span)

    def column(self, part: Part) -> t.Column:
        value, *named = part.nodes
        return t.Column(value, named[0] if named else None, span=part.span)

    def glob_column(self, part: Part) -> t.Column:
        path = self.path(part.children[0])
        excepted = part.nodes
        return t.Column(t.Field(path, span=path.span), None, excepted[0] if excepted else (), span=part.span)

    def name(self, part: Part) -> str | None:
        lexeme = part.children[0]
        if lexeme.terminal == "STRING":
            return read_string(lexeme.text)
        segments = read_path(lexeme.text).segments
        if len(segments) == 1:
            return str(segments[0])
        hint = f"a column's new name is one word, or in backticks: {quote_name(lexeme.text)}"
        message = f"`{lexeme.text}` is not one name"
        self.diagnostics.append(Diagnostic("RQL101", message, part.span, hints=(hint,)))
        return None
