"""Arguments of functions that say how: regular expressions and what replaces them, patterns of times, percentages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from runql.language.entry import Function
from runql.language.functions.times import DIRECTIVES
from runql.language.kinds import TEXT, Kind
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check.text_tests import pattern_groups, report_pattern
from runql.semantic.check_context import Report, rewrite
from runql.semantic.operands import BROKEN, Operand, literal_text, quoted
from runql.semantic.replacements import GROUP
from runql.semantic.spelling import code
from runql.semantic.typed import TConst
from runql.semantic.values import RegexValue
from runql.syntax import tree
from runql.text.source import Span

_DIRECTIVE: Final = re.compile(r"%(.?)", re.DOTALL)
_DOLLAR: Final = re.compile(r"\$\{?([0-9])\}?")
_LONG_NAMES: Final = re.compile(r"YYYY|yyyy|MM|DD|dd|HH|hh")
_OF_LONG_NAMES: Final = {"YYYY": "%Y", "yyyy": "%Y", "MM": "%m", "DD": "%d", "dd": "%d", "HH": "%H", "hh": "%H"}


def check_written_out(
    function: Function, nodes: Sequence[tree.Expr], operands: Sequence[Operand], report: Report
) -> bool:
    """Whether the arguments that say how are right; what is wrong with them is reported."""
    for index, operand in enumerate(operands):
        if function.parameter(index).written_out and not operand.is_constant:
            message = (
                f"the `{function.parameter(index).name}` of `{function.name}` must be written out, or be a parameter"
            )
            report.add("RQL234", message, operand.span, f"for example: {code(function.example)}")
            return False
    check = _CHECKS.get(function.name)
    before = len(report.found)
    if check is not None:
        check(nodes, operands, report)
    return len(report.found) == before


def _place_in(node: tree.Expr, start: int, end: int, span: Span) -> Span:
    """A stretch of a text as it is written, where its characters stand for themselves; else the whole."""
    if isinstance(node, tree.Regex):
        node = node.pattern
    plain = isinstance(node, tree.Literal) and isinstance(node.value, str)
    if not plain or span.end - span.start != len(str(node.value)) + 2 or node.span != span:  # type: ignore[union-attr]
        return span
    return Span(span.start + 1 + start, span.start + 1 + end)


def _pattern_of(node: tree.Expr, operand: Operand) -> tuple[str, Span] | None:
    """The regular expression that an argument is, and where it stands."""
    if isinstance(operand.value, RegexValue):
        inner = node.pattern.span if isinstance(node, tree.Regex) else operand.span
        return operand.value.pattern, inner
    return None


def _replace(nodes: Sequence[tree.Expr], operands: Sequence[Operand], report: Report) -> None:
    _, old, new = operands
    found = _pattern_of(nodes[1], old)
    if found is None:
        _not_empty(old, report, "replace")
        return
    pattern, span = found
    if not report_pattern(pattern, nodes[1], span, report) or not isinstance(new.value, str):
        return
    groups = pattern_groups(pattern)
    for match in GROUP.finditer(new.value):
        if int(match[1]) > groups:
            place = _place_in(nodes[2], *match.span(), new.span)
            report.add("RQL234", f"the pattern has {_groups(groups)}, and `{match[0]}` is another", place)
            return
    dollar = _DOLLAR.search(new.value)
    if dollar is not None and int(dollar[1]) <= groups:
        text = literal_text(_DOLLAR.sub(r"\\\1", new.value)).replace("\\\\", "\\")
        hint = f"a group is written with a backslash: {code(text)}"
        message = f"`{dollar[0]}` is a text here, not a group of the pattern"
        report.add(
            "RQL234", message, _place_in(nodes[2], *dollar.span(), new.span), hint, fixes=rewrite(new.span, text)
        )


def _split(nodes: Sequence[tree.Expr], operands: Sequence[Operand], report: Report) -> None:
    found = _pattern_of(nodes[1], operands[1])
    if found is not None:
        report_pattern(found[0], nodes[1], found[1], report)
    else:
        _not_empty(operands[1], report, "split")


def _not_empty(operand: Operand, report: Report, name: str) -> None:
    if operand.value == "":
        report.add("RQL234", f"`{name}` looks for a text, and this one is empty", operand.span)


def _extract(nodes: Sequence[tree.Expr], operands: Sequence[Operand], report: Report) -> None:
    pattern = operands[1].value
    text, span = _pattern_of(nodes[1], operands[1]) or (pattern, operands[1].span)
    if not isinstance(text, str) or not report_pattern(text, nodes[1], span, report):
        return
    group = operands[2].value if len(operands) > 2 else 0
    groups = pattern_groups(text)
    if isinstance(group, int | float) and group not in range(groups + 1):
        report.add("RQL234", f"the pattern has {_groups(groups)}, and no group {operands[2].text}", operands[2].span)


def _groups(count: int) -> str:
    return "no group" if not count else "one group" if count == 1 else f"{count} groups"


def _format(nodes: Sequence[tree.Expr], operands: Sequence[Operand], report: Report) -> None:
    pattern = operands[1].value
    if not isinstance(pattern, str):
        return
    hint = "there are `%Y %m %d %H %M %S %j %G %V %u %a %b %z` and others"
    for match in _DIRECTIVE.finditer(pattern):
        if match[1] not in DIRECTIVES or not match[1]:
            place = _place_in(nodes[1], *match.span(), operands[1].span)
            report.add("RQL234", f"`format` has no {code(match[0])}", place, hint)
            return
    if "%" not in pattern:
        text = literal_text(_LONG_NAMES.sub(lambda match: _OF_LONG_NAMES[match[0]], pattern))
        fixes = rewrite(operands[1].span, text) if "%" in text else ()
        hints = (f"write {code(text)}",) if fixes else (hint,)
        report.add("RQL234", "the pattern of `format` shows nothing of the time", operands[1].span, *hints, fixes=fixes)


def _clip(_nodes: Sequence[tree.Expr], operands: Sequence[Operand], report: Report) -> None:
    _, least, most = operands
    if least.is_constant and most.is_constant and not least.is_null and not most.is_null and least.value > most.value:
        fixes = rewrite(least.span.to(most.span), f"{most.text}, {least.text}")
        report.add("RQL234", "the limits of `clip` are the wrong way round", least.span.to(most.span), fixes=fixes)


def _substr(_nodes: Sequence[tree.Expr], operands: Sequence[Operand], report: Report) -> None:
    count = operands[2].value if len(operands) > 2 else 0
    if isinstance(count, int | float) and count < 0:
        report.add("RQL234", "`substr` takes so many characters, and this is below 0", operands[2].span)


_CHECKS: Final = {
    "replace": _replace,
    "split": _split,
    "extract": _extract,
    "format": _format,
    "clip": _clip,
    "substr": _substr,
}


def percent_of(operand: Operand, report: Report) -> float | None:
    """The percentage of `percentile(x, q)`; `None` if that is reported as an error."""
    percent = operand.value
    if not isinstance(percent, int | float) or isinstance(percent, bool) or not 0 <= percent <= 100:
        report.add("RQL234", f"a percentile is a number from 0 to 100, and this is {quoted(operand)}", operand.span)
        return None
    if 0 < percent < 1:
        text = f"{percent * 100:.10g}"
        hint = f"the one below which {text} % of the values lie is `percentile(…, {text})`"
        report.add("RQL344", f"{operand.text} is less than one percent", operand.span, hint)
    return percent


def takes_regex(node: tree.Expr, function: Function, index: int, report: Report) -> bool:
    """Whether a `re "…"` may stand there; that it may not is reported."""
    if function.parameter(index).takes_regex:
        return True
    takers = "`replace`, `split` and `extract`"
    report.add("RQL235", f"a regular expression stands in {takers}, not here", node.span)
    return False


def regex_value(expressions: ExpressionCheck, node: tree.Regex) -> Operand:
    """The pattern as a value of its own, which no text equals."""
    span = expressions.report.place(node.span)
    operand = expressions.operand(node.pattern)
    if operand is BROKEN:
        return BROKEN
    if isinstance(operand.value, str):
        return Operand(TConst(RegexValue(operand.value), kind=Kind.TEXT, span=span), TEXT, text=f"re {operand.text}")
    expressions.report.add("RQL203", f"behind `re` stands a text, and {quoted(operand)} is {operand.holds}", span)
    return BROKEN


def regex_alone(span: Span, report: Report) -> Operand:
    """`re "…"` that is no argument, which is reported."""
    hint = 'for example: `replace(name, re "s([0-9]+)$", "seed \\1")`; `~` takes one without `re`'
    report.add("RQL235", "a regular expression is an argument of a function", span, hint)
    return BROKEN
