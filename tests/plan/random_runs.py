"""Random runs and random conditions over the same few names and values, so that they meet."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from runql.language.fields import Space
from runql.semantic.record import LoggedMetrics, RunRecord
from runql.semantic.typed import (
    FieldKey,
    TAnd,
    TBetween,
    TCompare,
    TConst,
    TField,
    THas,
    TIn,
    TIs,
    TLogged,
    TNot,
    TOr,
    TTextTest,
    TUntagged,
    TypedExpr,
)
from runql.syntax.tree import Comparison, HasMode, State, TextOp

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MOMENTS = [NOON + timedelta(seconds=s) for s in (-1, 0, 0.5, 1, 86400)]
TEXTS = ["", "a", "b", "ab", "A", "1", "None", "NaN", "a\n", "a.b", "$x", "ß", "run-1"]
SCALARS: list[Any] = [None, True, False, 0, 1, -1, 1.0, 0.5, 2**60, math.nan, math.inf, -math.inf, *TEXTS]
LISTS: list[Any] = [[], [1], [0, "a"], [None], [True], ["a", "b"], [{"b": 1}], [[1]]]
RECORDS: list[Any] = [
    {},
    {"b": 1},
    {"b": None},
    {"b": "a"},
    {"b": [1]},
    {"b.c": 1},
    {"b": {"c": 1}},
    {"value": 1},
    {"_type": "image-file"},
]
KEYS = ["x", "y", "m", "m.b", "m.b.c", "a b", "val/loss", "$d", "", "value", "0", "été"]
METRICS = ["loss", "val/loss", "a.b", "$d"]
TAGS = ["a", "b", "c d"]
PATTERNS = ["a", "^a", "a$", "a|b", "[ab]+", "^$", ".", "a.b", r"a\.b", r"\d", "(?i)A", "x*", "a?b", "^[^a]"]
GLOBS = ["a*", "*b", "?", "*", "a[b]", "run-*", "*.b", "a?b*"]

values = st.sampled_from([*SCALARS, *LISTS, *RECORDS])
parts = st.dictionaries(st.sampled_from(KEYS), values, max_size=5)


def _history(names: list[str]) -> LoggedMetrics:
    return LoggedMetrics({name: {"number": 10} for name in names}, 9)


records = st.builds(
    RunRecord,
    id=st.sampled_from(["r1", "r2", "a"]),
    name=st.sampled_from([None, *TEXTS]),
    state=st.sampled_from(["running", "finished", "crashed"]),
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
    group=st.sampled_from([None, "a", "b"]),
    job_type=st.sampled_from([None, "a", ""]),
    user=st.sampled_from([None, "a"]),
    created=st.sampled_from(MOMENTS),
    heartbeat=st.sampled_from([None, *MOMENTS]),
    runtime=st.sampled_from([None, 0.0, 1.0, 7200.5]),
    config=parts,
    summary=parts,
    logged=st.lists(st.sampled_from(METRICS), max_size=3, unique=True).map(_history),
)
many_records = st.lists(records, min_size=1, max_size=6)

_space = st.sampled_from([Space.CONFIG, Space.SUMMARY])
_segments = st.sampled_from([*((k,) for k in KEYS), ("m", "b"), ("m", "b", "c"), ("x", "b"), ("x", "0"), ("m", 0)])
_config_fields = st.builds(lambda s, p, e: TField(FieldKey(s, p, e)), _space, _segments, st.booleans())


def _run_field(name: str) -> TField:
    return TField(FieldKey(Space.RUN, (name,)))


_texts_of_runs = st.sampled_from(["id", "name", "group", "job_type", "user", "host", "notes", "project"]).map(
    _run_field
)
_times = st.sampled_from(["created", "heartbeat"]).map(_run_field)
fields = st.one_of(_config_fields, _config_fields, _texts_of_runs, _times, st.just(_run_field("runtime")))
_scalars = st.sampled_from(SCALARS).map(TConst)
_lists = st.sampled_from([(), (1,), (0, "a"), (None,), (True,), ("a", "b"), ((1,),), (math.nan,)]).map(TConst)
_tag_lists = st.lists(st.sampled_from([*TAGS, 1]), max_size=2).map(lambda tags: TConst(tuple(tags)))
_text_constants = st.sampled_from([None, *TEXTS]).map(TConst)
_moments = st.sampled_from(MOMENTS).map(TConst)
_states = st.sampled_from(["finished", "FINISHED", "running", "?"]).map(TConst)
_seconds = st.sampled_from([None, 0, 1.0, 7200]).map(TConst)
_op = st.sampled_from(Comparison)

_pairs = st.one_of(
    st.tuples(_config_fields, _scalars),
    st.tuples(_texts_of_runs, _text_constants),
    st.tuples(_times, st.one_of(_moments, st.just(TConst(None)))),
    st.tuples(st.just(_run_field("runtime")), _seconds),
)
_compare = st.builds(lambda op, pair: TCompare(op, *pair), _op, _pairs)
_flipped = st.builds(lambda op, pair: TCompare(op, pair[1], pair[0]), _op, _pairs)
_state = st.builds(
    lambda op, c: TCompare(op, _run_field("state"), c), st.sampled_from([Comparison.EQ, Comparison.NE]), _states
)
_between = st.one_of(
    st.builds(TBetween, _config_fields, _scalars, _scalars),
    st.builds(TBetween, _times, _moments, _moments),
)
_in = st.one_of(
    st.builds(TIn, _config_fields, st.lists(_scalars, max_size=3).map(tuple)),
    st.builds(TIn, _texts_of_runs, st.lists(_text_constants, max_size=3).map(tuple)),
    st.builds(TIn, _times, st.lists(_moments, max_size=2).map(tuple)),
    st.builds(TIn, st.just(_run_field("state")), st.lists(_states, max_size=2).map(tuple)),
)
_tested = st.one_of(_config_fields, _texts_of_runs, st.just(_run_field("tags")))
_text = st.one_of(
    st.builds(
        TTextTest,
        st.sampled_from([TextOp.CONTAINS, TextOp.STARTSWITH, TextOp.ENDSWITH]),
        _tested,
        st.sampled_from(TEXTS).map(TConst),
    ),
    st.builds(
        TTextTest,
        st.sampled_from([TextOp.REGEX, TextOp.REGEX_ANY_CASE]),
        _tested,
        st.sampled_from(PATTERNS).map(TConst),
    ),
    st.builds(TTextTest, st.just(TextOp.GLOB), _tested, st.sampled_from(GLOBS).map(TConst)),
)
_has = st.one_of(
    st.builds(
        THas,
        st.sampled_from(HasMode),
        st.just(_run_field("tags")),
        st.lists(st.sampled_from(TAGS).map(TConst), max_size=2).map(tuple),
    ),
    st.builds(THas, st.sampled_from(HasMode), _config_fields, st.lists(_scalars, max_size=2).map(tuple)),
)
_whole_list = st.builds(
    lambda op, pair: TCompare(op, *pair),
    st.sampled_from([Comparison.EQ, Comparison.NE]),
    st.one_of(st.tuples(_config_fields, _lists), st.tuples(st.just(_run_field("tags")), _tag_lists)),
)
_is = st.builds(TIs, st.one_of(_config_fields, _texts_of_runs, _times), st.sampled_from(State))
leaves: st.SearchStrategy[TypedExpr] = st.one_of(
    _compare,
    _flipped,
    _state,
    _between,
    _in,
    _text,
    _has,
    _whole_list,
    _is,
    _config_fields,
    st.just(TUntagged()),
    st.sampled_from(METRICS).map(TLogged),
    st.sampled_from([TConst(True), TConst(False)]),
)
conditions: st.SearchStrategy[TypedExpr] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(TNot),
        st.lists(inner, min_size=2, max_size=3).map(lambda ts: TAnd(tuple(ts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda ts: TOr(tuple(ts))),
    ),
    max_leaves=5,
)

_of_run_fields = st.one_of(
    st.builds(TCompare, st.sampled_from([Comparison.EQ, Comparison.NE]), _texts_of_runs, _text_constants),
    st.builds(TCompare, _op, _times, _moments),
    st.builds(TIn, _texts_of_runs, st.lists(_text_constants, max_size=3).map(tuple)),
    _state,
)
tests_of_run_fields: st.SearchStrategy[TypedExpr] = st.one_of(_of_run_fields, _of_run_fields.map(TNot))
"""Tests of the fields that every run has: those that may be null, and times with fractions of seconds."""
