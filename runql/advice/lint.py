"""Lint of intent before anything is read: what a project calls by two names, or holds in two types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.columns import mentions
from runql.plan.nodes import Filter, Histories, Plan, Projection, expressions_of, stages_of, table_of, those
from runql.semantic import typed as t
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.needed import postorder
from runql.semantic.operands import literal_text
from runql.semantic.spelling import code, info_text
from runql.semantic.typed import (
    FieldKey,
    TBetween,
    TCompare,
    TConst,
    TCorr,
    TDuplicates,
    TField,
    TGroup,
    TypedExpr,
)
from runql.semantic.values import Value, kind_of
from runql.syntax.tree import Comparison
from runql.text.diagnostic import Diagnostic
from runql.text.letters import distance
from runql.text.source import Span

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LEAST_LETTERS = 5
_QUIET = frozenset({Kind.MISSING, Kind.NULL})
_ORDERS = frozenset({Comparison.LT, Comparison.LE, Comparison.GT, Comparison.GE})

BothIn = Callable[[FieldInfo, FieldInfo], "int | None"]
"""How many runs have both of two fields; `None` if to know it would cost a request."""


def lint(plan: Plan, catalog: Catalog, both_in: BothIn) -> Iterator[Diagnostic]:
    """What to say of the fields that a plan names: two names for one thing (RQL324), values of two types (RQL325)."""
    named = {(info.space, info.path): info for info in _named(plan, catalog)}
    for info in named.values():
        for other in catalog.fields:
            if (other.space, other.path) in named or not _may_be_one(info, other, catalog):
                continue
            both = both_in(info, other)
            if not both:
                yield _two_names(info, other, catalog, apart=both == 0)
                break
    if any(isinstance(stage, _TELLS_APART) for stage in stages_of(plan)):
        yield from _split(plan, set(named), catalog, both_in)
    for node in those(plan, Filter):
        yield from _tests(node.condition, catalog)


_TELLS_APART = (TGroup, TCorr, TDuplicates)
_MOST_SPLIT = 300
"""Fields that only some runs have, up to which each is held against each."""


def _split(
    plan: Plan, named: set[tuple[Space, tuple[str, ...]]], catalog: Catalog, both_in: BothIn
) -> Iterator[Diagnostic]:
    """Two names for one setting among all those by which a stage tells runs apart: each run lacks one of them."""
    table = table_of(plan)
    columns = table.columns if isinstance(table, Projection | Histories) else ()
    if not any(column.glob is not None and column.glob.space is Space.CONFIG for column in columns or ()):
        return
    total = catalog.looked_at(Space.CONFIG)
    some = [one for one in catalog.fields if one.space is Space.CONFIG and one.runs < total]
    some = [one for one in some if (one.space, one.path) not in named]
    for info, other in combinations(some, 2) if len(some) <= _MOST_SPLIT else ():
        if _may_be_one(info, other, catalog):
            both = both_in(info, other)
            if not both:
                yield _two_names(info, other, catalog, apart=both == 0)


def _named(plan: Plan, catalog: Catalog) -> Iterator[FieldInfo]:
    """The fields and the metrics that a plan names, as the catalog knows them. A metric ends in the summary."""
    for node in mentions(expressions_of(plan)):
        if isinstance(node, TField) and (info := _info(node.key, catalog)) is not None:
            yield info
    table = table_of(plan)
    for name in (table.part.keys if isinstance(table, Histories) else None) or ():
        for space in (Space.LOGGED, Space.SUMMARY):
            infos = catalog.index.by_dotted.get((space, name), ())
            if len(infos) == 1:
                yield infos[0]
                break


def _info(key: FieldKey, catalog: Catalog) -> FieldInfo | None:
    if key.space not in {Space.CONFIG, Space.SUMMARY}:
        return None
    infos = catalog.index.by_dotted.get((key.space, ".".join(map(str, key.segments))), ())
    return infos[0] if len(infos) == 1 else None


# ---------------------------------------------------------------- two names


def _may_be_one(a: FieldInfo, b: FieldInfo, catalog: Catalog) -> bool:
    """Whether two fields are alike in name and in type, and so many runs have each that none needs to have both."""
    if a.space is not b.space or a.path == b.path or not a.runs or not b.runs:
        return False
    if a.runs + b.runs > catalog.looked_at(a.space):
        return False
    kinds = [{kind for kind, count in info.kinds.items() if count} - _QUIET for info in (a, b)]
    return bool(kinds[0] & kinds[1]) and alike(a.dotted, b.dotted)


def alike(a: str, b: str) -> bool:
    """Whether two names may mean the same: `lr` and `learning_rate`, `n_layers` and `num_layers`, `lr` and `optim.lr`.

    Names that differ in a number, or in what stands before the last segment and in that too, do not.
    """
    left, right = (name.rpartition(".") for name in (a, b))
    if left[2] == right[2]:
        return True
    if left[0] != right[0] or left[2][:1].lower() != right[2][:1].lower():
        return False
    one, other = (tuple(word.lower() for word in _WORDS.findall(part[2])) for part in (left, right))
    return _same_words(one, other) or _is_initials(one, other) or _is_initials(other, one) or _is_slip(one, other)


def _same_words(one: Sequence[str], other: Sequence[str]) -> bool:
    """Word by word the same or shortened; `batchsize` and `batch_size` too."""
    if "".join(one) == "".join(other):
        return True
    if len(one) != len(other):
        return False
    pairs = list(zip(one, other, strict=True))
    shortened = all(a == b or (not a.isdigit() and (a.startswith(b) or b.startswith(a))) for a, b in pairs)
    # Of a single word, one or two letters tell nothing.
    return shortened and (len(one) > 1 or min(len(one[0]), len(other[0])) > 2)


def _is_initials(short: Sequence[str], words: Sequence[str]) -> bool:
    return len(words) > 1 and len(short) == 1 and short[0] == "".join(word[0] for word in words)


def _is_slip(one: Sequence[str], other: Sequence[str]) -> bool:
    """One letter more, less or other, in names that are not short, and not in a number."""
    a, b = "".join(one), "".join(other)
    if min(len(a), len(b)) < _LEAST_LETTERS:
        return False
    numbers = [[word for word in words if word.isdigit()] for words in (one, other)]
    return numbers[0] == numbers[1] and distance(a, b, 1) <= 1


def _two_names(info: FieldInfo, other: FieldInfo, catalog: Catalog, *, apart: bool) -> Diagnostic:
    total = catalog.looked_at(info.space)
    have = "has" if info.runs == 1 else "have"
    others = f"{other.runs:,} other{'s' * (other.runs != 1)}" if apart else f"{other.runs:,}"
    message = (
        f"{info.runs:,} of {total:,} runs {have} {code(info_text(info))}, {others} {code(info_text(other))}: "
        "perhaps one thing under two names"
    )
    if info.space is Space.LOGGED:
        hints: tuple[str, ...] = (f"both: `keys {info.dotted}, {other.dotted}`",)
    else:
        hints = (f"either: `coalesce({info_text(info)}, {info_text(other)})`",)
    return Diagnostic("RQL324", message, hints=hints)


# ---------------------------------------------------------------- two types


def _tests(where: TypedExpr, catalog: Catalog) -> Iterator[Diagnostic]:
    """Tests that values of another type do not pass, although they read so: by order, then of equality."""
    ordered: dict[FieldKey, Diagnostic] = {}
    alike: list[Diagnostic] = []
    for node in postorder(where):
        key, op, values = _tested(node)
        info = None if key is None else _info(key, catalog)
        if key is None or info is None:
            continue
        if op is Comparison.EQ and any(isinstance(value, str) for value, _ in info.top):
            alike += _alike_texts(info, values, node.span)
        elif op in _ORDERS and len(info.kinds) > 1 and key not in ordered:
            ordered.update((key, found) for found in _two_types(info, values[0], node.span))
    yield from (*ordered.values(), *alike)


def _tested(node: TypedExpr) -> tuple[FieldKey | None, Comparison, Sequence[Value]]:
    """The field that is compared with constants, how, and with which: it must equal one of them, or stand in order."""
    match node:
        case (
            TCompare(op=op, left=TField(key=key), right=TConst(value=value))
            | TCompare(op=op, left=TConst(value=value), right=TField(key=key))
        ):
            return key, op, (value,)
        case TBetween(value=TField(key=key), low=TConst(value=value)):
            return key, Comparison.GE, (value,)
        case t.TIn(value=TField(key=key)):
            return key, Comparison.EQ, [item.value for item in node.items if isinstance(item, TConst)]
        case t.TConst() | t.TField() | t.TCompare() | t.TBetween() | t.TIn() | t.TTextTest() | t.THas() | t.TUntagged():
            return None, Comparison.NE, ()
        case t.TIs() | t.TLogged() | t.TNot() | t.TAnd() | t.TOr() | t.TArithmetic() | t.TNegate() | t.TCall():
            return None, Comparison.NE, ()
        case t.TAggregate() | t.TCell() | t.TFold() | t.TQuestion() | t.TWindow() | t.TAnyField():
            return None, Comparison.NE, ()
        case _:
            assert_never(node)


def _two_types(info: FieldInfo, value: Value, span: Span) -> Iterator[Diagnostic]:
    """A test by order, which no value of another type passes: neither the test nor its opposite."""
    wanted = kind_of(value)
    others = {kind: runs for kind, runs in info.kinds.items() if runs and kind not in {*_QUIET, wanted}}
    if others and info.kinds.get(wanted):
        counts = ", ".join(f"{kind.value} in {count:,}" for kind, count in sorted(others.items(), key=lambda o: -o[1]))
        of = f"of the {info.runs:,} runs that have it"
        message = f"{code(info_text(info))} is {counts} {of}, which does not compare with {literal_text(value)}"
        yield Diagnostic("RQL325", message, span, hints=(f"what it holds: {code(f'describe {info_text(info)}')}",))


def _alike_texts(info: FieldInfo, values: Sequence[Value], span: Span) -> Iterator[Diagnostic]:
    """Texts that read like a number or bool that a field must equal: `'1e-3'` in the runs of a script beside 0.001."""
    for text, runs in info.top:
        meant = next((value for value in values if isinstance(text, str) and _reads_like(text, value)), None)
        if meant is None or text in values:
            continue
        field, written = info_text(info), literal_text(text)
        message = f"{code(field)} is the text {written} in {runs:,} of the {info.runs:,} runs that have it"
        both = f"{field} in ({literal_text(meant)}, {written})"
        yield Diagnostic(
            "RQL325", f"{message}, which does not equal {literal_text(meant)}", span, hints=(f"both: {code(both)}",)
        )


def _reads_like(text: str, value: Value) -> bool:
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if not isinstance(value, int | float):
        return False
    try:
        return float(text) == value
    except ValueError:
        return False
