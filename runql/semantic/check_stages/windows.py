"""Windows: what stands before `over`, the keys that part the rows, and the order of each part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from fnmatch import fnmatchcase
from typing import Protocol

from runql.language.entry import Function
from runql.language.fields import Space
from runql.language.functions import FUNCTIONS
from runql.language.kinds import Kind, TableKind
from runql.language.windows import ORDERED_FOLDS, RANKED, WINDOWS
from runql.semantic.catalog import FieldInfo
from runql.semantic.check.calls.known import Calls
from runql.semantic.check.histories import modifier_text
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check.quotes.names_in_quotes import say_in_quotes
from runql.semantic.check_context import rewrite, rewrites
from runql.semantic.check_stages.last_values import frame_of, is_framed, of_last_values
from runql.semantic.check_stages.ranks import is_measured, say_both_ways
from runql.semantic.check_stages.scope import Scope
from runql.semantic.folds import fold_named
from runql.semantic.goals import ranking_key
from runql.semantic.operands import BROKEN, Operand, kind_in
from runql.semantic.spelling import code
from runql.semantic.typed import TCell, TFold, TWindow, TypedExpr
from runql.syntax import tree
from runql.syntax.mistakes.functions.window_calls import OTHER_ROWS, WindowRows, together, window_of
from runql.syntax.printer.to_text import to_text
from runql.text.diagnostic import Edit, Fix
from runql.text.source import NOWHERE, Span

_SORTABLE = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME})
_SOME_KEYS = 2
_COUNTS = {"lag": 1, "lead": 1, "ntile": 0}
"""The argument that is a number of rows or of parts."""


class Folding(Enum):
    """Whether aggregates over rows may stand somewhere."""

    NO = auto()  # rows are looked at one by one
    ARGUMENT = auto()  # inside an aggregate or a window: there is none below it
    YES = auto()


class StageCheck(ExpressionCheck, Protocol):
    """Checks any expression of a stage."""

    scope: Scope
    stage: str
    folding: Folding
    pivoted: dict[str, tuple[str, str]]

    def cell(self, name: str, span: Span) -> Operand:
        """A column of the table."""

    def mention(self, name: str, operand: Operand) -> Operand:
        """The column of a value that the query itself must give for each run."""

    def of_run(self, node: tree.Call, span: Span) -> Operand:
        """A value of each run's history."""

    def own_over(self) -> str | None:
        """The keys of a window that the stage has, as they are written."""


class WindowCalls(Calls):
    """Checks the windows of stages, and the functions that look at other rows without saying which."""

    def __init__(self, expressions: StageCheck) -> None:
        super().__init__(expressions)
        self._rows = expressions

    # ------------------------------------------------------------ with `over`

    def window(self, node: tree.Window, span: Span) -> Operand:
        """A function over the rows of a group, beside each of them."""
        written = to_text(node)
        if (facts := self._rows.scope.columns.get(written)) is not None:
            return Operand(TCell(written, kind=kind_in(facts.kinds), span=span), facts.kinds, text=written)
        function = WINDOWS.get(node.call.name) or fold_named(node.call.name)
        if function is None:
            return self._not_of_rows(node, span)
        if self._has_default(node, span) or not self._fits_order(node, span):
            return BROKEN
        before, self._rows.folding = self._rows.folding, Folding.ARGUMENT
        try:
            keys = [self._key(key) for key in node.keys]
            order = [(self._sorted_by(key), key.descending) for key in node.order]
            made = self._made(function, node.call, span)
        finally:
            self._rows.folding = before
        parts = [*keys, *(key for key, _ in order)]
        if made is None or any(part is BROKEN for part in parts):
            return BROKEN
        along = tuple((key.expr, descending) for key, descending in order)
        return self._windowed(made, tuple(key.expr for key in keys), along, node, span)

    def _not_of_rows(self, node: tree.Window, span: Span) -> Operand:
        """`lower(x) over …`."""
        call = node.call
        text = window_of(call.name, list(map(to_text, call.arguments)), rows_of(node))
        if call.name not in FUNCTIONS and text is not None:
            return self._in_own_words(call, span, text)
        if call.name not in FUNCTIONS:
            return self._unknown(call, span)
        message = f"`{call.name}` is of the values of one row, and `over` asks for those of others"
        hint = "before `over` stands an aggregate such as `mean(x)`, or `rank()`, `lag(x)`, `cumsum(x)` and their like"
        is_placed = NOWHERE not in (span, call.span)
        fix = Fix("leave out `over`", (Edit(Span(call.span.end, span.end), ""),))
        self._report.add("RQL226", message, span, hint, fixes=(fix,) if is_placed else ())
        return BROKEN

    def _has_default(self, node: tree.Window, span: Span) -> bool:
        """Whether it is `lag(x, 1, 0)` of SQL, whose last argument stands where there is no such row; reported."""
        call = node.call
        is_meant = call.name in {"lag", "lead"} and len(call.arguments) == 3
        text = window_of(call.name, list(map(to_text, call.arguments)), rows_of(node)) if is_meant else None
        if text is not None:
            message = f"`{call.name}` takes nothing for where there is no such row"
            self._report.add("RQL206", message, span, f"write {code(text)}", fixes=rewrite(span, text))
        return text is not None

    def _fits_order(self, node: tree.Window, span: Span) -> bool:
        """A rank has an order; an aggregate only where that makes a difference."""
        name = node.call.name
        if name in RANKED and not node.order:
            self._lacks_order(node, span)
            return False
        if (
            not node.order
            or name in WINDOWS
            or is_framed(node.call)
            or (name in ORDERED_FOLDS and ORDERED_FOLDS[name] is None)
        ):
            return True
        along = ORDERED_FOLDS.get(name)
        fixes: tuple[Fix, ...] = ()
        if along is not None and node.call.name_span != NOWHERE and (along != "row_number" or not node.call.arguments):
            fixes = (Fix(f"write {code(along)}", (Edit(node.call.name_span, along),)),)
        text = to_text(tree.Window(node.call, node.keys))
        running = [f"up to each row it is {code(along)}"] if along is not None else []
        message = f"`{name}` is of all the rows of the group, in whatever order they stand"
        fixes = (*fixes, *rewrite(span, text, "leave the order out"))
        self._report.add("RQL226", message, span, *running, f"without an order: {code(text)}", fixes=fixes)
        return False

    def _lacks_order(self, node: tree.Window, span: Span) -> None:
        name, rows = node.call.name, rows_of(node)
        if node.call.arguments:
            message = f"`{name}` takes what it ranks by as an order"
            say_both_ways(self._report, name, to_text(node.call.arguments[0]), rows, message=message, span=span)
            return
        if len(node.keys) == 1 and is_measured(node.keys[0], self._rows):
            key = to_text(node.keys[0])
            message = f"`over` says among which rows `{name}` ranks, and {code(key)} is rather what it ranks by"
            say_both_ways(self._report, name, key, WindowRows("all"), message=message, span=span)
            return
        ranked, numbered = f"{name}(){rows.behind([self._ranking_key()])}", f"row_number(){rows.behind()}"
        hints = (f"for example: {code(ranked)}", f"in the order of the rows: {code(numbered)}")
        fixes = rewrites(span, (ranked, numbered))
        self._report.add("RQL226", f"`{name}` needs an `order` to rank by", span, *hints, fixes=fixes)

    def _key(self, node: tree.Expr) -> Operand:
        """What parts the rows."""
        if isinstance(node, tree.AnyField):
            self._several_keys(node)
            return BROKEN
        operand = self._rows.operand(node)
        if operand is not BROKEN and operand.is_constant:
            message = "a constant is the same in every row, and parts nothing"
            self._report.add("RQL226", message, operand.span, "all the rows together: `over all`")
            return BROKEN
        return operand

    def _several_keys(self, node: tree.AnyField) -> None:
        """`over config.*`: which fields those are, only the runs tell."""
        pattern = to_text(node)
        catalog = self._rows.names.catalog if self._rows.scope.fields else None
        others = [one for one in catalog.fields if one.space is Space.CONFIG] if catalog is not None else []
        known = [
            *self._some_keys(),
            *(f"config.{one.dotted}" for one in others if one.dotted.replace(".", "").isidentifier()),
        ]
        names = [name for name in dict.fromkeys(known) if fnmatchcase(name, pattern)][:_SOME_KEYS]
        before = (self._rows.context.text or "")[: max(node.span.start, 0)].rstrip()
        keys = ", ".join(names) if before.endswith(("(", ",")) else together(names) if names else ""
        hints = [f"for example: {code(f'over {together(names)}')}"] if names else []
        message = f"{code(pattern)} stands for several fields, and `over` takes each key by its name"
        self._report.add(
            "RQL226", message, self._report.place(node.span), *hints, fixes=rewrite(node.span, keys) if names else ()
        )

    def _sorted_by(self, key: tree.OrderKey) -> Operand:
        operand = self._rows.operand(key.value)
        if operand is BROKEN:
            return operand
        if operand.is_constant:
            self._report.add(
                "RQL203", "a constant orders nothing", operand.span, "order by a column: `order -summary.loss`"
            )
            return BROKEN
        if not operand.kinds & _SORTABLE:
            self._report.add("RQL203", f"`{operand.text}` is {operand.holds}, and has no order", operand.span)
            return BROKEN
        return operand

    # ------------------------------------------------------------ without `over`

    def along_run(self, node: tree.Call, span: Span) -> Operand:
        """A function that looks at other rows: of a history those of its run, along x."""
        scope = self._rows.scope
        if scope.kind is not TableKind.HISTORIES:
            return self._over_what(node, span)
        if scope.run_id is None or scope.x_axis is None:
            lacking = "the id of the run" if scope.run_id is None else "the x axis"
            message = f"`{node.name}` goes along each run, and a stage before has taken away {lacking}"
            self._report.add("RQL316", message, span, f"say which rows: {code(f'{to_text(node)} over …')}")
            return BROKEN
        function = WINDOWS.get(node.name) or fold_named(node.name)
        assert function is not None
        before, self._rows.folding = self._rows.folding, Folding.ARGUMENT
        try:
            made = self._made(function, node, span)
        finally:
            self._rows.folding = before
        if made is None:
            return BROKEN
        order = ((TCell(scope.x_axis), False),)
        return self._windowed(made, (TCell(scope.run_id),), order, node, span)

    def _over_what(self, node: tree.Call, span: Span) -> Operand:
        """It is not said which rows: the error writes it out."""
        given = list(map(to_text, node.arguments))
        if node.name in RANKED and len(given) == 1 and not given[0].startswith("-"):
            message, rows = f"`{node.name}` takes what it ranks by as an order", self._rows.own_over() or "all"
            say_both_ways(self._report, node.name, given[0], WindowRows(rows), message=message, span=span)
            return BROKEN
        order = (self._ranking_key(),) if node.name in RANKED and not given else ()
        said = {"all": "of all rows"}
        own = self._rows.own_over()
        overs = ("all", *self._some_key()) if own is None else dict.fromkeys((own, "all"))
        said_rows = [WindowRows(over, order) for over in overs]
        texts = [window_of(node.name, given, one) or f"{to_text(node)}{one.behind()}" for one in said_rows]
        hints = [f"{said.get(over, 'of each group')}: {code(text)}" for over, text in zip(overs, texts, strict=True)]
        message = f"`{node.name}` looks at other rows, and `over` says at which"
        self._report.add("RQL225", message, span, *hints, fixes=[fix for text in texts for fix in rewrite(span, text)])
        return BROKEN

    def over_hints(self, node: tree.Call) -> Iterator[str]:
        """How an aggregate stands beside its rows."""
        call, own = to_text(node), self._rows.own_over()
        if own is not None and own != "all":
            yield f"beside each row, of the rows of its group: {code(f'{call} over {own}')}"
        yield f"beside each row, of all rows: {code(f'{call} over all')}"
        for key in () if own is not None else self._some_key():
            yield f"or of the rows of its group: {code(f'{call} over {key}')}"

    def _some_key(self) -> Iterator[str]:
        """A column that parts the rows."""
        found = self._some_keys()
        if self._rows.scope.run_id is not None and self._rows.scope.kind is TableKind.HISTORIES:
            found.insert(0, self._rows.scope.run_id)
        yield from found[:1]

    def _some_keys(self) -> list[str]:
        """Settings of the runs that part them."""
        names = [*self._rows.scope.columns, *(f"config.{one}" for one in self._settings())]
        plain = (name for name in names if name.replace(".", "").replace("_", "").isalnum())
        return [name for name in dict.fromkeys(plain) if name.startswith("config.")]

    def _settings(self) -> list[str]:
        """The settings of the runs, where they may be named: those that part the runs into groups come first."""
        catalog = self._rows.names.catalog
        if catalog is None or not self._rows.scope.fields:
            return []
        texts = [one for one in catalog.fields if one.space is Space.CONFIG and one.top]
        return [one.dotted for one in sorted(texts, key=_likeliness) if isinstance(one.top[0][0], str)]

    def _ranking_key(self) -> str:
        """A column that is worth a rank, with its sign."""
        scope = self._rows.scope
        numbers = [name for name, facts in scope.columns.items() if Kind.NUMBER in facts.kinds]
        return ranking_key(numbers, self._rows.names.catalog if scope.fields else None)

    # ------------------------------------------------------------ words of other languages

    def _unknown(self, node: tree.Call, span: Span) -> Operand:
        """`prev(loss)`, `diff(loss)`, `min_rank(acc)`: functions of other rows under other names."""
        if node.name in OTHER_ROWS and node.name not in WINDOWS:
            rows = WindowRows("" if self._rows.scope.kind is TableKind.HISTORIES else "all")
            text = window_of(node.name, list(map(to_text, node.arguments)), rows)
            if text is not None:
                return self._in_own_words(node, span, text)
        return super()._unknown(node, span)

    def _in_own_words(self, node: tree.Call, span: Span, text: str) -> Operand:
        place = self._report.place(node.name_span) if node.name_span != NOWHERE else span
        hint = f"in RunQL write {code(text)}"
        self._report.add("RQL206", f"no function `{node.name}`", place, hint, fixes=rewrite(span, text))
        return BROKEN

    # ------------------------------------------------------------ what comes of it

    def _made(self, function: Function, node: tree.Call, span: Span) -> Operand | None:
        """The function with its arguments, without its rows; `None` if that is a mistake, which is reported."""
        frame = frame_of(node, span, self._rows)
        if frame is None and (
            is_framed(node) or self._is_modified(node, "a window", f"{function.form} over KEY", span)
        ):
            return None
        history = self._history(node)
        if history is not None:
            whole = f"{node.name}(logged.{history.metric})"
            hint = f"write {code(f'mean({whole}) over …')}"
            self._report.add("RQL219", f"{code(whole)} is one value of each run already", span, hint)
            return None
        if not self._arity(function, node, span) or any(say_in_quotes(one, self._rows) for one in node.arguments):
            return None
        at = _COUNTS.get(function.name)
        count = None
        if at is not None and at < len(node.arguments):
            count = self._count(function, node.arguments[at])
        given = [one for index, one in enumerate(node.arguments) if index != at]
        operands = [self._argument(function, index, one) for index, one in enumerate(given)]
        is_broken = any(operand is BROKEN for operand in operands)
        if is_broken or (count is None and len(given) < len(node.arguments)):
            return None
        if function.name not in WINDOWS:
            made = self.folded(function, operands, span)
            return made if frame is None or made is BROKEN else of_last_values(made, frame)
        kinds = frozenset({function.result}) if function.result is not Kind.UNKNOWN else operands[0].kinds
        argument = operands[0].expr if operands else None
        return Operand(TWindow(function.name, argument, amount=count, kind=kind_in(kinds), span=span), kinds)

    def _is_modified(self, node: tree.Call, where: str, form: str, span: Span) -> bool:
        """Whether a call has words that belong to the history of a run, which is reported."""
        if node.last_rows is None and node.x is None and node.held is None:
            return False
        message = f"`{modifier_text(node)}` belongs to a metric's history, not to {where}"
        self._report.add("RQL206", message, span, f"written {code(form)}")
        return True

    def _count(self, function: Function, node: tree.Expr) -> int | None:
        operand = self._rows.operand(node)
        value = operand.value
        if operand is BROKEN:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or value != value // 1
            or not 1 <= value < 2**31
        ):
            message = f"`{function.name}` goes a whole number of rows, at least 1, that is written out or a parameter"
            if function.name == "ntile":
                message = "`ntile` makes a whole number of parts, at least 1, that is written out or a parameter"
            self._report.add("RQL209", message, operand.span, f"written {code(function.form)}")
            return None
        return int(value)

    def _windowed(
        self,
        made: Operand,
        keys: tuple[TypedExpr, ...],
        order: tuple[tuple[TypedExpr, bool], ...],
        node: tree.Window | tree.Call,
        span: Span,
    ) -> Operand:
        """The window of a function and its rows."""
        approx = node.call.approx if isinstance(node, tree.Window) else node.approx
        inner = made.expr
        assert isinstance(inner, TWindow | TFold)
        amount = inner.amount if isinstance(inner, TWindow) else None
        argument, of, kind = inner.argument, inner.of, inner.kind
        expr = TWindow(inner.name, argument, of, amount, keys, order, approx, text=to_text(node), kind=kind, span=span)
        return Operand(expr, made.kinds)

    def folded(self, fold: Function, operands: Sequence[Operand], span: Span) -> Operand:
        """An aggregate of operands."""
        raise NotImplementedError


def rows_of(node: tree.Window) -> WindowRows:
    """Which rows a window looks at, as it is written."""
    over = to_text(tree.Window(tree.Call("x", ()), node.keys)).removeprefix("x() over ")
    return WindowRows(over, tuple(f"{'-' * key.descending}{to_text(key.value)}" for key in node.order))


def _likeliness(field: FieldInfo) -> tuple[bool, int, int, str]:
    """How likely a setting is a key: it has several values, each of several runs, and most runs have it."""
    values = len(field.top)
    parts = values > 1 and sum(count for _, count in field.top) >= 2 * values
    return not parts, -field.runs, values, field.dotted
