"""Keys of a join as others write them: with the names of their tables, or that of the other table first."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from runql.language.fields import Space
from runql.semantic.check_context import Report, rewrite
from runql.semantic.check_stages.expressions import StageExpressions
from runql.semantic.names.meanings import AliasUse
from runql.semantic.names.resolver import Names
from runql.semantic.operands import Operand
from runql.semantic.spelling import PREFIXES, code, path_text
from runql.syntax import tree
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

_OTHERS: Final = frozenset({"right", "r", "rhs", "other", "b", "y", "that"})
"""What the other table of a join is called elsewhere, where it has no name."""


@frozen(slots=False)
class JoinKey:
    """A key as it is written, and the two tables that it is about; `label` is the name of the other one."""

    left: tree.Path
    right: tree.Path
    mine: StageExpressions
    theirs: StageExpressions
    label: str

    def say(self, called: str, report: Report) -> bool:
        """Report a key that another language would write; whether it is one."""
        if self._fits(self.left, self.right):
            return False
        bare = tuple(map(self._bare, (self.left, self.right)))
        one, other = (found or path for found, path in zip(bare, (self.left, self.right), strict=True))
        pairs = ((other, one), (one, other)) if self._is_turned(bare) else ((one, other), (other, one))
        has_tables = bare != (None, None)
        found = next((pair for pair in pairs if self._fits(*pair, surely=not has_tables)), None)
        if found is None:
            return False
        new = _written(*found)
        span = self._span()
        hint = "the key of this table stands first, then that of the other one"
        if has_tables:
            old = _written(self.left, self.right)
            message = f"{code(old)} is SQL; in RunQL write {code(new)}"
            report.add("RQL108", message, span, f"keys stand without their tables; {hint}", fixes=rewrite(span, new))
        else:
            message = f"{code(_text(self.left))} is of {called}, and {code(_text(self.right))} of this table"
            report.add("RQL218", message, span, hint, fixes=rewrite(span, new))
        return True

    def _fits(self, left: tree.Path, right: tree.Path, *, surely: bool = False) -> bool:
        return is_known(self.mine, left, surely=surely) and is_known(self.theirs, right, surely=surely)

    def _bare(self, path: tree.Path) -> tree.Path | None:
        """The path without the name of a table, if it begins with one."""
        if path.exact or len(path.segments) < 2 or str(path.segments[0]).lower() in PREFIXES:
            return None
        if any(is_known(one, path, surely=True) for one in (self.mine, self.theirs)):
            return None
        return replace(path, segments=path.segments[1:])

    def _is_turned(self, bare: tuple[tree.Path | None, ...]) -> bool:
        """Whether the first path names the other table, or the second one this table."""
        names = [
            str(path.segments[0]) if found is not None else ""
            for path, found in zip((self.left, self.right), bare, strict=True)
        ]
        if self.label and self.label in names:
            return names[0] == self.label
        return names[0].lower() in _OTHERS

    def _span(self) -> Span:
        if NOWHERE in (self.left.span, self.right.span):
            return NOWHERE
        return Span(self.left.span.start, self.right.span.end)


def is_known(expressions: StageExpressions, path: tree.Path, *, surely: bool = False) -> bool:
    """Whether a path means a column, or a field of the runs. `surely`: a table of which more is not known has none."""
    scope = expressions.scope
    dotted = ".".join(map(str, path.segments))
    if expressions.column_name(path) is not None or dotted in expressions.lost:
        return True
    if scope.fields:
        found = Names(expressions.catalog, expressions.context, Report()).resolve(path, NOWHERE)
        return isinstance(found, Operand | AliasUse)
    is_short = any(f"{space}.{dotted}" in scope.columns for space in (Space.CONFIG, Space.SUMMARY))
    return is_short or (scope.more and not surely)


def _written(left: tree.Path, right: tree.Path) -> str:
    one, other = _text(left), _text(right)
    return one if one == other else f"{one} = {other}"


def _text(path: tree.Path) -> str:
    return path_text(path.segments, exact=path.exact)
