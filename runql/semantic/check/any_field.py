"""Tests of any field: `any_field ~ "vit"`, `summary.* > 0.9`, and the words of `search`."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final, assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic import typed as t
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.names.meanings import LOGGABLE
from runql.semantic.needed import children, walk
from runql.semantic.operands import BROKEN, Operand
from runql.semantic.spelling import PREFIXES, code, path_text
from runql.semantic.typed import (
    ELEMENT,
    TAnd,
    TAnyField,
    TCell,
    TCompare,
    TConst,
    THas,
    TIs,
    TNot,
    TOr,
    TQuestion,
    TTextTest,
    TypedExpr,
)
from runql.syntax import tree
from runql.text.source import NOWHERE, Span

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.I | re.A)
_TRUTHS: Final = {"true": True, "false": False}


def subject_of(node: tree.Truth) -> tree.Expr | None:
    """What stands left in a test, if anything does."""
    match node:
        case tree.Compare(left=left):
            return left
        case tree.Between() | tree.In() | tree.TextTest() | tree.Has() | tree.Is():
            return node.value
        case tree.Untagged() | tree.Not() | tree.And() | tree.Or():
            return None
        case _:
            assert_never(node)


class AnyFields:
    """Checks the tests of any field of one query. `of_rows`: it is the rows of a table that are tested, not runs.
    `subject`: the any field of the test at hand."""

    def __init__(self, expressions: ExpressionCheck, *, of_rows: bool = False) -> None:
        self._of_rows = of_rows
        self._expressions = expressions
        self._report = expressions.report
        self.subject: tree.AnyField | None = None

    # ------------------------------------------------------------ where it stands

    def value(self, node: tree.AnyField, span: Span) -> Operand:
        """Any field as an operand: the value at hand inside of its own test, elsewhere a mistake."""
        name = _name(node)
        if node is self.subject:
            return Operand(TCell(ELEMENT, span=span), LOGGABLE, text=name)
        message = f"{code(name)} stands left of a test, which holds if it does for one of these fields"
        self._report.add("RQL240", message, span, f"for example: {code(f'''{name} = 0.1''')}")
        return BROKEN

    def test(self, node: tree.Truth, subject: tree.AnyField) -> TypedExpr:
        """A test of any field. What is negated in it holds if no field passes."""
        span = self._report.place(node.span)
        if self._of_rows:
            message = f"{code(_name(subject))} asks the fields of runs, and a stage the columns of a table"
            written = self._expressions.written(node)
            hints = (f"left of the first `|`: {code(f'runs where {written}')}",) if written else ()
            self._report.add("RQL240", message, span, *hints)
        if self._of_rows or not self._known(subject):
            return TConst(False, kind=Kind.BOOL, span=span)
        before, self.subject = self.subject, subject
        try:
            test = self._expressions.tested(node)
        finally:
            self.subject = before
        for part in walk(test):
            if not _goes_beside(part):
                message = f"beside {code(_name(subject))} stands a value, not a field of the run"
                self._report.add("RQL240", message, part.span, "two fields are compared by their names")
                return TConst(False, kind=Kind.BOOL, span=span)
        positive = _positive(test)
        if positive is None:
            return self._over(subject, test, span)
        if not (isinstance(node, tree.Is) and node.state is tree.State.MISSING):
            self._say_none(node, span)
        return TNot(self._over(subject, positive, span), kind=Kind.BOOL, span=span)

    def _over(self, subject: tree.AnyField, test: TypedExpr, span: Span) -> TypedExpr:
        space, pattern = _scope(subject)
        return TAnyField(test, space, pattern, kind=Kind.BOOL, span=span)

    def _known(self, node: tree.AnyField) -> bool:
        """Whether a pattern is one of config or summary, and of fields that there are; else that is reported."""
        path, span = node.path, self._report.place(node.span)
        if path is None:
            return True
        names, name = self._expressions.names, path_text(path.segments)
        if PREFIXES[str(path.segments[0])] not in (Space.CONFIG, Space.SUMMARY):
            hint = "one value of a history is `max(logged.NAME)`; one field of any is `summary.*`"
            self._report.add("RQL210", f"{code(name)} are histories, and a test asks one value", span, hint)
            return False
        space, pattern = _scope(node)
        catalog = names.catalog
        if space is None or catalog is None or (space not in catalog.index.spaces and not catalog.complete):
            return True
        if pattern == "*" or any(one.space is space and fits(one.dotted, pattern) for one in catalog.fields):
            return True
        # What lies inside of lists no catalog knows.
        is_sure = catalog.complete and not any(
            one.space is space and one.kinds.get(Kind.LIST) for one in catalog.fields
        )
        seen, where = ("is there", "RQL201") if is_sure else ("was seen", "RQL214")
        hints = (f"`show fields {space}` lists those that there are", *catalog.blank_hints)
        self._report.add(where, f"no {space} field {code(pattern)}{names.source} {seen}", span, *hints)
        return not is_sure

    def _say_none(self, node: tree.Truth, span: Span) -> None:
        """`any_field != "x"` could be read as that some field differs."""
        written = self._expressions.written(node)
        if written:
            message = f"{code(written)} keeps the runs in which no value passes the test that it denies"
            self._report.add("RQL348", message, span)

    # ------------------------------------------------------------ search

    def search(self, clause: tree.SearchClause) -> TypedExpr | None:
        """The words of `search`: each occurs in some field, or is its number, or its truth."""
        found = self._words(clause)
        if found is None:
            return None
        words = found.split()
        if not words:
            self._report.add(
                "RQL241", "`search` has no word to look for", clause.span, 'for example: `search "vit lr"`'
            )
            return None
        terms = tuple(_mention(word, self._place_of(word, clause)) for word in dict.fromkeys(words))
        return terms[0] if len(terms) == 1 else TAnd(terms, kind=Kind.BOOL, span=clause.span)

    def _place_of(self, word: str, clause: tree.SearchClause) -> Span:
        """Where a word stands; the whole clause if it is the only one, or not there as it is."""
        text, words = self._expressions.context.text, clause.words
        if text is None or clause.span == NOWHERE or not isinstance(words, str) or len(words.split()) < 2:
            return clause.span
        found = re.search(rf"(?<!\S){re.escape(word)}(?!\S)", words)
        start = clause.span.end - 1 - len(words) + (found.start() if found else 0)
        is_there = text[clause.span.end - 1 - len(words) : clause.span.end - 1] == words
        return Span(start, start + len(word)) if is_there else clause.span

    def _words(self, clause: tree.SearchClause) -> str | None:
        if isinstance(clause.words, str):
            return clause.words
        bound = self._expressions.bound(clause.words)
        if bound is None:
            return None
        value = bound.value if not isinstance(bound, tuple) else None
        if isinstance(value, str):
            return value
        span = clause.words.span if clause.words.span != NOWHERE else clause.span
        held = "a list" if isinstance(bound, tuple) else "no text"
        self._report.add("RQL203", f"`search` takes a text, and `${clause.words.name}` is {held}", span)
        return None


def fits(name: str, pattern: str) -> bool:
    """Whether a field is under a pattern, or inside of one that is."""
    escaped = pattern.replace("[", "[[]").replace("?", "[?]")
    return fnmatchcase(name, escaped) or fnmatchcase(name, f"{escaped}.*")


def _mention(word: str, span: Span) -> TypedExpr:
    """A field that holds the word: any of its texts, its number, or its truth."""
    value = TCell(ELEMENT, span=span)
    pattern = TConst(re.escape(word), kind=Kind.TEXT, span=span)
    tests: list[TypedExpr] = [TTextTest(tree.TextOp.REGEX_ANY_CASE, value, pattern, kind=Kind.BOOL, span=span)]
    if _NUMBER.fullmatch(word) or word.lower() in _TRUTHS:
        constant: float | int | bool = _TRUTHS.get(word.lower(), False)
        if _NUMBER.fullmatch(word):
            constant = int(word) if re.fullmatch(r"[+-]?\d{1,4000}", word, re.A) else float(word)
        kind = Kind.BOOL if isinstance(constant, bool) else Kind.NUMBER
        same = TConst(constant, kind=kind, span=span)
        tests.append(TCompare(tree.Comparison.EQ, value, same, kind=Kind.BOOL, span=span))
    test = tests[0] if len(tests) == 1 else TOr(tuple(tests), kind=Kind.BOOL, span=span)
    return TAnyField(test, word=word, kind=Kind.BOOL, span=span)


def _name(node: tree.AnyField) -> str:
    return "any_field" if node.path is None else path_text(node.path.segments)


def _scope(node: tree.AnyField) -> tuple[Space | None, str]:
    if node.path is None:
        return None, "*"
    return PREFIXES[str(node.path.segments[0])], ".".join(map(str, node.path.segments[1:]))


def _goes_beside(part: TypedExpr) -> bool:
    """Whether a part of the test reads nothing but the value at hand."""
    return (
        isinstance(part, TConst | TQuestion)
        or (isinstance(part, TCell) and part.name == ELEMENT)
        or bool(children(part))
    )


def _positive(test: TypedExpr) -> TypedExpr | None:  # noqa: PLR0911 - one a shape
    """What a negated test denies; `exists` is no negation."""
    match test:
        case TNot(value=TIs(state=tree.State.MISSING)):
            return None
        case TIs(state=tree.State.MISSING):
            return TNot(test, kind=Kind.BOOL, span=test.span)
        case TNot(value=value):
            return value
        case TCompare(op=tree.Comparison.NE):
            return replace(test, op=tree.Comparison.EQ)
        case THas(mode=tree.HasMode.NONE):
            return replace(test, mode=tree.HasMode.ANY)
        case t.TConst() | t.TField() | t.TCompare() | t.TBetween() | t.TIn() | t.TTextTest() | t.THas() | t.TUntagged():
            return None
        case t.TAnyField() | t.TIs() | t.TLogged() | t.TAnd() | t.TOr() | t.TArithmetic() | t.TNegate() | t.TCall():
            return None
        case t.TAggregate() | t.TCell() | t.TFold() | t.TQuestion() | t.TWindow():
            return None
        case _:
            assert_never(test)
