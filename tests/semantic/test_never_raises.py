"""The checker raises for no tree: not for half a text, not for a tree that no text has."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.semantic.check_context import CheckContext
from runql.semantic.check_query import check
from runql.syntax import tree
from runql.syntax.parse import parse
from tests.semantic.markdown_cases import cases
from tests.semantic.test_mistakes import GALLERY
from tests.semantic.world import COMPLETE, NOW, PARTIAL

CATALOGS = [COMPLETE, PARTIAL, None]

_names = st.sampled_from(
    ["config", "summary", "logged", "system", "lr", "loss", "pbt", "workspace", "state", "", "*", "a b", "0", "metrics"]
)
_paths = st.builds(
    tree.Path,
    st.lists(st.one_of(_names, st.integers(-1, 1)), max_size=3).map(tuple),
    exact=st.booleans(),
)
_fields = st.builds(tree.Field, _paths)
_literals = st.sampled_from(
    [None, True, 0, 1.5, float("nan"), float("inf"), 10**400, "a", "(", "2026-01-31", "\ud800", "9999-12-31"]
).map(tree.Literal)
_leaves = st.one_of(
    _fields,
    _literals,
    st.sampled_from([date.max, date.min, datetime.max, datetime.min, date(2026, 1, 31)]).map(tree.Time),
    st.builds(
        tree.RelativeTime, st.sampled_from(tree.Moment), st.sampled_from([timedelta(0), timedelta(7), timedelta.max])
    ),
    st.sampled_from([timedelta(0), timedelta.max, timedelta(seconds=1.5)]).map(tree.Duration),
    st.sampled_from(["list", "one", "none", "odd"]).map(tree.Param),
    st.just(tree.Broken()),
    st.just(tree.Untagged()),
)
_values: dict[str, object] = {"list": [1, "a", None], "one": "2026-01-31", "odd": object()}
_rows = st.sampled_from([None, 0, 5, tree.Param("list"), tree.Param("one"), tree.Param("none")])
_CURVES = ("at", "when", "auc", "spikes", "p90")


def _nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, max_size=3).map(tuple)
    lists = st.one_of(several, st.just(tree.Param("list")), st.just(tree.Param("none")))
    flag = st.booleans()
    functions = st.sampled_from(["min", "log", "if", "coalesce", "diverged", "nope", "config", "metric", *_CURVES])
    return st.one_of(
        st.builds(tree.Compare, st.sampled_from(tree.Comparison), inner, inner),
        st.builds(tree.Between, inner, inner, inner, flag),
        st.builds(tree.In, inner, lists, flag),
        st.builds(tree.TextTest, st.sampled_from(tree.TextOp), inner, inner, flag),
        st.builds(tree.Has, st.sampled_from(tree.HasMode), inner, lists, flag),
        st.builds(tree.Is, inner, st.sampled_from(tree.State), flag),
        st.builds(tree.Not, inner),
        st.builds(tree.And, several),
        st.builds(tree.Or, several),
        st.builds(tree.Arithmetic, st.sampled_from(tree.ArithmeticOp), inner, inner),
        st.builds(tree.Negate, inner),
        st.builds(tree.Call, functions, several, _rows, flag, st.one_of(st.none(), _paths), _rows),
    )


expressions = st.recursive(_leaves, _nodes, max_leaves=8)
_counts = st.one_of(st.integers(-1, 2), st.sampled_from(["list", "one", "none"]).map(tree.Param))
_bounds = st.sampled_from(
    [None, 5, -1.5, math.nan, tree.Param("list"), tree.Param("one"), tree.Duration(timedelta(0)), tree.Time(date.max)]
)
clauses = st.one_of(
    st.builds(tree.WhereClause, expressions),
    st.builds(tree.OrderClause, st.lists(st.builds(tree.OrderKey, expressions), max_size=2).map(tuple)),
    st.builds(tree.LimitClause, _counts),
    st.builds(tree.PageClause, _counts),
    st.builds(tree.SampleClause, _counts),
    st.builds(tree.LazyClause, st.booleans()),
    st.just(tree.ScanClause()),
    st.builds(tree.KeysClause, st.lists(_paths, max_size=3).map(tuple)),
    st.builds(tree.XClause, _paths),
    st.builds(tree.StepsClause, _bounds, _bounds),
    st.builds(tree.StreamClause, st.sampled_from(tree.Stream)),
    st.builds(
        tree.SelectClause,
        st.lists(
            st.builds(tree.Column, expressions, st.sampled_from([None, "a"]), st.lists(_paths, max_size=1).map(tuple)),
            max_size=3,
        ).map(tuple),
    ),
    st.just(tree.BrokenClause("?")),
)
queries = st.builds(
    tree.Query, st.sampled_from(tree.Target), st.lists(clauses, max_size=5).map(tuple), st.sampled_from([None, "abc"])
)


def is_broken(node: Any) -> bool:
    if isinstance(node, tree.Broken | tree.BrokenClause):
        return True
    if isinstance(node, tuple):
        return any(map(is_broken, node))
    names = [f for f in node.__dataclass_fields__ if f != "span"] if isinstance(node, tree.Node) else []
    return any(is_broken(getattr(node, name)) for name in names)


@settings(deadline=None, max_examples=150)
@given(queries, st.sampled_from(CATALOGS))
def test_no_tree_makes_it_raise(query: tree.Query, catalog: Any) -> None:
    found = check(query, catalog, CheckContext(params=_values, now=NOW))
    assert found == check(query, catalog, CheckContext(params=_values, now=NOW))
    if any(d.is_error for d in found.diagnostics):
        assert found.query is None
    elif found.query is None:
        assert is_broken(query) or any(p.segments == () for p in _paths_of(query))


def _paths_of(node: Any) -> list[tree.Path]:
    if isinstance(node, tree.Path):
        return [node]
    if isinstance(node, tuple):
        return [p for n in node for p in _paths_of(n)]
    names = [f for f in node.__dataclass_fields__ if f != "span"] if isinstance(node, tree.Node) else []
    return [p for name in names for p in _paths_of(getattr(node, name))]


@pytest.mark.parametrize("catalog", CATALOGS, ids=["complete", "partial", "none"])
def test_every_prefix_of_every_case_is_checked(catalog: Any) -> None:
    for case in cases(GALLERY):
        for end in range(0, len(case.query) + 1, 3):
            text = case.query[:end]
            for statement in parse(text).script.statements:
                if isinstance(statement, tree.QueryStatement | tree.ExplainStatement):
                    check(statement.query, catalog, CheckContext(now=NOW, text=text))


def test_depth_is_an_error_and_not_a_crash() -> None:
    deep: tree.Expr = tree.Field(tree.Path(("config", "use_amp")))
    for _ in range(5000):
        deep = tree.Not(deep)
    found = check(tree.Query(tree.Target.RUNS, (tree.WhereClause(deep),)), COMPLETE, CheckContext(now=NOW))
    assert [d.code for d in found.diagnostics] == ["RQL215"]
