"""Tests of texts and lists: `~ contains startswith endswith glob`, `has`."""

from __future__ import annotations

import re

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check_context import Report, rewrite, rewrites
from runql.semantic.operands import BROKEN, Operand, constant, element_text, example_value, literal_text, quoted
from runql.semantic.spelling import code
from runql.semantic.typed import TField, THas, TTextTest, TypedExpr
from runql.syntax import tree
from runql.text.diagnostic import Fix
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

_REGEXES = (tree.TextOp.REGEX, tree.TextOp.REGEX_ANY_CASE)
_RE2 = "the syntax of RE2 is at `https://github.com/google/re2/wiki/Syntax`"
_GLOB = re.compile(r"[*?][\w.*?/ -]*")
"""A pattern of file names, which as a regular expression repeats nothing."""
_PATTERNS = (*_REGEXES, tree.TextOp.GLOB)


class TextTests:
    """Checks the tests of text and of lists of one query."""

    def __init__(self, expressions: ExpressionCheck) -> None:
        self._expressions = expressions
        self._report = expressions.report

    def text(self, node: tree.TextTest, span: Span) -> TypedExpr:
        value = self._expressions.operand(node.value)
        if isinstance(node.pattern, tree.Regex):
            inner = node.pattern.pattern
            fixes = rewrite(node.pattern.span, self._expressions.written(inner))
            self._report.add("RQL235", f"`{node.op}` takes its pattern without `re`", node.pattern.span, fixes=fixes)
            return TTextTest(node.op, value.expr, BROKEN.expr, kind=Kind.BOOL, span=span)
        pattern = self._expressions.beside(value, node.pattern)
        self._must_be_text(value, node)
        is_told = value.kinds == {Kind.NUMBER} and pattern.kinds == {Kind.NUMBER}
        if pattern is not BROKEN and not is_told:
            self._pattern(node, value, pattern)
        return TTextTest(node.op, value.expr, pattern.expr, kind=Kind.BOOL, span=span)

    def _must_be_text(self, value: Operand, node: tree.TextTest) -> None:
        if value.kinds & {Kind.TEXT, Kind.LIST} or value is BROKEN:
            return
        pattern = node.pattern.value if isinstance(node.pattern, tree.Literal) else None
        is_number = isinstance(pattern, int | float) and not isinstance(pattern, bool)
        test = f"= {pattern}" if is_number else f"> {example_value(value)}"
        hints = (f"for example: `{value.text} {test}`",) if Kind.NUMBER in value.kinds else ()
        self._report.add("RQL203", f"{quoted(value)} is {value.holds}, and `{node.op}` tests text", value.span, *hints)

    def _pattern(self, node: tree.TextTest, value: Operand, pattern: Operand) -> None:
        if Kind.TEXT not in pattern.kinds or pattern.is_null:
            self._not_a_text(node, value, pattern)
        elif (text := self._number_in_quotes(node, value, pattern)) is not None:
            message = f"{quoted(value)} holds numbers, and `{node.op}` tests texts: it holds for no run"
            fixes = rewrite(self._report.place(node.span), text)
            self._report.add("RQL212", message, self._report.place(node.span), f"write {code(text)}", fixes=fixes)
        elif node.op in _PATTERNS and not pattern.is_constant:
            message = f"the pattern of `{node.op}` must be written out, or be a parameter"
            self._report.add("RQL204", message, pattern.span, "`contains` takes the value of another field")
        elif node.op in _REGEXES:
            self._regex(node, pattern)

    def _not_a_text(self, node: tree.TextTest, of: Operand, pattern: Operand) -> None:
        op = node.op
        if pattern.is_null:
            self._report.add("RQL203", f"`{op}` takes a text, and this is null", pattern.span)
            return
        text = f'"{pattern.text}"'
        hints = (f"in quotes: `{text}`",) if pattern.is_constant else ()
        fixes = rewrite(pattern.span, text) if hints else ()
        if pattern.is_constant and op is tree.TextOp.CONTAINS and of.kinds == frozenset({Kind.LIST}):
            text = f"{'not ' * node.negated}{of.text} has {element_text(pattern, of.info)}"
            hints = (f"an element of a list is asked with `has`: {code(text)}",)
            fixes = rewrite(self._report.place(node.span), text)
        message = f"`{op}` takes a text, and {quoted(pattern)} is {pattern.holds}"
        self._report.add("RQL203", message, pattern.span, *hints, fixes=fixes)

    def _has_number_in_quotes(self, node: tree.Has, value: Operand, item: Operand, span: Span) -> None:
        """`config.sizes has "32"` of lists of numbers."""
        if (text := self._number_in_quotes(node, value, item)) is not None:
            message = f"{quoted(value)} holds numbers, and {quoted(item)} is a text: it holds for no run"
            self._report.add("RQL212", message, span, f"write {code(text)}", fixes=rewrite(span, text))

    @staticmethod
    def _number_in_quotes(node: tree.TextTest | tree.Has, value: Operand, pattern: Operand) -> str | None:
        """`config.sizes contains "32"` of lists of numbers: what is meant. `None` where it may hold."""
        known = [one for one, _ in value.info.elements] if value.info is not None else []
        written = pattern.value.strip() if isinstance(pattern.value, str) and not pattern.shown else ""
        is_number = re.fullmatch(r"-?\d+(?:\.\d+)?", written) is not None
        if value.kinds != {Kind.LIST} or not known or not is_number or any(isinstance(one, str) for one in known):
            return None
        return f"{'not ' * node.negated}{value.text} has {written}"

    def _regex(self, node: tree.TextTest, pattern: Operand) -> None:
        if not isinstance(pattern.value, str) or (error := check_pattern(pattern.value)) is None:
            return
        span, value = pattern.span, pattern.value
        plain = isinstance(node.pattern, tree.Literal) and span.end - span.start == len(value) + 2
        if plain and error.start is not None and error.end is not None:
            span = Span(pattern.span.start + 1 + error.start, pattern.span.start + 1 + error.end)
        # A bracket or a star that was not meant as one: then the text itself was.
        is_slip = not error.hint and "RE2" not in error.message
        hints = (error.hint,) if error.hint else ("`contains` takes a text as it stands",) if is_slip else (_RE2,)
        fixes: tuple[Fix, ...] = ()
        if is_slip and node.op is tree.TextOp.REGEX and not node.negated and node.value.span != NOWHERE:
            text = f" {'glob' if _GLOB.fullmatch(value) else 'contains'} {pattern.text}"
            if text.startswith(" glob"):
                hints = ("`glob` takes a pattern with `*` and `?`",)
            fixes = rewrite(Span(node.value.span.end, pattern.span.end), text, f"write `{text.strip()}`")
        if error.excluded is not None and not node.negated and node.value.span != NOWHERE:
            op = "!~*" if node.op is tree.TextOp.REGEX_ANY_CASE else "!~"
            between = Span(node.value.span.end, pattern.span.end)
            text = f" {op} {constant(error.excluded, NOWHERE).text}"
            fixes = rewrite(between, text, f"write `{text.strip()}`")
        self._report.add("RQL204", f"bad regular expression: {error.message}", span, *hints, fixes=fixes)

    def _written(self, item: Operand) -> str:
        """An item as it stands in the text: `lr`, not the field that it was read as."""
        whole = self._expressions.context.text
        return item.text if whole is None or item.span == NOWHERE else whole[item.span.start : item.span.end].strip()

    def has(self, node: tree.Has, span: Span) -> TypedExpr:
        value = self._expressions.operand(node.value)
        if _is_of_nothing(node):
            return self._has_nothing(value, node, span)
        items = self._expressions.items(node.items, value)
        if Kind.LIST not in value.kinds and value is not BROKEN:
            hints = (f"for example: `{value.text} = {example_value(value)}`",)
            fixes: tuple[Fix, ...] = ()
            if Kind.TEXT in value.kinds:
                hints = (f'text is asked with `contains`: `{value.text} contains "…"`',)
                if node.mode is tree.HasMode.ONE and len(items) == 1 and Kind.TEXT in items[0].kinds:
                    text = f"{value.text} {'not ' * node.negated}contains {self._written(items[0])}"
                    fixes = rewrite(span, text)
            message = f"{quoted(value)} is {value.holds}, and `has` asks a list"
            self._report.add("RQL203", message, value.span, *hints, fixes=fixes)
        if node.mode is tree.HasMode.ONE and len(items) == 1:
            self._has_number_in_quotes(node, value, items[0], span)
        is_tags = isinstance(value.expr, TField) and value.expr.key.space is Space.RUN
        for item in items if is_tags else ():
            if isinstance(item.value, tuple) and node.mode is tree.HasMode.ONE and item.value:
                inner = ", ".join(map(literal_text, item.value))
                hint = "several are asked for with `has any (…)` or `has all (…)`"
                texts = [f"has any ({inner})", f"has all ({inner})"]
                place = Span(value.span.end, item.span.end)
                fixes = rewrites(place, [f" {'not ' * node.negated}{text}" for text in texts])
                self._report.add("RQL203", "a tag is text, not a list", item.span, hint, fixes=fixes)
            elif Kind.TEXT not in item.kinds:
                text = f'"{self._written(item)}"'
                self._report.add(
                    "RQL203",
                    f"a tag is text, not {item.holds}",
                    item.span,
                    f"in quotes: `{text}`",
                    fixes=rewrite(item.span, text),
                )
        if not items and node.mode not in (tree.HasMode.ALL, tree.HasMode.NONE):
            self._report.add("RQL212", "an empty list holds nothing, so no run matches", span)
        return THas(node.mode, value.expr, tuple(i.expr for i in items), kind=Kind.BOOL, span=span)

    def _has_nothing(self, value: Operand, node: tree.Has, span: Span) -> TypedExpr:
        """`tags has none`: whether a list is empty."""
        text = f"len({value.text}) {'!=' if node.negated else '='} 0"
        hint = f"whether a list is empty is asked with {code(text)}, that it lacks a value with `has none (…)`"
        self._report.add("RQL203", "`has` takes a value, and `none` is none", span, hint, fixes=rewrite(span, text))
        return THas(node.mode, value.expr, (), kind=Kind.BOOL, span=span)


def _is_of_nothing(node: tree.Has) -> bool:
    """Whether a bare `none` stands where a value must."""
    if not isinstance(node.items, tuple) or len(node.items) != 1 or node.mode is not tree.HasMode.ONE:
        return False
    item = node.items[0]
    return isinstance(item, tree.Field) and not item.path.exact and item.path.segments in {("none",), ("None",)}


_LOOK_AROUND = re.compile(r"\(\?(?:[=!]|<[=!])")
_BACK_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*(\\[1-9]|\(\?P=\w+\))")
_ONLY_EXCLUDES = re.compile(r"\^?\(\?!(?P<inner>(?:[^()\\]|\\.)*)\)(?:\.\*)?\$?\Z")
_POSSESSIVE = re.compile(r"(?<!\\)[*+?}]\+|\(\?>")


@frozen
class PatternError:
    """Why a pattern is not RE2: `start` and `end` in the pattern if known; `excluded` is what `!~` could take."""

    message: str
    start: int | None = None
    end: int | None = None
    hint: str | None = None
    excluded: str | None = None


def check_pattern(pattern: str) -> PatternError | None:
    """What is wrong with a regular expression, or `None` if RE2 takes it."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return _explain(pattern, text)
    except UnicodeEncodeError:
        return PatternError("the pattern holds half of a surrogate pair")
    return None


def pattern_groups(pattern: str) -> int:
    """How many groups a regular expression has."""
    import re2

    groups: int = re2.compile(pattern).groups
    return groups


def report_pattern(pattern: str, node: tree.Expr, span: Span, report: Report) -> bool:
    """Whether RE2 takes a pattern; what is wrong with it is reported where it stands."""
    error = check_pattern(pattern)
    if error is None:
        return True
    written = node.pattern if isinstance(node, tree.Regex) else node
    plain = isinstance(written, tree.Literal) and span.end - span.start == len(pattern) + 2
    if plain and error.start is not None and error.end is not None:
        span = Span(span.start + 1 + error.start, span.start + 1 + error.end)
    hint = error.hint if error.hint and error.excluded is None else _RE2
    report.add("RQL204", f"bad regular expression: {error.message}", span, hint)
    return False


def _explain(pattern: str, reason: str) -> PatternError:
    if found := _LOOK_AROUND.search(pattern):
        whole = _ONLY_EXCLUDES.match(pattern)
        inner = whole.group("inner") if whole else None
        excluded = ("^" if pattern.startswith("^") else "") + inner if inner else None
        hint = 'RE2 has no look-around; to leave texts out, test them with `!~ "…"`'
        return PatternError("look-around is not part of RE2", found.start(), found.end(), hint, excluded)
    if found := _BACK_REFERENCE.search(pattern):
        return PatternError("a back-reference is not part of RE2", found.start(1), found.end(1))
    if found := _POSSESSIVE.search(pattern):
        return PatternError("a possessive or atomic group is not part of RE2", found.start(), found.end())
    what, _, fragment = reason.partition(": ")
    start = pattern.find(fragment) if fragment else -1
    if start < 0 or fragment == pattern:
        return PatternError(what or "it is not RE2")
    return PatternError(what, start, start + len(fragment))
