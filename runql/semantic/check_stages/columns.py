"""The stages that choose, make and group columns, and what all stages share: amounts, columns, patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.language.kinds import Kind
from runql.semantic.check.quotes.names_in_quotes import say_in_quotes
from runql.semantic.check_context import Report
from runql.semantic.check_stages.commas import say_commas
from runql.semantic.check_stages.expressions import StageExpressions, facts
from runql.semantic.check_stages.names_of_columns import say_comparison
from runql.semantic.check_stages.scope import Scope, glob_columns, is_meant
from runql.semantic.check_stages.windows import Folding
from runql.semantic.operands import BROKEN, MOST_COUNTED, Operand
from runql.semantic.questions import ColumnFacts
from runql.semantic.spelling import PREFIXES, code, path_text
from runql.semantic.typed import (
    ColumnPick,
    FieldKey,
    Named,
    TCell,
    TColumn,
    TDerive,
    TDrop,
    TGroup,
    TSelect,
    TStage,
    TypedExpr,
)
from runql.semantic.windows import cells_within, varies
from runql.syntax import tree
from runql.syntax import tree as s
from runql.syntax.printer.to_text import to_text
from runql.syntax.tree.walk import nodes
from runql.text.diagnostic import Edit, Fix
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

COUNT = "n"
_BEFORE_COUNT = re.compile(r"\s*[,:]\s*\Z")
_SORTABLE = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME})


@frozen
class FoundColumn:
    """A column that a stage names."""

    name: str
    facts: ColumnFacts


class StageColumns:
    """Checks these stages, and gives the others their parts."""

    expressions: StageExpressions
    report: Report
    copies: dict[str, str]
    """The columns that are a metric under another name."""

    @property
    def scope(self) -> Scope:
        return self.expressions.scope

    # ------------------------------------------------------------ parts

    def sortable(self, node: tree.Expr) -> Operand:
        """A value that has an order."""
        if say_in_quotes(node, self.expressions):
            return BROKEN
        operand = self.expressions.operand(node)
        if operand is not BROKEN and not operand.kinds & _SORTABLE:
            self.report.add("RQL203", f"`{operand.text}` is {operand.holds}, and has no order", operand.span)
        elif operand is not BROKEN and operand.is_constant:
            self.report.add(
                "RQL203", "a constant orders nothing", operand.span, "order by a column: `order -summary.loss`"
            )
        return operand

    def whole(self, node: tree.Expr, word: str, *, least: int, most: int = MOST_COUNTED) -> int:
        """A whole number, written or bound to a parameter; `least` itself if it is neither, which is reported."""
        value = self.amount(node, word)
        if value is None:
            return least
        if value != int(value) or value < least:
            what = "a whole number" if value != int(value) else "at least"
            message = f"`{word}` takes {what}" + ("" if value != int(value) else f" {least}") + f", not {value:g}"
            self.report.add("RQL209", message, node.span)
            return least
        if value > most:
            self.report.add("RQL209", f"`{word}` takes at most {most:,}, not {value:,.15g}", node.span)
            return most
        return int(value)

    def amount(self, node: tree.Expr, word: str) -> float | None:
        """A number that is written or bound to a parameter; `None` if it is none, which is reported."""
        operand = self.expressions.operand(node)
        value = operand.value
        if operand is BROKEN:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or operand.is_duration
            or not abs(value) < 1e300
        ):
            message = f"`{word}` takes a number that is written out or a parameter"
            self.report.add("RQL209", message, operand.span)
            return None
        return value

    def column(self, path: tree.Path, span: Span) -> FoundColumn | None:
        """The column that a path means; `None` if that is a mistake, which is reported."""
        place = path.span if path.span != NOWHERE else span
        if path.is_glob:
            self.report.add(
                "RQL218", f"{code(path_text(path.segments))} is a pattern, and one column must stand here", place
            )
            return None
        operand = self.expressions.operand(tree.Field(path, span=place))
        if operand is BROKEN or not isinstance(operand.expr, TCell):
            if operand is not BROKEN:
                message = f"{code(path_text(path.segments))} is no column but stands for an expression"
                self.report.add("RQL218", message, place, "make it one: `derive NAME = …`")
            return None
        return FoundColumn(operand.expr.name, facts(operand))

    def picks(self, path: tree.Path, span: Span) -> list[ColumnPick]:
        """The columns that a name or a pattern means."""
        if path.is_glob:
            pick = self.pattern(path, (), span)
            return [] if pick is None else [pick]
        found = self.column(path, span)
        return [] if found is None else [ColumnPick(found.name)]

    def title(self, node: tree.Expr, operand: Operand) -> str:
        """What a column without a name is called: an alias by its name, a field by its full name, else as written."""
        if isinstance(node, tree.Field):
            dotted = ".".join(map(str, node.path.segments))
            if dotted in self.expressions.context.aliases and dotted not in RUN_FIELD_SPELLINGS:
                return dotted
        return operand.text or self.expressions.written(node) or ("" if self.report.unreadable else to_text(node))

    def named(self, node: tree.Expr, name: str | None = None) -> tuple[Named, ColumnFacts] | None:
        """A value with its name; `None` if it is broken, which is reported."""
        if name is None and say_in_quotes(node, self.expressions):
            return None
        operand = self.expressions.operand(node)
        if operand is BROKEN:
            return None
        return Named(name or self.title(node, operand), operand.expr), facts(operand)

    # ------------------------------------------------------------ patterns

    def pattern(self, path: tree.Path, except_: Sequence[tree.Path], span: Span) -> ColumnPick | None:
        """The columns that a pattern means. Fields of the runs are fetched for it where they still can be."""
        place = path.span if path.span != NOWHERE else span
        text = ".".join(map(str, path.segments))
        space = PREFIXES.get(str(path.segments[0]))
        if space is Space.SUMMARY:
            text = ".".join(map(str, ("summary", *path.segments[1:])))
        known = self._fetched(path, space, place)
        if not any(fnmatchcase(name, text) for name in known) and not self.scope.more:
            self.expressions.unknown(text, place)
            return None
        excepted = [self._excepted(one, text, known, place) for one in except_]
        return ColumnPick(text, True, tuple(one for one in excepted if one is not None))

    def _fetched(self, path: tree.Path, space: Space | None, place: Span) -> Mapping[str, ColumnFacts]:
        """The columns that there are, with the fields of the runs that a pattern adds to them."""
        scope = self.scope
        if not scope.fields or space not in (Space.CONFIG, Space.SUMMARY) or len(path.segments) < 2:
            return scope.columns
        key = self.expressions.names.glob(path, place)
        if key is None:
            return scope.columns
        return self.fetch(key)

    def fetch(self, key: FieldKey) -> Mapping[str, ColumnFacts]:
        """Have the query fetch all the fields that a pattern means."""
        catalog = self.expressions.catalog
        self.expressions.mentions.setdefault(key.written, TColumn(key.written, glob=key))
        columns, more = glob_columns(key, (), catalog)
        fresh = {name: info for name, info in columns.items() if name not in self.scope.hidden}
        added = self.scope.with_columns(fresh)
        self.expressions.scope = replace(added, more=added.more or more)
        return self.scope.columns

    def _excepted(self, path: tree.Path, glob: str, known: Mapping[str, ColumnFacts], span: Span) -> str | None:
        """A name or pattern after `except`, with the prefix of the glob where it has none of its own."""
        place = path.span if path.span != NOWHERE else span
        text = ".".join(map(str, path.segments))
        prefix = glob.partition(".")[0]
        names = [text, f"{prefix}.{text}"] if prefix in PREFIXES else [text]
        found = next((name for name in names if any(is_meant(column, name) for column in known)), None)
        if found is not None:
            return found
        if self.scope.more:
            return text if text.partition(".")[0] in PREFIXES or prefix not in PREFIXES else f"{prefix}.{text}"
        self.expressions.unknown(names[0] if names[0].partition(".")[0] in PREFIXES else names[-1], place)
        return None

    def matched(self, pick: ColumnPick) -> dict[str, ColumnFacts]:
        """The columns known to belong to a pick."""
        names = [name for name in self.scope.columns if is_meant(name, pick.pattern)]
        if not pick.is_glob:
            names = [name for name in (pick.pattern,) if name in self.scope.columns]
        kept = [name for name in names if not any(is_meant(name, one) for one in pick.except_)]
        return {name: self.scope.columns[name] for name in kept}

    # ------------------------------------------------------------ lists of columns

    def chosen(self, columns: Sequence[tree.Column]) -> tuple[list[Named | ColumnPick], dict[str, ColumnFacts], bool]:
        """What `select`, `group` and `duplicates` list; the columns that they make; whether there may be others."""
        picks: list[Named | ColumnPick] = []
        made: dict[str, ColumnFacts] = {}
        more = False
        say_commas(self.report, columns)
        for column in columns:
            path = column.value.path if isinstance(column.value, tree.Field) else None
            if path is not None and path.is_glob:
                if column.name is not None:
                    message = f"{code(path_text(path.segments))} stands for several columns, and `as` names one"
                    self.report.add("RQL213", message, column.span)
                pick = self.pattern(path, column.except_, column.span)
                if pick is not None:
                    picks.append(pick)
                    made.update(self.matched(pick))
                    more = more or self.scope.more
                continue
            if column.except_:
                self.report.add("RQL213", "`except` takes away from a pattern such as `config.*`", column.span)
            say_comparison(self.report, column)
            found = self.named(column.value, column.name)
            if found is None:
                continue
            self._once(found[0].name, made, column.span)
            picks.append(found[0])
            made[found[0].name] = found[1]
        return picks, made, more

    def _once(self, name: str, made: Mapping[str, ColumnFacts], span: Span) -> None:
        if name in made:
            self.report.add("RQL318", f"two columns would be called `{name}`", span, "name one of them with `as`")

    # ------------------------------------------------------------ the stages

    def select(self, stage: s.SelectStage) -> TStage:
        picks, made, more = self.chosen(stage.columns)
        before, renames = self.scope, _renames(picks)
        after = self.scope.closed(made, more=more)
        after = replace(
            after,
            run_id=renames.get(before.run_id or "", after.run_id),
            x_axis=renames.get(before.x_axis or "", after.x_axis),
            metrics=frozenset(renames.get(name, name) for name in before.metrics) & set(made),
        )
        self.expressions.scope = after
        return TSelect(tuple(picks), span=stage.span)

    def drop(self, stage: s.DropStage) -> TStage:
        picks: list[ColumnPick] = []
        for path in stage.columns:
            if path.is_glob and self.scope.fields:
                # What was never fetched need not be dropped, but a name that is none is still a mistake.
                picks.append(ColumnPick(".".join(map(str, path.segments)), True))
            else:
                picks += self.picks(path, stage.span)
        gone = [name for pick in picks for name in self.matched(pick)]
        gone += [pick.pattern for pick in picks if not pick.is_glob]
        self.expressions.scope = self.scope.without(gone)
        return TDrop(tuple(picks), span=stage.span)

    def renamed(self, titles: Mapping[str, str], added: Mapping[str, ColumnFacts]) -> None:
        """The scope with columns under new names."""
        before = self.scope
        after = before.without(titles).with_columns(added)
        self.expressions.scope = replace(
            after,
            run_id=titles.get(before.run_id or "", before.run_id),
            x_axis=titles.get(before.x_axis or "", before.x_axis),
            metrics=frozenset(titles.get(name, name) for name in before.metrics),
        )

    def derive(self, stage: s.DeriveStage) -> TStage:
        columns: list[Named] = []
        say_commas(self.report, stage.columns)
        for definition in stage.columns:
            found = self.named(definition.value, _defined(definition))
            if found is None:
                self.expressions.lost |= {_defined(definition) or ""}
                continue
            columns.append(found[0])
            metrics = self.scope.metrics
            self.expressions.scope = self.scope.with_columns({found[0].name: found[1]})
            made = found[0].value
            self.copies.pop(found[0].name, None)
            if isinstance(made, TCell) and made.name in metrics and made.name != found[0].name:
                self.copies[found[0].name] = made.name
            if varies(made) or any(cell.name in metrics for cell in cells_within(made)):
                self.expressions.scope = replace(self.scope, metrics=metrics | {found[0].name})
        return TDerive(tuple(columns), span=stage.span)

    def group(self, stage: s.GroupStage) -> TStage:
        since = len(self.report.found)
        keys, made, more = self.chosen(stage.keys)
        if stage.folds and len(stage.keys) == 1 and to_text(stage.keys[0].value) == "all":
            place = stage.keys[0].span
            end = place.end + ((self.expressions.context.text or "")[place.end : place.end + 1] == " ")
            fixes = (Fix("leave out `all`", (Edit(Span(place.start, end), ""),)),)
            self.report.amend(since, ("RQL201", "RQL218"), ("one row of all rows has no key: `group : …`",), fixes)
        folds: list[Named] = []
        for definition in stage.folds:
            since = len(self.report.found)
            if stage.keys and COUNT not in self.scope.columns and self._is_count_by_itself(definition):
                continue
            named = self._fold(definition, tuple(made))
            if named is None:
                self._say_made_beside(definition, {one.name for one in folds}, since)
                continue
            if named[0].name in made:
                self.report.add("RQL318", f"two columns would be called `{named[0].name}`", definition.span)
            folds.append(named[0])
            made[named[0].name] = named[1]
        if stage.keys:
            made.setdefault(COUNT, ColumnFacts(frozenset({Kind.NUMBER})))
        self.expressions.scope = self.scope.other(made, more=more)
        return TGroup(tuple(keys), tuple(folds), span=stage.span)

    def _is_count_by_itself(self, definition: s.Definition) -> bool:
        """Whether it is `n`, which each group has without being asked; then it is said."""
        if not isinstance(definition.value, tree.Field) or to_text(definition.value) != COUNT or _defined(definition):
            return False
        text, place = self.expressions.context.text or "", definition.span
        before = _BEFORE_COUNT.search(text[: max(place.start, 0)])
        fixes = (Fix("leave it out", (Edit(Span(before.start(), place.end), ""),)),) if before is not None else ()
        message = "`n`, how many rows a group has, comes by itself"
        self.report.add("RQL201", message, place, "under another name it is `rows = count()`", fixes=fixes)
        return True

    def _fold(self, definition: s.Definition, keys: tuple[str, ...]) -> tuple[Named, ColumnFacts] | None:
        """A value of a group: of aggregates, and of the keys."""
        self.expressions.folding = Folding.YES
        try:
            named = self.named(definition.value, _defined(definition))
        finally:
            self.expressions.folding = Folding.NO
        if named is not None:
            self.no_loose_cells(named[0].value, "of a whole group", keys)
        return named

    def _say_made_beside(self, definition: s.Definition, made: set[str], since: int) -> None:
        """The values of a group do not see each other: the way out where one looks for another."""
        named = {path_text(one.segments) for one in nodes(definition.value) if isinstance(one, tree.Path)}
        if not named & made:
            return
        which = " and ".join(map(code, sorted(named & made)))
        hint = f"what this `group` makes ({which}) is known behind it"
        title = _defined(definition) or "NAME"
        work = code(f"| derive {title} = {to_text(definition.value)}")
        self.report.amend(since, ("RQL201", "RQL218"), (f"{hint}: {work}",), ())

    def no_loose_cells(self, expr: TypedExpr, what: str, keys: tuple[str, ...]) -> None:
        """Report the columns and the windows outside of aggregates where rows are looked at together."""
        for window in self.expressions.loose_windows(expr):
            message = f"{code(window.text)} has a value a row, and one value {what} must stand here"
            hint = "first the aggregates, then the window: `group KEY : s = sum(x) | derive s / sum(s) over all`"
            self.report.add("RQL219", message, window.span, hint)
        for cell in self.expressions.loose_cells(expr):
            if cell.name not in keys:
                name = cell.name
                message = f"{code(name)} has a value a row, and one value {what} must stand here"
                inner = name.removesuffix(")").rpartition("(")
                fold = inner[0] if inner[1] and inner[0].isalpha() else "mean"
                hint = f"write an aggregate of it, such as {code(f'{fold}({name})')}"
                if name == "count()":
                    hint = f"name that column in the stage before, {code('n = count()')}: then `count()` counts rows"
                more = () if keys == () else ("or put it among the keys",)
                self.report.add("RQL219", message, cell.span, hint, *more)


def _defined(definition: s.Definition) -> str | None:
    return None if definition.defined is None else ".".join(map(str, definition.defined.segments))


def _renames(picks: Sequence[Named | ColumnPick]) -> dict[str, str]:
    """The titles under which a `select` passes columns on."""
    return {one.value.name: one.name for one in picks if isinstance(one, Named) and isinstance(one.value, TCell)}
