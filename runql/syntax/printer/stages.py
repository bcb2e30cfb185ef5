"""Table stages and statements as text: parsing it gives the same tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias, TypeVar, assert_never

from runql.language.kinds import SEVERAL, PartKind
from runql.language.stages import STAGES
from runql.syntax import tree as s
from runql.syntax import tree as t
from runql.syntax.lexer import lexer
from runql.syntax.literals import write_path, write_string
from runql.syntax.printer.expressions import word
from runql.syntax.printer.parts import Items, PartPrinter, name_or_string, source_text
from runql.syntax.windows import Item, commas
from runql.text.source import NOWHERE, Span

_Item = TypeVar("_Item", bound=Item)
_OneLine: TypeAlias = (
    s.PlainStage
    | s.UnionStage
    | s.UnnestStage
    | s.PivotStage
    | s.HistogramStage
    | s.PlotStage
    | s.SqlStage
    | s.ToStage
    | s.BrokenStage
)
"""The stages that are no list of things which may stand on lines of their own."""


class StagePrinter(PartPrinter):
    """Writes table stages, without their pipe, and the statements beside the query."""

    def stage(self, stage: t.Stage) -> str:
        return self.stage_items(stage).flat

    def stage_items(self, stage: t.Stage) -> Items:  # noqa: PLR0911, PLR0912 - one a node
        """A stage in parts that may stand on lines of their own."""
        match stage:
            case s.WhereStage(condition=condition):
                return self.condition(word("WHERE"), condition)
            case s.AssertStage(condition=condition, message=message):
                return _followed(self.condition(word("ASSERT"), condition), message)
            case s.OrderStage(keys=keys):
                return Items(word("ORDER"), self._each(keys, self.order_key))
            case s.SelectStage(columns=columns):
                return Items(word("SELECT"), self._columns(columns))
            case s.DropStage(columns=paths):
                return Items(word("DROP"), _paths(paths))
            case s.RenameStage(names=names):
                pairs = ((old, f"{write_path(old)} {word('AS')} {write_path(new)}") for old, new in names)
                return Items(word("RENAME"), tuple((text, old.span) for old, text in pairs))
            case s.DeriveStage(columns=columns):
                return Items(word("DERIVE"), self._definitions(columns))
            case s.GroupStage(keys=keys, folds=folds):
                return self._group(keys, folds)
            case s.EdgeStage(last=last, count=count, by=by):
                rows = [word("LAST_ROW" if last else "FIRST_ROW"), *([self.expr(count)] if count is not None else [])]
                return Items(" ".join([*rows, *([word("BY")] if by else [])]), self._columns(by))
            case s.PartsStage():
                return self._of_parts(stage)
            case s.JoinStage(other=other, keys=pairs, kind=kind):
                words = (word("JOIN"), *([kind.value] if kind is not s.JoinKind.INNER else []), self._other(other))
                on = tuple((_key(left, right), left.span) for left, right in pairs)
                return Items(" ".join((*words, word("ON"))), on)
            case s.PlainStage() | s.UnionStage() | s.UnnestStage() | s.PivotStage() | s.HistogramStage():
                return _line(*self._words(stage))
            case s.PlotStage() | s.SqlStage() | s.ToStage() | s.BrokenStage():
                return _line(*self._words(stage))
            case _:
                assert_never(stage)

    def _group(self, keys: Sequence[t.Column], folds: Sequence[s.Definition]) -> Items:
        items = (*self._each(keys, self._group_key), *self._definitions(folds))
        first_word = word("GROUP") if keys else f"{word('GROUP')} {word('COLON')}"
        return Items(first_word, items, colon=len(keys) - 1 if folds and keys else None)

    def _group_key(self, key: t.Column) -> str:
        """A key; a comparison in parentheses, its name behind them."""
        written, value = self.column(key), self.expr(key.value)
        return f"{_compared(value)}{written[len(value) :]}" if written.startswith(value) else written

    def _words(self, stage: _OneLine) -> Iterable[str]:  # noqa: PLR0911 - one a node
        """The words of a stage that stands on one line, whatever its length."""
        match stage:
            case s.PlainStage():
                return (word(stage.terminal), *self._plain_fields(stage))
            case s.UnionStage(other=other):
                return word("UNION"), self._other(other)
            case s.UnnestStage(column=column, name=name):
                return word("UNNEST"), write_path(column), *([word("AS"), write_path(name)] if name else [])
            case s.PivotStage(values=folds, rows=rows, columns=across):
                written = ", ".join(map(self._definition, folds))
                behind = [word("ACROSS"), self.expr(across)] if across is not None else []
                return word("PIVOT"), written, word("BY"), self._listed(rows), *behind
            case s.HistogramStage(value=binned, bins=bins, by=by):
                words = [word("BINS"), self.expr(bins)] if bins is not None else []
                words += [word("BY"), self._listed(by)] if by else []
                return word("HISTOGRAM"), self.expr(binned), *words
            case s.PlotStage():
                return _plot(stage)
            case s.SqlStage(question=question, written=as_written):
                return word("SQL"), as_written or write_string(question)
            case s.ToStage(path=path, safe=safe):
                return word("TO"), write_string(path), *([word("SAFE")] if safe else [])
            case s.BrokenStage(text=text):
                return (text.removeprefix("|").lstrip(),)
            case _:
                assert_never(stage)

    def _of_parts(self, stage: s.PartsStage) -> Items:
        """The word of a stage and its parts; what the last one lists may stand on lines of its own."""
        words, listed = [word(stage.word)], Items("")
        for part, value in zip(STAGES[stage.word].parts or (), stage.parts, strict=True):
            if value is None or value == ():
                continue
            words += [listed.flat.strip()] if listed.items else []
            words += [word(part.after)] if part.after else []
            listed = Items("", self._in_part(part.kind, value))
            if part.kind not in SEVERAL:
                words, listed = [*words, listed.items[0][0]], Items("")
        return Items(" ".join(words), listed.items)

    def _in_part(self, kind: PartKind, value: Any) -> tuple[tuple[str, Span], ...]:  # noqa: PLR0911 - one line a kind
        """What stands in a part of a stage, each with its place."""
        match kind:
            case PartKind.WHOLE | PartKind.NUMBER:
                return ((self.expr(value), value.span),)
            case PartKind.WORD:
                return ((value, NOWHERE),)
            case PartKind.NAME:
                return ((name_or_string(value), NOWHERE),)
            case PartKind.VALUES:
                return self._each(value, self.expr)
            case PartKind.GOALS:
                return tuple((f"{goal.value} {self.expr(node)}", node.span) for goal, node in value)
            case PartKind.KEYS:
                return self._columns(value)
            case PartKind.COLUMNS:
                return _paths(value)
            case _:
                assert_never(kind)

    def _other(self, other: t.SourceRef | t.QueryNode) -> str:
        return source_text(other) if isinstance(other, t.SourceRef) else f"({self.inner(other)})"

    def _plain_fields(self, stage: s.PlainStage) -> Iterator[str]:
        """The fields of a plain stage, in order: paths, expressions, words."""
        for name in (one.name for one in fields(stage) if one.name != "span"):
            value = getattr(stage, name)
            is_expression = isinstance(value, t.ExprNode)
            yield write_path(value) if isinstance(value, t.Path) else self.expr(value) if is_expression else str(value)

    def _listed(self, values: Sequence[t.Expr]) -> str:
        return ", ".join(self._closed(values, map(self.expr, values)))

    def _columns(self, columns: Sequence[t.Column]) -> tuple[tuple[str, Span], ...]:
        return self._each(columns, self.column)

    def _definitions(self, definitions: Sequence[s.Definition]) -> tuple[tuple[str, Span], ...]:
        return self._each(definitions, self._definition)

    def _each(self, items: Sequence[_Item], write: Callable[[_Item], str]) -> tuple[tuple[str, Span], ...]:
        """Each of some items, written, with its place."""
        texts = self._closed(items, map(write, items))
        return tuple((text, item.span) for text, item in zip(texts, items, strict=True))

    def _closed(self, columns: Sequence[Item], texts: Iterable[str]) -> list[str]:
        """The columns with the order of a window in parentheses where the comma behind it would read as its own."""
        closed = {id(comma.before): self._along((comma.key,)) for comma in commas(columns) if not comma.is_open}
        keys = [closed.get(id(column), "") for column in columns]
        return [
            f"{text.removesuffix(key)}({key})" if key and text.endswith(key) else text
            for text, key in zip(texts, keys, strict=True)
        ]

    def _definition(self, definition: s.Definition) -> str:
        text = self.expr(definition.value)
        if definition.defined is not None:
            return f"{write_path(definition.defined)} {word('EQ')} {text}"
        return _compared(text)

    def around_query(self, statement: t.Statement) -> tuple[str, str]:  # noqa: PLR0911 - one a node
        """What a statement writes before its query and behind it; of one without a query, its text."""
        match statement:
            case t.ExplainStatement():
                return word("EXPLAIN"), ""
            case s.LetStatement(name=name):
                return f"{word('LET')} {name} {word('EQ')}", ""
            case s.PullStatement(into=into):
                return word("PULL"), f"{word('INTO')} {name_or_string(into)}" if into is not None else ""
            case t.BrokenStatement(text=text):
                return text, ""
            case t.QueryStatement():
                return "", ""
            case s.UseStatement(source=source):
                return f"{word('USE')} {source_text(source)}", ""
            case s.ParamStatement():
                return self._declaration(statement), ""
            case s.ShowStatement():
                return _show(statement), ""
            case s.DescribeStatement(path=path):
                return f"{word('DESCRIBE')} {write_path(path)}", ""
            case s.SetStatement(name=name, value=value):
                return f"{word('SET')} {name}{'' if value is None else f' {self.expr(value)}'}", ""
            case _:
                assert_never(statement)

    def _declaration(self, param: s.ParamStatement) -> str:
        written = None if param.default is None else self.expr(param.default)
        if param.values is not None:
            written = f"({', '.join(map(self.expr, param.values))}{',' if len(param.values) == 1 else ''})"
        typed = param.name if param.type_name is None else f"{param.name}: {param.type_name}"
        return " ".join([word("DECLARE"), typed, *([word("EQ"), written] if written is not None else [])])


def _key(left: t.Path, right: t.Path) -> str:
    text = write_path(left)
    return text if left == right else f"{text} {word('EQ')} {write_path(right)}"


def _line(*words: str) -> Items:
    """A stage that is never broken into lines."""
    return Items(" ".join(words))


def _show(show: s.ShowStatement) -> str:
    words = [word("SHOW"), show.what.value, *([show.space] if show.space is not None else [])]
    return " ".join([*words, *([word("LIKE"), write_string(show.like)] if show.like is not None else [])])


def _compared(text: str) -> str:
    """A value in parentheses if the left side of its comparison would be read as its name."""
    return f"({text})" if lexer().terminal_pattern("DEFINED").match(text) else text


def _paths(paths: Sequence[t.Path]) -> tuple[tuple[str, Span], ...]:
    return tuple((write_path(path), path.span) for path in paths)


def _followed(items: Items, message: str | None) -> Items:
    """A condition with the message behind its last term."""
    if message is None:
        return items
    *before, (last, span) = items.items
    return replace(items, items=(*before, (f"{last}, {write_string(message)}", span)))


def _plot(stage: s.PlotStage) -> list[str]:
    words = [word("PLOT"), *([stage.shape] if stage.shape else [])]
    words += [", ".join(write_path(path) for path in stage.y)] if stage.y else []
    words += [word("VS"), write_path(stage.x)] if stage.x is not None else []
    words += [word("BY"), write_path(stage.by)] if stage.by is not None else []
    for axis in stage.log:
        words += [word("LOG"), axis]
    words += [word("BAND")] if stage.band else []
    if stage.title is not None:
        title = stage.title
        words += [word("TITLE"), f"${title.name}" if isinstance(title, t.Param) else write_string(title)]
    return words
