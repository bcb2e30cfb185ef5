"""The stages whose entries declare their parts: what is checked of each kind of part, and which columns come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final, assert_never, get_args

from runql.language.entry import StageEntry, StagePart
from runql.language.fields import Space
from runql.language.kinds import Kind, PartKind, TableKind
from runql.language.stages import STAGES
from runql.semantic.check.quotes.names_in_quotes import say_in_quotes
from runql.semantic.check_stages.columns import StageColumns
from runql.semantic.check_stages.commas import say_commas
from runql.semantic.operands import BROKEN, quoted
from runql.semantic.questions import ColumnFacts
from runql.semantic.typed import ColumnPick, FieldKey, Named, TCountStage, TStage
from runql.syntax import tree
from runql.text.frozen import frozen
from runql.text.source import Span

TYPED: Final[Mapping[str, Callable[..., TStage]]] = {kind.terminal: kind for kind in get_args(TStage) if kind.terminal}
"""The typed stages by the terminals that begin them; a stage of a number alone needs none of its own."""


@frozen
class _Checked:
    """A part as the typed stage holds it, and the columns that its keys make; `more`: and others."""

    value: Any
    columns: Mapping[str, ColumnFacts] = field(default_factory=dict)
    more: bool = False


class PartsStages(StageColumns):
    """Checks these stages."""

    def of_parts(self, stage: tree.PartsStage) -> TStage | None:
        """The typed stage; `None` if nothing can be said of what follows."""
        entry = STAGES[stage.word]
        declared = entry.parts or ()
        parts = [self._part(one, value, entry, stage.span) for one, value in zip(declared, stage.parts, strict=True)]
        if self.scope.fields and self.scope.kind is TableKind.RUNS:
            for space in map(Space, entry.fetches):
                self.fetch(FieldKey(space, ("*",), written=f"{space}.*"))
        if entry.gives is TableKind.OTHER:
            keys = {name: facts for part in parts for name, facts in part.columns.items()}
            made = {
                one.name: ColumnFacts(one.kinds) if one.kinds else ColumnFacts()
                for one in entry.makes
                if not one.of_runs or self.scope.run_id is not None
            }
            more = entry.opens or any(part.more for part in parts)
            self.expressions.scope = self.scope.other({**keys, **made, **keys}, more=more)
        if any(part.value is None and not one.optional for one, part in zip(declared, parts, strict=True)):
            return None
        return TYPED.get(stage.word, _counted(stage.word))(*(part.value for part in parts), span=stage.span)

    def _part(self, part: StagePart, value: Any, entry: StageEntry, span: Span) -> _Checked:  # noqa: PLR0911 - one line a kind
        match part.kind:
            case PartKind.WHOLE:
                return _Checked(self.whole(value, entry.name, least=part.least, most=part.most))
            case PartKind.WORD | PartKind.NAME:
                return _Checked(value)
            case PartKind.NUMBER:
                return _Checked(self._number(value, entry.name))
            case PartKind.GOALS:
                found = [(goal, self._number(node, entry.name)) for goal, node in value]
                return _Checked(tuple((goal, one) for goal, one in found if one is not None))
            case PartKind.VALUES:
                return self._values(value, entry.name, span)
            case PartKind.KEYS:
                picks, made, more = self.chosen(value) if entry.gives is not None else (self.parting(value), {}, False)
                return _Checked(tuple(picks), made, more)
            case PartKind.COLUMNS:
                return _Checked(tuple(pick for path in value for pick in self.picks(path, span)))
            case _:
                assert_never(part.kind)

    def _number(self, node: tree.Expr, word: str) -> Named | None:
        """A value that is a number."""
        if say_in_quotes(node, self.expressions):
            return None
        operand = self.expressions.operand(node)
        if operand is BROKEN:
            return None
        if Kind.NUMBER not in operand.kinds:
            self.report.add(
                "RQL203", f"{quoted(operand)} is {operand.holds}, and `{word}` works on numbers", operand.span
            )
        elif operand.is_constant:
            self.report.add("RQL203", f"a constant is the same in every row, and tells `{word}` nothing", operand.span)
        return Named(self.title(node, operand), operand.expr)

    def _values(self, nodes: Sequence[tree.Expr], word: str, span: Span) -> _Checked:
        """Values, each under a name of its own."""
        say_commas(self.report, nodes)
        found = [one for one in map(self.named, nodes) if one is not None]
        names = [named.name for named, _ in found]
        for name in {name for name in names if names.count(name) > 1}:
            self.report.add("RQL318", f"`{word}` names `{name}` twice", span)
        return _Checked(tuple(named for named, _ in found), {named.name: facts for named, facts in found})

    def parting(self, by: Sequence[tree.Column]) -> tuple[Named | ColumnPick, ...]:
        """The keys of the groups that `limit`, `first` and `last` take rows of."""
        for column in by:
            if column.name is not None:
                self.report.add(
                    "RQL213", "a key that parts the rows makes no column, so `as` names nothing", column.span
                )
        return tuple(self.chosen(by)[0])


def _counted(word: str) -> Callable[..., TStage]:
    """What makes a stage of a number."""
    return lambda count, span: TCountStage(word, count, span=span)
