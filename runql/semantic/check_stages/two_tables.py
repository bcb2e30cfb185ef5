"""The stages that take a second table: `join` and `union`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from runql.language.kinds import TableKind
from runql.semantic.check_context import Report, rewrites
from runql.semantic.check_stages.columns import FoundColumn, StageColumns
from runql.semantic.check_stages.expressions import StageExpressions, facts
from runql.semantic.check_stages.join_keys import JoinKey
from runql.semantic.check_stages.scope import Scope, standard_columns
from runql.semantic.names.nearest import nearest_hint, nearest_names
from runql.semantic.operands import BROKEN, said
from runql.semantic.questions import UNKNOWN, ColumnFacts, InnerTable
from runql.semantic.spelling import PREFIXES, code, path_text
from runql.semantic.typed import TCell, TColumn, TJoin, TOther, TStage, TUnion
from runql.syntax import tree
from runql.syntax import tree as s
from runql.syntax.literals import write_path
from runql.syntax.printer.to_text import to_text
from runql.text.diagnostic import Edit, Fix
from runql.text.source import NOWHERE, Span

_SHOWN = 6
_ONLY_LEFT = (s.JoinKind.SEMI, s.JoinKind.ANTI)


class TwoTableStages(StageColumns):
    """Checks these stages. `fetched`: what the other tables must read of their runs, by column."""

    def join(self, stage: s.JoinStage) -> TStage | None:
        inner = self._table(stage)
        if inner is None:
            return None
        self._with_standard_columns()
        side = _OtherSide(inner, self.expressions, stage)
        keys = [pair for left, right in stage.keys if (pair := self._key(left, right, side, stage)) is not None]
        self._twice(keys, stage)
        brought = side.brought({right for left, right in keys if left == right})
        if stage.kind not in _ONLY_LEFT:
            if len(keys) == len(stage.keys):  # else what a key would take together stands apart
                self._collisions(
                    brought, side, stage, {right: path for (_, path), (_, right) in zip(stage.keys, keys, strict=True)}
                )
            self.expressions.scope = _joined(self.scope, brought, side, stage.kind)
        return TJoin(side.other(), stage.kind, tuple(keys), span=stage.span)

    def union(self, stage: s.UnionStage) -> TStage | None:
        inner = self._table(stage)
        if inner is None:
            return None
        before = self.scope
        both_open = before.fields and inner.fields and before.kind is inner.kind is TableKind.RUNS
        self._with_standard_columns()
        side = _OtherSide(inner, self.expressions, stage)
        if both_open:
            for column in inner.named:
                self.expressions.mentions.setdefault(column.name, column)
        kinds = {
            name: ColumnFacts(before.columns[name].kinds | one.kinds) if name in before.columns else one
            for name, one in inner.columns.items()
        }
        is_runs = before.kind is inner.kind is TableKind.RUNS
        self.expressions.scope = replace(
            before.with_columns(kinds),
            kind=TableKind.RUNS if is_runs else TableKind.OTHER,
            more=before.more or inner.more,
            run_id=before.run_id if before.run_id == inner.run_id else None,
            x_axis=None,
            metrics=frozenset(),
            is_sampled=before.is_sampled or inner.is_sampled,
        )
        return TUnion(side.other(), is_open=both_open, of_runs=is_runs, span=stage.span)

    # ------------------------------------------------------------ the other table

    def _table(self, stage: s.JoinStage | s.UnionStage) -> InnerTable | None:
        """What is known of the other table; nothing where a name was not put in, for whoever reads one text alone."""
        if isinstance(stage.other, tree.SourceRef):
            return UNKNOWN
        return self.expressions.questions.table(tree.query_in(stage.other), stage.span)

    def _with_standard_columns(self) -> None:
        """A table of runs of which nothing is named shows what differs, which only its rows tell: beside another table
        it has the columns that every run has."""
        if self.scope.fields and self.scope.kind is TableKind.RUNS:
            for column in standard_columns():
                self.expressions.mentions.setdefault(column.name, column)

    # ------------------------------------------------------------ keys

    def _key(self, left: tree.Path, right: tree.Path, side: _OtherSide, stage: s.JoinStage) -> tuple[str, str] | None:
        if JoinKey(left, right, self.expressions, side.expressions, side.label).say(side.called, self.report):
            return None
        mine = self.column(left, stage.span)
        theirs = side.column(right, alone=left is right)
        if mine is None or theirs is None:
            return None
        if not mine.facts.kinds & theirs.facts.kinds:
            message = (
                f"{code(mine.name)} is {said(mine.facts.kinds)} and {code(theirs.name)} of {side.called} "
                f"{said(theirs.facts.kinds)}: they are never equal"
            )
            self.report.add("RQL203", message, left.span if left.span != NOWHERE else stage.span)
        return mine.name, theirs.name

    def _twice(self, keys: Sequence[tuple[str, str]], stage: s.JoinStage) -> None:
        for left, right in {pair for pair in keys if keys.count(pair) > 1}:
            name = left if left == right else f"{left} = {right}"
            self.report.add("RQL318", f"the key {code(name)} is written twice", stage.span)

    # ------------------------------------------------------------ columns of one name

    def _collisions(
        self, brought: Mapping[str, ColumnFacts], side: _OtherSide, stage: s.JoinStage, keys: Mapping[str, tree.Path]
    ) -> None:
        names = [name for name in brought if name in self.scope.columns or self._is_field(name, side)]
        if not names:
            return
        shown = ", ".join(map(code, names[:_SHOWN])) + (f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN))
        message = f"both tables have {shown}"
        pairs = ", ".join(f"{_written(name)} as {self._free(name, side)}" for name in names)
        hints = [f"give one another name: {code(f'(… | rename {pairs})')}"]
        if others := [name for name in names if name not in keys]:
            hints += [f"or leave it out: {code('(… | drop ' + ', '.join(map(_written, others)) + ')')}"]
        edits = [Edit(keys[name].span, self._free(name, side)) for name in names if name in keys]
        hints += [f"a key has its other name behind `on` too: {code(edit.text)}" for edit in edits]
        self.report.add("RQL318", message, stage.span, *hints, fixes=side.renaming(pairs, edits))

    def _is_field(self, name: str, side: _OtherSide) -> bool:
        """Whether a name is one of the runs on the left too, so that behind the join nobody could say which is meant.

        Not a key's: in the rows that match, its value is that of the other key.
        """
        catalog = self.expressions.catalog
        if not self.scope.fields or catalog is None or name in side.keys:
            return False
        space, _, dotted = name.partition(".")
        return space in PREFIXES and (PREFIXES[space], dotted) in catalog.index.by_dotted

    def _free(self, name: str, side: _OtherSide) -> str:
        """What a column of the other table may be called."""
        last = "".join(char if char.isalnum() or char == "_" else "_" for char in name.rpartition(".")[2])
        made = f"{side.short}_{last}"
        while made in self.scope.columns or made in side.table.columns:
            made += "_"
        return made


class _OtherSide:
    """The other table of a stage, and what it is to fetch."""

    def __init__(self, table: InnerTable, expressions: StageExpressions, stage: s.JoinStage | s.UnionStage) -> None:
        self.table = table
        self.keys: set[str] = set()
        self._stage = stage
        self._report: Report = expressions.report
        scope = Scope(table.kind, table.columns, table.fields, table.more, run_id=table.run_id)
        self.expressions = StageExpressions(table.catalog, expressions.context, self._report, scope)
        self.expressions.stage = "join"
        if table.fields and table.kind is TableKind.RUNS:
            self.expressions.mentions.update({column.name: column for column in standard_columns()})
        self.label = stage.label or (stage.other.name if isinstance(stage.other, tree.SourceRef) else "")
        self.called = code(self.label) if self.label else "the other table"
        word = "".join(char if char.isalnum() else "_" for char in self.label).strip("_")
        self.short = word if word and not word[0].isdigit() else "other"

    def other(self) -> TOther:
        """The table as it is asked for."""
        other = self._stage.other
        query = other if isinstance(other, tree.Query) else tree.Query(tree.Target.RUNS)
        columns = None if self.table.more else tuple(self._columns())
        fetched = tuple(self.expressions.mentions.values())
        return TOther(to_text(query), fetched, query=query, name=self.called, columns=columns)

    def _columns(self) -> dict[str, ColumnFacts]:
        return {**self.table.columns, **self.expressions.scope.columns}

    def brought(self, equal: set[str]) -> dict[str, ColumnFacts]:
        """The columns that a join adds: all but the keys of one name on both sides."""
        return {name: one for name, one in self._columns().items() if name not in equal}

    def column(self, path: tree.Path, *, alone: bool) -> FoundColumn | None:
        """The column that a key means; a field of its runs is fetched. `alone`: both sides have one name."""
        place = path.span if path.span != NOWHERE else self._stage.span
        found = self.expressions.column_name(path)
        if found is None and not self.table.fields:
            name = path_text(path.segments, exact=path.exact)
            if self.table.more:
                self.keys.add(name)
                return FoundColumn(name, ColumnFacts())
            self._unknown(name, place, alone=alone)
            return None
        operand = self.expressions.operand(tree.Field(path, span=place))
        if operand is BROKEN or not isinstance(operand.expr, TCell):
            return None
        name = operand.expr.name
        self.expressions.scope = self.expressions.scope.with_columns({name: facts(operand)})
        self.keys.add(name)
        return FoundColumn(name, facts(operand))

    def _unknown(self, name: str, place: Span, *, alone: bool) -> None:
        near = nearest_names(name, self.table.columns)
        columns = ", ".join(map(code, [*self.table.columns][:_SHOWN]))
        hints = nearest_hint(near) or (f"its columns are {columns}",)
        hints = (*hints, f"of two names: `on {name} = COLUMN`") if alone else hints
        fixes = () if alone else rewrites(place, map(_written, near))
        self._report.add("RQL218", f"{self.called} has no column {code(name)}", place, *hints, fixes=fixes)

    def renaming(self, pairs: str, beside: Sequence[Edit] = ()) -> tuple[Fix, ...]:
        """The fix that gives columns of the other table other names; `beside`: what changes with it."""
        other = self._stage.other
        if isinstance(other, tree.Query) and not self._stage.label and other.span != NOWHERE:
            end = Span(other.span.end, other.span.end)
            return (Fix(f"add {code(f'| rename {pairs}')}", (Edit(end, f" | rename {pairs}"), *beside)),)
        place = self._stage.other_span
        if place == NOWHERE or not self._stage.label:
            return ()
        text = f"(runs from {self._stage.label} | rename {pairs})"
        return (Fix(f"write {code(text)}", (Edit(place, text), *beside)),)


def _joined(before: Scope, brought: Mapping[str, ColumnFacts], side: _OtherSide, how: s.JoinKind) -> Scope:
    after = before.with_columns(brought)
    after = replace(after, more=after.more or side.table.more, is_sampled=before.is_sampled or side.table.is_sampled)
    if how is not s.JoinKind.FULL:
        return after
    return replace(after, kind=TableKind.OTHER, run_id=None, x_axis=None, metrics=frozenset())


def _written(name: str) -> str:
    """A column's name as `rename` takes it."""
    plain = all(char.isalnum() or char in "_./" for char in name) and not name[:1].isdigit()
    return name if plain else write_path(tree.Path((name,), exact=True))


def fetched_with(stages: Sequence[TStage], columns: Sequence[TColumn]) -> tuple[TStage, ...]:
    """The stages with further columns fetched on both sides of each open union."""
    return tuple(
        replace(stage, other=replace(stage.other, fetched=_once((*stage.other.fetched, *columns))))
        if isinstance(stage, TUnion) and stage.is_open
        else stage
        for stage in stages
    )


def _once(columns: Sequence[TColumn]) -> tuple[TColumn, ...]:
    return tuple({column.name: column for column in reversed(columns)}.values())[::-1]
