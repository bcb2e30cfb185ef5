"""Statements, from the parser's tree to ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runql.syntax import tree as s
from runql.syntax import tree as t
from runql.syntax.literals import read_string
from runql.syntax.parser.build_expressions import ExpressionBuilder, Part
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.frozen import frozen
from runql.text.source import Span

if TYPE_CHECKING:
    from runql.syntax.lr_parser import TerminalNode


@frozen
class Into:
    """Where `pull` copies to: `into NAME`, behind its query."""

    name: str
    span: Span


class StatementBuilder(ExpressionBuilder):
    """Each method is named after a rule of the grammar."""

    def query_statement(self, part: Part) -> t.Statement:
        return t.QueryStatement(part.children[0], span=part.span)

    def explain_statement(self, part: Part) -> t.Statement:
        return t.ExplainStatement(part.children[1], span=part.span)

    def use_statement(self, part: Part) -> t.Statement:
        return s.UseStatement(part.children[1], span=part.span)

    def let_statement(self, part: Part) -> t.Statement:
        name = part.children[1]
        return s.LetStatement(self._one_word(name), part.nodes[0], self.span(name), span=part.span)

    def param_statement(self, part: Part) -> t.Statement:
        name = part.children[1]
        types = part.types
        type_name = str(part.children[3]).lower() if "COLON" in types else None
        default = part.nodes[0] if part.nodes else None
        values = default if isinstance(default, tuple) else None
        single = None if values is not None else default
        return s.ParamStatement(self._one_word(name), type_name, single, self.span(name), values, span=part.span)

    def values(self, part: Part) -> tuple[t.Expr, ...]:
        return tuple(part.nodes)

    def show_statement(self, part: Part) -> t.Statement:
        words = {token.type: token for token in part.children}
        what = s.Show(words["SHOWN"].lower()) if "SHOWN" in words else s.Show.FIELDS
        space = words["SPACE"].lower() if "SPACE" in words else None
        like = read_string(words["STRING"]) if "STRING" in words else None
        return s.ShowStatement(what, space, like, span=part.span)

    def describe_statement(self, part: Part) -> t.Statement:
        return s.DescribeStatement(self.path(part.children[1]), span=part.span)

    def pull_statement(self, part: Part) -> t.Statement:
        query = next((node for node in part.nodes if isinstance(node, t.Query)), None)
        into = next((node.name for node in part.nodes if isinstance(node, Into)), None)
        return s.PullStatement(query, into, span=part.span)

    def into(self, part: Part) -> Into:
        return Into(part.children[1], part.span)

    def set_statement(self, part: Part) -> t.Statement:
        name = part.children[1]
        return s.SetStatement(str(name), part.nodes[0], self.span(name), span=part.span)

    def _one_word(self, name: TerminalNode) -> str:
        """A name that a text can use again, as `from NAME` or `$NAME`."""
        if not name.isidentifier():
            message = f"the name `{name}` is not one word"
            new = re.sub(r"\W+", "_", name).strip("_")
            fixes = (Fix(f"write `{new}`", (Edit(self.span(name), new),)),) if new.isidentifier() else ()
            self.diagnostics.append(Diagnostic("RQL101", message, self.span(name), fixes=fixes))
        return str(name)
