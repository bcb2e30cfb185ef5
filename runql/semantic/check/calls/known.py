"""Calls: functions of values, and aggregates of one metric's history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from runql.language.aggregates import HISTORY_AGGREGATES
from runql.language.entry import Function
from runql.language.fields import Space
from runql.language.functions import FUNCTIONS
from runql.language.kinds import Kind
from runql.semantic.check.arguments import check_written_out, regex_value, takes_regex
from runql.semantic.check.calls.unknown import UnknownCalls
from runql.semantic.check.histories import HistoryCalls, modifier_text, of_the_last
from runql.semantic.check.history_idioms import along_meant, largest_of_all
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check_context import rewrite
from runql.semantic.folds import history_fold_named
from runql.semantic.names.foreign_calls import pattern_first
from runql.semantic.names.idioms import FOREIGN_CALLS, run_field_named
from runql.semantic.names.meanings import LoggedName
from runql.semantic.operands import ANY_KIND, BROKEN, SAID, Operand, kind_in, quoted
from runql.semantic.spelling import PREFIXES, code, field_text
from runql.semantic.typed import TArithmetic, TCall, TConst, TypedExpr
from runql.syntax import to_text, tree
from runql.text.diagnostic import Fix
from runql.text.source import NOWHERE, Span

_ZONED = frozenset({"date", "week", "month", "year", "hour", "weekday", "format", "time"})
"""The functions for which it matters in which zone the days are."""

_CASTS = {Kind.NUMBER: "number", Kind.TEXT: "text", Kind.TIME: "time"}
_WORDS = {"number": "a number", "text": "text", "time": "a time"}


class Calls(UnknownCalls):
    """Checks the calls of one query."""

    def __init__(self, expressions: ExpressionCheck) -> None:
        super().__init__(expressions)
        self.histories = HistoryCalls(expressions)

    def call(self, node: tree.Call, span: Span) -> Operand:
        """A call as an operand."""
        if any(isinstance(one, tree.Field) and not one.path.segments for one in node.arguments):
            self._report.unreadable = True
            return BROKEN
        foreign = self._foreign(node)
        if foreign is not None:
            message = f"`{node.name}(…)` is not how RunQL writes a field"
            self._report.add("RQL108", message, span, f"in RunQL write {code(foreign)}", fixes=rewrite(span, foreign))
            return BROKEN
        of_history = history_fold_named(node.name)
        if of_history is not None and not (node.name in FUNCTIONS and len(node.arguments) > 1):
            return self._of_metric(of_history, node, span)
        if node.name in FUNCTIONS:
            return self._function(FUNCTIONS[node.name], node, span)
        return self._unknown(node, span)

    def _of_metric(self, function: Function, node: tree.Call, span: Span) -> Operand:
        """A value of a metric's history."""
        if node.name == "when":
            return self.histories.when(function, node, span)
        history = self._history(node)
        if history is None:
            return self._needs_history(function, node, span)
        return self.histories.aggregate(function, node, history, span)

    def _foreign(self, node: tree.Call) -> str | None:
        """`Config("lr")`, as W&B's reports write it."""
        space = FOREIGN_CALLS.get(node.name)
        if space is None or len(node.arguments) != 1:
            return None
        argument = node.arguments[0]
        if not (isinstance(argument, tree.Literal) and isinstance(argument.value, str)):
            return None
        if space is Space.RUN:
            return run_field_named(argument.value)
        text = field_text(space, tuple(argument.value.split(".")))
        return f"exists({text})" if space is Space.LOGGED else text

    def _history(self, node: tree.Call) -> LoggedName | None:
        """The metric, if the first argument is `logged.METRIC`."""
        if not node.arguments or not isinstance(node.arguments[0], tree.Field):
            return None
        path = node.arguments[0].path
        if len(path.segments) < 2 or PREFIXES.get(str(path.segments[0])) is not Space.LOGGED:
            return None
        span = path.span if path.span != NOWHERE else node.arguments[0].span
        return LoggedName(".".join(map(str, path.segments[1:])), path.is_glob, span)

    def _needs_history(self, function: Function, node: tree.Call, span: Span) -> Operand:
        hints: tuple[str, ...] = (f"for example: `{function.example}`",)
        fixes: tuple[Fix, ...] = ()
        message = f"`{node.name}` takes one metric's history, written `logged.METRIC`"
        if node.name in FUNCTIONS:
            message += ", or several values"
        argument = node.arguments[0] if node.arguments else None
        metric = self._metric_meant(argument) if isinstance(argument, tree.Field) else ()
        if isinstance(argument, tree.Field) and metric:
            written = field_text(Space.LOGGED, metric)
            call = replace(node, arguments=(tree.Field(tree.Path(("logged", *metric))), *node.arguments[1:]))
            few = along_meant(call) or of_the_last(call)
            hints = (f"write {code(to_text(few or call))}",)
            fixes = rewrite(argument.span, written) if few is None else rewrite(span, to_text(few))
        if (of_all := largest_of_all(node, self._expressions.context.text, span)) is not None:
            hints = (f"of all runs: {code(of_all)}", *(f"of each run's history: {hint}" for hint in hints if metric))
            fixes = (*rewrite(span, of_all), *fixes)
        self._report.add("RQL206", message, span, *hints, fixes=fixes)
        return BROKEN

    def _metric_meant(self, field: tree.Field) -> tuple[str | int, ...]:
        """The metric that a field stands for where only a history can: without its prefix; a bare name if it is one."""
        segments = field.path.segments
        if _prefix(field) == _SYSTEM:
            return segments if segments[1:] else ()
        if _prefix(field) in PREFIXES:
            return segments[1:]
        names = self._expressions.metrics.names()
        return segments if ".".join(map(str, segments)) in names or not names else ()

    # ------------------------------------------------------------ functions of values

    def _function(self, function: Function, node: tree.Call, span: Span) -> Operand:
        if function.name in HISTORY_AGGREGATES and len(node.arguments) == 1:
            return self._needs_history(HISTORY_AGGREGATES[function.name], node, span)
        if self._is_turned(function, node, span) or not self._arity(function, node, span):
            return BROKEN
        if node.last_rows is not None or node.approx or node.x is not None or node.held is not None:
            word = modifier_text(node)
            message = f"`{word}` belongs to a metric's history, not to values"
            self._report.add("RQL206", message, span, f"for example: `{HISTORY_AGGREGATES['mean'].example}`")
            return BROKEN
        operands = [self._argument(function, i, argument) for i, argument in enumerate(node.arguments)]
        if any(operand is BROKEN for operand in operands):
            return BROKEN
        if not check_written_out(function, node.arguments, operands, self._report):
            return BROKEN
        kinds = self._result(function, operands)
        expr = self._called(function, operands, kinds, span)
        text = f"{function.name}({', '.join(o.text for o in operands)})" if all(o.text for o in operands) else ""
        return Operand(expr, kinds, text=text)

    def _called(self, function: Function, operands: list[Operand], kinds: frozenset[Kind], span: Span) -> TypedExpr:
        context = self._expressions.context
        arguments = tuple(operand.expr for operand in operands)
        if function.name == "age":
            now = TConst(context.now.astimezone(UTC), kind=Kind.TIME, span=span)
            return TArithmetic(tree.ArithmeticOp.SUB, now, arguments[0], kind=Kind.NUMBER, span=span)
        zone = context.zone if function.name in _ZONED else None
        return TCall(function.name, arguments, zone, kind=kind_in(kinds), span=span)

    def _argument(self, function: Function, index: int, node: tree.Expr) -> Operand:
        parameter = function.parameter(index)
        if parameter.kinds == {Kind.BOOL}:
            expr = self._expressions.condition(node)
            return Operand(expr, frozenset({Kind.BOOL}), text=self._expressions.written(node))
        if isinstance(node, tree.Regex):
            if not takes_regex(node, function, index, self._report):
                return BROKEN
            operand = regex_value(self._expressions, node)
        else:
            operand = self._expressions.operand(node)
        if operand is BROKEN or operand.kinds & parameter.kinds:
            return operand
        takes = " or ".join(SAID[k] for k in Kind if k in parameter.kinds)
        message = f"{quoted(operand)} is {operand.holds}, and `{function.name}` takes {takes}"
        hints, fixes = self._cast(operand, parameter.kinds, node.span)
        self._report.add("RQL203", message, operand.span, *hints, f"written `{function.form}`", fixes=fixes)
        return BROKEN

    def _cast(self, operand: Operand, wanted: frozenset[Kind], span: Span) -> tuple[tuple[str, ...], tuple[Fix, ...]]:
        """The cast that makes a value fit, where it can hold one of the kind that is wanted."""
        cast = next((_CASTS[kind] for kind in Kind if kind in wanted and kind in _CASTS), None)
        can = {"text": ANY_KIND, "time": {Kind.TEXT, Kind.NUMBER}, "number": {Kind.TEXT, Kind.BOOL, Kind.TIME}}
        if cast is None or not operand.text or not operand.kinds & can[cast]:
            return (), ()
        text = f"{cast}({operand.text})"
        return (f"as {_WORDS[cast]}: {code(text)}",), rewrite(span, text)

    def _is_turned(self, function: Function, node: tree.Call, span: Span) -> bool:
        """Whether it is KQL's `extract`, whose pattern stands first, and is reported."""
        given = [self._expressions.written(argument) for argument in node.arguments]
        text = pattern_first(node.arguments, given) if function.name == "extract" else None
        if text is not None:
            message = "the text stands first in `extract`, then the pattern"
            place = self._report.place(node.arguments[1].span)
            self._report.add("RQL234", message, place, f"in RunQL write {code(text)}", fixes=rewrite(span, text))
        return text is not None

    def _arity(self, function: Function, node: tree.Call, span: Span) -> bool:
        count = len(node.arguments)
        if count >= function.least and (function.most is None or count <= function.most):
            return True
        if function.most is None:
            takes = f"at least {function.least} arguments"
        elif function.most == function.least:
            takes = "one argument" if function.least == 1 else f"{function.least} arguments"
        else:
            takes = f"{function.least} to {function.most} arguments"
        hint = f"written `{function.form}`"
        self._report.add("RQL206", f"`{function.name}` takes {takes}, not {count}", span, hint)
        return False

    @staticmethod
    def _result(function: Function, operands: list[Operand]) -> frozenset[Kind]:
        if function.result is not Kind.UNKNOWN:
            return frozenset({function.result})
        if function.name == "split":
            return frozenset({Kind.TEXT if len(operands) > 2 else Kind.LIST})
        if function.name == "element":
            return ANY_KIND
        values = operands[1:] if function.name == "if" else operands
        kinds = frozenset[Kind]().union(*(o.kinds for o in values if not o.is_null))
        if function.name in ("min", "max"):
            kinds &= {Kind.NUMBER, Kind.TIME}
        return kinds or ANY_KIND


_SYSTEM = "system"


def _prefix(field: tree.Field) -> str:
    return str(field.path.segments[0]) if field.path.segments else ""
