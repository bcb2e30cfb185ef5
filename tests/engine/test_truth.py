"""The tables of truth, and the laws of a logic of three values."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runql.engine.evaluate import compile_truth, evaluate, truth
from runql.errors import QueryError, RunQLError
from runql.language.fields import Space
from runql.semantic.check_context import CheckContext
from runql.semantic.check_query import check
from runql.semantic.record import RunRecord
from runql.semantic.typed import (
    FieldKey,
    TAggregate,
    TAnd,
    TField,
    TLogged,
    TNegate,
    TOr,
    TTextTest,
    TUntagged,
    TypedExpr,
)
from runql.semantic.values import MISSING
from runql.syntax import parse_query
from runql.syntax.tree import TextOp
from tests.engine import truth_cases
from tests.engine.build import (
    arithmetic,
    between,
    call,
    compare,
    const,
    field,
    has,
    is_,
    is_in,
    not_,
    run,
    text_test,
)

X = field("config.x")

EXPRESSIONS: dict[str, TypedExpr] = {
    "config.x < 1": compare(X, "<", const(1)),
    "config.x <= 1": compare(X, "<=", const(1)),
    "config.x > 1": compare(X, ">", const(1)),
    "config.x >= 1": compare(X, ">=", const(1)),
    "not config.x > 1": not_(compare(X, ">", const(1))),
    "config.x < nan": compare(X, "<", const(math.nan)),
    'config.x < "abc"': compare(X, "<", const("abc")),
    'config.x >= "abc"': compare(X, ">=", const("abc")),
    "config.x < true": compare(X, "<", const(True)),
    "config.x < null": compare(X, "<", const(None)),
    "config.x between 0 and 1": between(X, 0, 1),
    "config.x not between 0 and 1": not_(between(X, 0, 1)),
    "config.x = 1": compare(X, "=", const(1)),
    "config.x != 1": compare(X, "!=", const(1)),
    "not config.x = 1": not_(compare(X, "=", const(1))),
    "config.x = 0": compare(X, "=", const(0)),
    'config.x = "1"': compare(X, "=", const("1")),
    'config.x = "None"': compare(X, "=", const("None")),
    'config.x = ""': compare(X, "=", const("")),
    "config.x = true": compare(X, "=", const(True)),
    "config.x = nan": compare(X, "=", const(math.nan)),
    "config.x != nan": compare(X, "!=", const(math.nan)),
    "config.x = inf": compare(X, "=", const(math.inf)),
    "config.x = null": compare(X, "=", const(None)),
    "config.x != null": compare(X, "!=", const(None)),
    "config.x = config.x": compare(X, "=", X),
    'config.x in (1, "abc")': is_in(X, 1, "abc"),
    'config.x not in (1, "abc")': not_(is_in(X, 1, "abc")),
    "config.x in (1, null)": is_in(X, 1, None),
    'config.x ~ "b"': text_test(X, "~", "b"),
    'config.x !~ "b"': not_(text_test(X, "~", "b")),
    'config.x ~ "^a"': text_test(X, "~", "^a"),
    'config.x ~* "^a"': text_test(X, "~*", "^a"),
    'config.x ~ ""': text_test(X, "~", ""),
    'config.x contains "bc"': text_test(X, "contains", "bc"),
    'config.x contains "1"': text_test(X, "contains", "1"),
    'config.x startswith "a"': text_test(X, "startswith", "a"),
    'config.x endswith "c"': text_test(X, "endswith", "c"),
    'config.x glob "[aA]*"': text_test(X, "glob", "[aA]*"),
    'config.x glob "?b"': text_test(X, "glob", "?b"),
    'not config.x glob "a*"': not_(text_test(X, "glob", "a*")),
    'config.x has "a"': has(X, "has", "a"),
    'config.x has "1"': has(X, "has", "1"),
    'config.x has none ("a")': has(X, "has none", "a"),
    'config.x = ["a", 1, null]': compare(X, "=", const(("a", 1, None))),
    'config.x != ["a", 1, null]': compare(X, "!=", const(("a", 1, None))),
    "config.x = []": compare(X, "=", const(())),
    "config.x has null": has(X, "has", None),
    'not config.x has "a"': not_(has(X, "has", "a")),
    'config.x has any (1, "z")': has(X, "has any", 1, "z"),
    'config.x has all (1, "a")': has(X, "has all", 1, "a"),
    'config.x has all (1, "z")': has(X, "has all", 1, "z"),
    "config.x is null": is_(X, "null"),
    "config.x is not null": not_(is_(X, "null")),
    "config.x is nan": is_(X, "nan"),
    "config.x is not nan": not_(is_(X, "nan")),
    "config.x is finite": is_(X, "finite"),
    "exists(config.x)": not_(is_(X, "missing")),
    "missing(config.x)": is_(X, "missing"),
    "config.x": X,
    "not config.x": not_(X),
    "config.x and config.x > 1": TAnd((X, compare(X, ">", const(1)))),
    "config.x or config.x > 1": TOr((X, compare(X, ">", const(1)))),
    "config.x + 1 > 1": compare(arithmetic(X, "+", const(1)), ">", const(1)),
    "config.x / 0 = inf": compare(arithmetic(X, "/", const(0)), "=", const(math.inf)),
    "len(config.x) = 3": compare(call("len", X), "=", const(3)),
    "coalesce(config.x, 7) = 7": compare(call("coalesce", X, const(7)), "=", const(7)),
}


def test_each_row_of_the_table_has_its_expression() -> None:
    assert {text for text, _, _ in truth_cases.cases()} == EXPRESSIONS.keys()


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_the_truth_is_that_of_the_table(text: str) -> None:
    expected = {name: answer for row, name, answer in truth_cases.cases() if row == text}
    holds = compile_truth(EXPRESSIONS[text])
    assert {name: holds(run(config=config)) for name, config in truth_cases.CONFIGS.items()} == expected


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_the_text_of_a_row_means_its_expression(text: str) -> None:
    tree, diagnostics = parse_query(f"runs where {text}")
    assert tree is not None
    assert diagnostics == ()
    query = check(tree, None, CheckContext()).query
    assert query is not None
    assert query.where is not None
    holds, expected = compile_truth(query.where), compile_truth(EXPRESSIONS[text])
    records = [run(config=config) for config in truth_cases.CONFIGS.values()]
    assert [holds(record) for record in records] == [expected(record) for record in records]


# ---------------------------------------------------------------- rules of their own


def test_state_compares_without_regard_to_case() -> None:
    finished = run(state="finished")
    state = field("state")
    assert truth(compare(state, "=", const("Finished")), finished) is True
    assert truth(compare(state, "!=", const("FINISHED")), finished) is False
    assert truth(is_in(state, "Crashed", "FINISHED"), finished) is True
    assert truth(compare(field("name"), "=", const("A")), run(name="a")) is False


def test_tags() -> None:
    assert truth(has(field("tags"), "has", "best"), run(tags=("best", "v2"))) is True
    assert truth(has(field("tags"), "has all", "best", "v3"), run(tags=("best", "v2"))) is False
    assert [truth(TUntagged(), run(tags=tags)) for tags in ((), ("a",))] == [True, False]


def test_times() -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    created = field("created")
    assert truth(compare(created, ">", const(noon - timedelta(days=1))), run(created=noon)) is True
    assert truth(compare(created, ">", const(noon)), run()) is None
    assert truth(compare(created, "=", const("2026-01-31")), run(created=noon)) is False
    assert truth(compare(created, "<", const("2027")), run(created=noon)) is None
    assert evaluate(arithmetic(const(noon), "-", created), run(created=noon - timedelta(hours=2))) == 7200.0
    assert evaluate(arithmetic(created, "-", const(3600)), run(created=noon)) == noon - timedelta(hours=1)
    assert evaluate(arithmetic(created, "+", const(1e300)), run(created=noon)) is MISSING
    assert evaluate(arithmetic(created, "+", created), run(created=noon)) is MISSING


@pytest.mark.parametrize(
    ("left", "op", "right", "expected"),
    [
        (1, "/", 0, math.inf),
        (-1, "/", 0, -math.inf),
        (1, "/", -0.0, -math.inf),
        (0, "/", 0, math.nan),
        (10**400, "/", 3, math.inf),
        (7, "%", 0, math.nan),
        (7, "%", 4, 3),
        (2, "**", 10, 1024),
        (0, "**", -1, math.inf),
        (-8, "**", 0.5, math.nan),
        (10.0, "**", 400, math.inf),
        (-10.0, "**", 401, -math.inf),
        (10, "**", 10**9, math.inf),
        (10**400, "+", 0.5, math.inf),
        (True, "+", 1, MISSING),
        ("1", "+", 1, MISSING),
        (None, "*", 1, MISSING),
    ],
)
def test_arithmetic_gives_what_ieee_754_gives(left: Any, op: str, right: Any, expected: Any) -> None:
    value = evaluate(arithmetic(const(left), op, const(right)), run())
    assert value == pytest.approx(expected, nan_ok=True) if expected is not MISSING else value is MISSING


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("abs", (-2,), 2),
        ("log", (0,), -math.inf),
        ("log", (-1,), math.nan),
        ("log10", (1000,), 3),
        ("log2", (8,), 3),
        ("exp", (1e6,), math.inf),
        ("sqrt", (-1,), math.nan),
        ("round", (2.5,), 2),
        ("round", (0.1234, 2), 0.12),
        ("round", (math.inf,), math.inf),
        ("floor", (-1.5,), -2),
        ("ceil", (math.nan,), math.nan),
        ("min", (3, None, 1, MISSING), 1),
        ("max", (3, None, 1, MISSING), 3),
        ("max", (3, math.nan), math.nan),
        ("max", (None, MISSING), MISSING),
        ("max", (1, "a"), MISSING),
        ("lower", ("ResNet",), "resnet"),
        ("upper", (1,), MISSING),
        ("len", ([1, 2],), 2),
        ("len", (12,), MISSING),
        ("coalesce", (None, MISSING, 0, 1), 0),
        ("coalesce", (None, MISSING), MISSING),
        ("if", (True, "a", "b"), "a"),
        ("if", (MISSING, "a", "b"), "b"),
        ("abs", ("x",), MISSING),
        ("sqrt", (True,), MISSING),
    ],
)
def test_functions(name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    value = evaluate(call(name, *map(const, arguments)), run())
    if isinstance(expected, float):
        assert value == pytest.approx(expected, nan_ok=True)
    else:
        assert value is expected or value == expected


def test_minus() -> None:
    assert evaluate(TNegate(X), run(config={"x": 2})) == -2
    assert evaluate(TNegate(X), run(config={"x": True})) is MISSING


def test_lists_and_records_are_equal_element_by_element() -> None:
    def same(one: Any, other: Any) -> bool | None:
        return truth(compare(const(one), "=", const(other)), run())

    assert same([1, "a", [2.0]], [1.0, "a", [2]]) is True
    assert same([1], [True]) is False
    assert same([math.nan], [math.nan]) is False
    assert same({"a": [1], "b": None}, {"b": None, "a": [1.0]}) is True
    assert same({"a": 1}, {"a": 1, "b": None}) is False
    assert same([], ()) is True
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    assert same(deep, deep) is True


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("run-*", "run-1", True),
        ("run-*", "my run-1", False),
        ("*", "", True),
        ("*", "a\nb", True),
        ("?", "é", True),
        ("?", "ab", False),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[!a-c]x", "dx", True),
        ("[]]", "]", True),
        ("[a", "[a", True),
        ("a.b", "axb", False),
        ("a.b", "a.b", True),
        ("(x|y)", "x", False),
        ("[^a]", "^", True),
        ("[\\d]", "5", False),
        ("[c-a]", "b", False),
        ("a\n", "a", False),
    ],
)
def test_globs(pattern: str, text: str, matches: bool) -> None:
    assert truth(text_test(const(text), "glob", pattern), run()) is matches


def test_regexes_are_searched_and_take_any_text() -> None:
    assert truth(text_test(const("a\ud800b"), "~", "b$"), run()) is True
    assert truth(text_test(const("Größe"), "~*", "GRÖSSE|größe"), run()) is True
    assert truth(text_test(const("abc"), "~", "B"), run()) is False
    with pytest.raises(QueryError, match=r"RQL204"):
        truth(text_test(const("abc"), "~", "(?=a)"), run())


def test_a_pattern_may_be_a_field() -> None:
    test = TTextTest(TextOp.CONTAINS, field("name"), X)
    assert truth(test, run(name="resnet-18", config={"x": "18"})) is True
    assert truth(test, run(name="resnet-18", config={"x": 18})) is False


def test_what_was_not_loaded_is_an_error_and_not_missing() -> None:
    with pytest.raises(RunQLError, match=r"RQL901.*config of run `r1` was not loaded"):
        truth(is_(X, "missing"), RunRecord(id="r1"))
    loss = TAggregate("min", "loss")
    with pytest.raises(RunQLError, match=r"RQL901.*history of `loss`"):
        truth(compare(loss, "<", const(1)), run())
    assert truth(compare(loss, "<", const(1)), run(), {loss: 0.5}) is True
    assert truth(TLogged("loss"), run(), {TLogged("loss"): False}) is False


def test_what_the_engine_does_not_know_is_an_error() -> None:
    with pytest.raises(RunQLError, match=r"RQL901.*`median`"):
        evaluate(call("median", X), run())
    with pytest.raises(RunQLError, match=r"RQL901"):
        evaluate(TField(FieldKey(Space.LOGGED, ("loss",))), run())
