"""Names of the settings that stand for expressions, where a query uses them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check_context import Report
from runql.semantic.names.meanings import AliasUse
from runql.semantic.names.resolver import Names
from runql.semantic.operands import BROKEN, Operand
from runql.semantic.spelling import code
from runql.syntax import to_text, tree
from runql.text.source import Span

MAX_EXPANSION: Final = 4_000
"""How many terms the aliases of one query may stand for: of aliases that name others twice, thirty stand for 2³⁰."""

_SHOWN: Final = 60
"""How many characters of what an alias stands for are shown."""


class Aliases:
    """The aliases in the expressions of one query. `names` are those inside of which the check is just now."""

    def __init__(self, expressions: ExpressionCheck) -> None:
        self._expressions = expressions
        self.names: list[str] = []

    def operand(self, use: AliasUse, span: Span) -> Operand:
        """What an alias stands for, as if that were written in its place."""
        report = self._expressions.report
        if use.name in self.names:
            chain = " → ".join(f"`{n}`" for n in (*self.names, use.name))
            report.add("RQL202", f"the alias `{use.name}` means itself: {chain}", span)
            return BROKEN
        self._say(use, span)
        with report.inside_alias(use.name, span):
            self.names.append(use.name)
            try:
                return self._expressions.operand(self._with_those_there(use.value))
            finally:
                self.names.pop()

    def is_too_large(self, node: tree.Expr) -> bool:
        """Whether a term is one too many of those that aliases stand for; that is said."""
        report = self._expressions.report
        if not self.names:
            return False
        report.expanded += 1
        if report.expanded <= MAX_EXPANSION:
            return False
        message = f"the aliases of a query may stand for {MAX_EXPANSION:,} terms, and with `{self.names[0]}` it is more"
        report.add("RQL534", message, node.span, "write what is meant, or shorten the aliases of the settings")
        return True

    def _say(self, use: AliasUse, span: Span) -> None:
        """That a name is one of the settings: they may have come with the folder, and another meaning with them."""
        report = self._expressions.report
        if use.name in report.aliases_said:
            return
        report.aliases_said.add(use.name)
        text = to_text(use.value)
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        place = self._expressions.context.alias_files.get(use.name)
        of = f"of `{place}`" if place else "of the settings"
        report.add("RQL532", f"`{use.name}` was read as {code(shown)}, an alias {of}", span)

    def _with_those_there(self, value: tree.Expr) -> tree.Expr:
        """An alias over several spellings without those that no run has, unless no run has any."""
        catalog = self._expressions.names.catalog
        if not isinstance(value, tree.Call) or value.name != "coalesce" or catalog is None:
            return value
        there = [argument for argument in value.arguments if self._is_there(argument)]
        if not there or len(there) == len(value.arguments):
            return value
        return there[0] if len(there) == 1 else replace(value, arguments=tuple(there))

    def _is_there(self, node: tree.Expr) -> bool:
        """Whether a field is one of the catalog's; anything else is taken to be."""
        if not isinstance(node, tree.Field):
            return True
        silent = Report()
        found = Names(self._expressions.names.catalog, self._expressions.context, silent).resolve(node.path, node.span)
        return found is not None or not any(one.code == "RQL201" for one in silent.found)
