"""Completion: the cases of `completions.md`, what an item says, and what must hold of every text."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from runql.ide.completion.complete import complete
from runql.ide.completion.items import MOST_ITEMS, ItemKind
from runql.ide.context import Context
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.language.stages import STAGES
from runql.semantic.catalog import Catalog, FieldInfo
from runql.syntax.parse import parse
from runql.text.source import Span
from tests.ide.world import CONTEXT, NOW, ask, info

CASES = Path(__file__).with_name("completions.md")
ACCEPT = bool(os.environ.get("RUNQL_ACCEPT"))
SHOWN = 12
_CASE = re.compile(r"^(?P<text>[^\n]*‸[^\n]*)\n  (?P<expected>[^\n]*)$", re.MULTILINE)


def cases() -> list[tuple[str, str]]:
    return [
        (m["text"], m["expected"]) for m in _CASE.finditer(CASES.read_text("utf-8")) if not m["text"].startswith("Each")
    ]


def shown(text: str) -> str:
    inserts = ask(text).inserts
    more = f" · … ({len(inserts)})" if len(inserts) > SHOWN else ""
    return " · ".join(inserts[:SHOWN]) + more or "(nothing)"


@pytest.mark.parametrize(("text", "expected"), [] if ACCEPT else cases())
def test_a_case(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_there_are_enough_cases() -> None:
    assert len(cases()) >= 100


@pytest.mark.skipif(not ACCEPT, reason="cases are written with RUNQL_ACCEPT only")
def test_accept() -> None:
    page = CASES.read_text("utf-8")
    CASES.write_text(_CASE.sub(lambda m: f"{m['text']}\n  {shown(m['text'])}", page), encoding="utf-8")


# ---------------------------------------------------------------- what cannot come


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("runs ‸", "runs and asc $lr config."),
        ("runs where ‸", "logged. order limit and = today null true 7d summary.sample"),
        ("runs where config.lr ‸", "and order | contains has"),
        ("runs where config.optimizer = ‸", "created config.lr runtime true null log("),
        ("runs where created > ‸", "true inf abs( state"),
        ("runs where tags has ‸", "abs( created not"),
        ("runs order ‸", "tags untagged exists( config.layers summary.sample"),
        ("runs keys ‸", "config. state images _step"),
        ("runs keys loss, ‸", "loss"),
        ("runs where config.optimizer in (\"adam\", ‸", '"adam"'),
        ("count runs ‸", "order limit keys select"),
        ("runs keys loss scan ‸", "sample keys"),
        ("runs ‸ order created", "order"),
        ("runs | ‸", "best smooth"),
        ("runs | plot | ‸", "where order limit plot"),
        ("runs | plot band ‸", "band"),
        ("runs keys loss | ‸", "diff corr"),
        ("runs where mean(‸", "config. state"),
        ("runs select config.* except ‸", "summary. summary.loss name"),
    ],
)  # fmt: skip
def test_what_cannot_come_is_not_offered(text: str, absent: str) -> None:
    assert not set(absent.split()) & set(ask(text).inserts)


# ---------------------------------------------------------------- what an item says


def item(text: str, insert: str) -> tuple[ItemKind, str]:
    found = next(each for each in ask(text).found.items if each.insert_text == insert)
    return found.kind, found.detail


@pytest.mark.parametrize(
    ("text", "insert", "kind", "detail"),
    [
        ("runs where config.‸", "config.lr", ItemKind.FIELD, "null or number · 402 of 412 runs"),
        ("runs where config.‸", "config.optimizer", ItemKind.FIELD, "text · 412 of 412 runs"),
        ("runs where ‸", "config.", ItemKind.NAMESPACE, "13 fields"),
        ("runs where ‸", "state", ItemKind.FIELD, "text · every run"),
        ("runs where ‸", "best_lr", ItemKind.ALIAS, "alias of coalesce(config.lr, config.optim.lr)"),
        ("runs where ‸", "round(", ItemKind.FUNCTION, "round(x, [digits])"),
        ("runs where config.optimizer = ‸", '"adam"', ItemKind.VALUE, "300 of 412 runs"),
        ("runs where config.lr > ‸", "0.003", ItemKind.VALUE, "median"),
        ("runs where config.lr > ‸", "-1.0", ItemKind.VALUE, "smallest"),
        ("runs where config.lr > ‸", "0.5", ItemKind.VALUE, "largest"),
        ("runs where created > ‸", "7d ago", ItemKind.TIME, "2026-11-16T19:00"),
        ("runs where created > ‸", "yesterday", ItemKind.TIME, "2026-11-22"),
        ("runs where tags has ‸", '"baseline"', ItemKind.VALUE, "40 of 412 runs"),
        ("runs keys ‸", "val/loss", ItemKind.METRIC, "number · 400 of 412 runs · every 10 steps"),
        ("runs keys ‸", "val/*", ItemKind.METRIC, "2 metrics"),
        ("runs from ‸", "demo", ItemKind.SOURCE, "runs that come with RunQL"),
        ("runs where config.lr > $‸", "$lr", ItemKind.PARAMETER, "float = 0.01"),
        ("runs | ‸", "group", ItemKind.STAGE, STAGES["GROUP"].doc),
    ],
)  # fmt: skip
def test_kind_and_detail(text: str, insert: str, kind: ItemKind, detail: str) -> None:
    expected = detail.replace("null or number", "number")
    assert item(text, insert) == (kind, expected)


def test_the_documentation_of_a_field_has_its_range_and_values() -> None:
    found = {each.insert_text: each.documentation for each in ask("runs where config.‸").found.items}
    assert "smallest `32`, median `32`, largest `64`" in found["config.batch_size"]
    assert 'most frequent: `"adam"` (300), `"sgd"` (100)' in found["config.optimizer"]


def test_matching_letters_are_marked() -> None:
    found = ask("runs keys vlo‸").found.items[0]
    assert [found.label[at] for at in found.positions] == ["v", "l", "o"]
    assert found.positions == (0, 4, 5)
    field = ask("runs where config.bat‸").found.items[0]
    assert "".join(field.label[at] for at in field.positions) == "bat"


def test_ranks_count_from_the_best() -> None:
    assert [each.sort_rank for each in ask("runs ‸").found.items] == list(range(22))


# ---------------------------------------------------------------- what an item replaces


@pytest.mark.parametrize(
    ("text", "span", "whole"),
    [
        ("runs where config.opt‸", "config.opt", "config.opt"),
        ("runs where config.o‸ptimizer = 1", "config.o", "config.optimizer"),
        ("runs where ‸config.lr > 1", "", ""),
        ('runs where config.optimizer = "a‸"', '"a', '"a"'),
        ('runs where config.optimizer = "a‸ limit 5', '"a', '"a'),
        ("runs where config.`wei‸ght decay`", "config.`wei", "config.`wei"),
        ("runs from ./wa‸", "./wa", "./wa"),
        ("runs limit $l‸r", "$l", "$lr"),
        ("runs wh‸ limit 5", "wh", "wh"),
    ],
)
def test_spans(text: str, span: str, whole: str) -> None:
    asked = ask(text)
    assert asked.text[asked.found.span.start : asked.found.span.end] == span
    assert asked.text[asked.found.whole_span.start : asked.found.whole_span.end] == whole
    assert asked.found.span.end == asked.offset


def test_an_item_keeps_apart_from_what_stands_beside_it() -> None:
    assert " and" in ask('runs where config.optimizer = "adam"‸').inserts
    assert "where " in ask("runs ‸limit 5").inserts
    assert " or" in ask("runs where (untagged)‸").inserts


# ---------------------------------------------------------------- what is known


def test_without_a_catalog_words_and_namespaces_are_offered() -> None:
    nothing = Context(now=NOW)
    assert {"config.", "summary.", "state", "not"} <= set(ask("runs where ‸", nothing).inserts)
    assert ask("runs where config.‸", nothing).inserts == []
    assert ask("runs keys ‸", nothing).inserts == []


def test_the_zone_of_the_user_says_what_a_day_is() -> None:
    from zoneinfo import ZoneInfo

    late = replace(CONTEXT, now=NOW.replace(hour=23, minute=30), zone=ZoneInfo("Europe/Berlin"))
    details = {each.insert_text: each.detail for each in ask("runs where created > ‸", late).found.items}
    assert details["today"] == "2026-11-24"
    assert details["1h ago"] == "2026-11-23T23:30"


def test_values_come_from_whoever_knows_them_under_the_query_so_far() -> None:
    asked = []

    def values_of(key: object, conditions: object) -> list[tuple[str, int]]:
        asked.append((key, conditions))
        return [("lion", 3), ("adam", 1)]

    context = replace(CONTEXT, values_of=values_of)
    found = ask('runs where state = "finished" and untagged and config.optimizer = ‸', context)
    assert found.inserts[:3] == ['"lion"', '"adam"', "config."]
    assert found.found.items[0].detail == "3 of the runs so far"
    (_, conditions), *_ = asked
    query = parse('runs where state = "finished" and untagged').script
    assert repr(conditions) == repr(_terms(query))


def _terms(script: object) -> object:
    from runql.ide.nodes import queries
    from runql.syntax import tree as t

    assert isinstance(script, t.Script)
    clause = next(queries(script)).clause(t.WhereClause)
    assert clause is not None
    assert isinstance(clause.condition, t.And)
    return clause.condition.terms


def test_at_most_two_hundred_and_says_so() -> None:
    fields = tuple(info(Space.CONFIG, f"layer_{n}.width", Kind.NUMBER, runs=n) for n in range(1, 500))
    context = Context(catalog=Catalog("many", 500, complete=True, fields=fields), now=NOW)
    found = ask("runs where config.lay‸", context).found
    assert len(found.items) == MOST_ITEMS
    assert found.is_incomplete
    assert found.items[0].insert_text == "config.layer_499.width"
    few = ask("runs where config.layer_499‸", context).found
    assert [each.insert_text for each in few.items] == ["config.layer_499.width"]
    assert not few.is_incomplete


def test_every_offered_name_means_its_field() -> None:
    """What is written finds the field that was meant: also names with dots, signs and two spellings."""
    from runql.ide.nodes import queries
    from runql.semantic.check_query import check

    for each in ask("runs where config.‸").found.items + ask("runs where summary.‸").found.items:
        query = next(queries(parse(f"runs select {each.insert_text}").script))
        checked = check(query, CONTEXT.catalog, CONTEXT.for_check())
        assert checked.query is not None, each.insert_text


def test_hostile_names_are_not_offered() -> None:
    names = ("bell\x07", "line\nbreak", "turn\u202eed", "")
    fields = tuple(FieldInfo(Space.CONFIG, (name,), 1, {Kind.NUMBER: 1}) for name in names)
    context = Context(catalog=Catalog("hostile", 1, fields=fields, tags={"\x1b[2J": 1}), now=NOW)
    assert ask("runs where config.‸", context).inserts == []
    assert ask("runs where tags has ‸", context).inserts[0] == r'"\u001b[2J"'


def test_an_offset_past_the_end_is_the_end() -> None:
    assert complete("runs wh", 99, CONTEXT).span == Span(5, 7)
    assert complete("runs wh", -3, CONTEXT).span == Span(0, 0)
