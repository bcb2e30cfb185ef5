"""Trees of every kind, such as a text can spell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from runql.language import stages
from runql.language.kinds import SEVERAL, PartKind
from runql.syntax import tree as s
from runql.syntax import tree as t
from runql.syntax.grammar import load_table
from runql.syntax.keywords import keywords

WORDS = st.sampled_from(
    [
        "config",
        "summary",
        "lr",
        "loss",
        "val/loss",
        "order",
        "limit",
        "where",
        "keys",
        "x",
        "größe",
        "top_1",
        "a1",
        "by_x",
    ]
)
SEGMENTS = st.one_of(WORDS, st.sampled_from(["0", "12/a", "and", "null"]))
ODD = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=6)
TEXTS = st.text(max_size=8)
NAMES = st.sampled_from(["lr", "n_1", "größe"])


def _plain(first: str, rest: list[str | int]) -> t.Path:
    return t.Path((first, *rest))


PLAIN_PATHS = st.builds(_plain, WORDS, st.lists(st.one_of(SEGMENTS, st.integers(-3, 9)), max_size=3)).filter(
    lambda path: (
        not any(
            isinstance(left, int) and isinstance(right, str) and right.startswith("/")
            for left, right in zip(path.segments, path.segments[1:], strict=False)
        )
    )
)
EXACT_PATHS = st.builds(
    lambda first, rest: t.Path((first, *rest), exact=True), ODD, st.lists(st.one_of(ODD, st.integers(0, 9)), max_size=2)
)
PATHS = st.one_of(PLAIN_PATHS, EXACT_PATHS)
GLOBS = st.builds(
    lambda first, rest: t.Path((*first, rest)),
    st.lists(WORDS, max_size=2),
    st.sampled_from(["*", "val/*", "gpu*", "*loss", "a*b"]),
)

NUMBERS = st.one_of(st.integers(-(10**9), 10**9), st.floats(allow_nan=False))
# A whole number with a sign of its own can't be told from a negated one: both are the literal.
DURATIONS = st.builds(lambda seconds: timedelta(microseconds=seconds), st.integers(0, 10**14))
PARAMS = st.builds(t.Param, NAMES)
ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))])
TIMES = st.one_of(
    st.dates(date(1000, 1, 1)),
    st.builds(lambda value, zone: value.replace(tzinfo=zone), st.datetimes(datetime(1000, 1, 1)), ZONES),
)
LEAVES: st.SearchStrategy[t.Expr] = st.one_of(
    st.builds(t.Field, PATHS),
    st.builds(t.Literal, st.one_of(NUMBERS, TEXTS, st.booleans(), st.none())),
    st.builds(t.Time, TIMES),
    st.builds(t.Duration, st.one_of(DURATIONS, DURATIONS.map(lambda value: -value))),
    st.builds(t.RelativeTime, st.sampled_from(t.Moment)),
    st.builds(t.RelativeTime, st.just(t.Moment.NOW), DURATIONS.filter(bool)),
    st.builds(t.Param, NAMES),
    st.builds(t.Untagged),
    st.builds(t.AnyField),
    st.just(t.AnyField(t.Path(("config", "*")))),
    st.just(t.AnyField(t.Path(("summary", "val/*loss")))),
)


def _items(inner: st.SearchStrategy[t.Expr]) -> st.SearchStrategy[tuple[t.Expr, ...] | t.Param]:
    return st.one_of(st.lists(inner, min_size=1, max_size=3).map(tuple), st.builds(t.Param, NAMES))


def _branches(inner: st.SearchStrategy[t.Expr]) -> st.SearchStrategy[t.Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(t.And, several),
        st.builds(t.Or, several),
        st.builds(t.Not, inner),
        st.builds(t.Negate, inner),
        st.builds(t.Arithmetic, st.sampled_from(t.ArithmeticOp), inner, inner),
        st.builds(t.Compare, st.sampled_from(t.Comparison), inner, inner),
        st.builds(t.Between, inner, inner, inner, st.booleans()),
        st.builds(t.In, inner, _items(inner), st.booleans()),
        st.builds(t.TextTest, st.sampled_from(t.TextOp), inner, inner, st.booleans()),
        st.builds(t.Has, st.just(t.HasMode.ONE), inner, st.tuples(inner), st.booleans()),
        st.builds(t.Has, st.sampled_from([t.HasMode.ANY, t.HasMode.ALL]), inner, _items(inner), st.booleans()),
        st.builds(t.Is, inner, st.sampled_from(t.State), st.booleans()),
        st.builds(
            t.Call,
            st.sampled_from(["min", "coalesce", "if", "last", "first"]),
            st.lists(inner, min_size=1, max_size=3).map(tuple),
            st.one_of(st.none(), st.integers(0, 100), PARAMS),
            st.booleans(),
            st.one_of(st.none(), PATHS),
            st.one_of(st.none(), st.integers(0, 100), PARAMS),
        ),
        st.builds(
            t.Window,
            st.builds(t.Call, st.sampled_from(["rank", "mean"]), st.lists(inner, max_size=2).map(tuple)),
            st.lists(inner, max_size=3).map(tuple),
            st.lists(st.builds(t.OrderKey, inner, st.booleans()), max_size=3).map(tuple),
        ),
    )


EXPRESSIONS: st.SearchStrategy[t.Expr] = st.recursive(LEAVES, _branches, max_leaves=12)

SOURCES = st.one_of(
    st.builds(
        t.SourceRef,
        st.just(t.SourceKind.NAME),
        st.one_of(
            st.sampled_from(["acme/vision", "./wandb", "a-*", "~/x", r"C:\runs", "_", "@x", "where", "my runs"]), ODD
        ),
    ),
    st.just(t.SourceRef(t.SourceKind.LAST, "_")),
    st.builds(t.SourceRef, st.just(t.SourceKind.SAVED), st.sampled_from(["good", "a-b"])),
)
COUNTS = st.one_of(st.integers(0, 10**6), st.builds(t.Param, NAMES))
BOUNDS = st.one_of(
    st.integers(-99, 99),
    st.floats(-1e9, 1e9),
    PARAMS,
    st.builds(t.Time, TIMES),
    st.builds(t.Duration, st.one_of(DURATIONS, DURATIONS.map(lambda value: -value))),
)
COLUMNS = st.one_of(
    st.builds(
        t.Column,
        EXPRESSIONS.filter(lambda one: not isinstance(one, t.AnyField)),
        st.one_of(st.none(), NAMES, ODD, TEXTS),
    ),
    st.builds(t.Column, GLOBS.map(t.Field), st.none(), st.lists(st.one_of(GLOBS, PATHS), max_size=2).map(tuple)),
)


def _several(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, min_size=1, max_size=3).map(tuple)


CLAUSES: tuple[st.SearchStrategy[t.Clause], ...] = (
    st.builds(t.FromClause, _several(SOURCES)),
    st.builds(
        t.AsOfClause,
        st.one_of(
            PARAMS,
            st.builds(t.Time, TIMES),
            st.sampled_from(t.Moment).map(t.RelativeTime),
            st.builds(t.RelativeTime, st.just(t.Moment.NOW), DURATIONS.filter(bool)),
        ),
    ),
    st.builds(t.FreshClause),
    st.builds(t.CachedClause, st.one_of(PARAMS, st.builds(t.Duration, DURATIONS))),
    st.builds(t.WhereClause, EXPRESSIONS),
    st.builds(t.SearchClause, st.one_of(TEXTS, st.builds(t.Param, NAMES))),
    st.builds(t.OrderClause, _several(st.builds(t.OrderKey, EXPRESSIONS, st.booleans()))),
    st.builds(t.LimitClause, COUNTS),
    st.builds(t.OffsetClause, COUNTS),
    st.builds(t.PageClause, COUNTS),
    st.builds(t.LazyClause, st.booleans()),
    st.builds(t.SweepsClause),
    st.builds(t.SampleClause, COUNTS),
    st.builds(t.ScanClause),
    st.builds(t.KeysClause, _several(st.one_of(PATHS, GLOBS))),
    st.builds(t.XClause, PATHS),
    st.builds(t.StepsClause, st.one_of(st.none(), BOUNDS), st.one_of(st.none(), BOUNDS)),
    st.builds(t.AlignClause, st.sampled_from(t.AlignMode)),
    st.builds(t.StreamClause, st.sampled_from(t.Stream)),
    st.builds(t.SelectClause, _several(COLUMNS)),
)


DEFINITIONS = st.builds(s.Definition, EXPRESSIONS, st.one_of(st.none(), PATHS))
AMOUNTS = st.one_of(
    st.builds(t.Literal, st.one_of(st.integers(0, 10**6), st.floats(0, 1e9))), st.builds(t.Param, NAMES)
)
WHOLE_AMOUNTS = st.one_of(st.builds(t.Literal, st.integers(0, 10**6)), st.builds(t.Param, NAMES))
KEYS = _several(st.one_of(PATHS, GLOBS))
IDENTS = st.sampled_from(["abc-1", "a b", "where"])
IN_PARTS: Mapping[PartKind, st.SearchStrategy[Any]] = {
    PartKind.WHOLE: WHOLE_AMOUNTS,
    PartKind.NAME: IDENTS,
    PartKind.NUMBER: EXPRESSIONS,
    PartKind.VALUES: _several(EXPRESSIONS),
    PartKind.GOALS: _several(st.tuples(st.sampled_from(s.Goal), EXPRESSIONS)),
    PartKind.KEYS: _several(COLUMNS),
    PartKind.COLUMNS: KEYS,
}


def of_parts(terminal: str) -> st.SearchStrategy[t.Stage]:
    """A stage of the parts that its entry declares. The words are those that the grammar has in its rule."""
    entry = stages.STAGES[terminal]
    rules = (one.expansion for one in load_table().productions if one.origin == f"{terminal.lower()}_stage")
    spelled = [word for _, *rest in rules for one in rest for word in keywords().words.get(one, ())]
    parts = []
    for part in entry.parts or ():
        given = st.sampled_from(spelled) if part.kind is PartKind.WORD else IN_PARTS[part.kind]
        none = st.just(() if part.kind in SEVERAL else None)
        parts.append(st.one_of(none, given) if part.optional else given)
    return st.builds(s.PartsStage, st.just(terminal), st.tuples(*parts))


STAGES: st.SearchStrategy[t.Stage] = st.one_of(
    *(of_parts(terminal) for terminal, entry in stages.STAGES.items() if entry.parts is not None),
    st.builds(s.WhereStage, EXPRESSIONS),
    st.builds(s.OrderStage, _several(st.builds(t.OrderKey, EXPRESSIONS, st.booleans()))),
    st.builds(s.SelectStage, _several(COLUMNS)),
    st.builds(s.DropStage, KEYS),
    st.builds(s.RenameStage, _several(st.tuples(PATHS, PATHS))),
    st.builds(s.DeriveStage, _several(DEFINITIONS)),
    st.builds(s.GroupStage, _several(COLUMNS), st.one_of(st.just(()), _several(DEFINITIONS))),
    st.builds(s.BestStage, st.sampled_from(s.Goal), PATHS),
    st.builds(
        s.EdgeStage, st.booleans(), st.one_of(st.none(), WHOLE_AMOUNTS), st.one_of(st.just(()), _several(COLUMNS))
    ),
    st.builds(s.SmoothStage, st.sampled_from(["ema", "mean"]), AMOUNTS),
    st.builds(s.BinStage, PATHS, AMOUNTS),
    st.builds(s.PivotStage, _several(DEFINITIONS), _several(EXPRESSIONS), EXPRESSIONS),
    st.builds(
        s.PlotStage,
        st.sampled_from([None, "line", "scatter", "bar", "hist", "heat", "box", "parallel"]),
        st.one_of(st.just(()), KEYS),
        st.one_of(st.none(), PATHS),
        st.one_of(st.none(), PATHS),
        st.sampled_from([(), ("x",), ("x", "y"), ("y", "x")]),
        st.booleans(),
        st.one_of(st.none(), TEXTS, st.builds(t.Param, NAMES)),
    ),
    st.builds(s.SqlStage, TEXTS),
    st.builds(s.ToStage, TEXTS),
    st.builds(s.AssertStage, EXPRESSIONS, st.one_of(st.none(), TEXTS)),
)


@st.composite
def queries(draw: st.DrawFn) -> t.Query:
    """A query with its clauses in the order of the formatter."""
    target, ident = draw(
        st.one_of(
            st.just((t.Target.RUNS, None)),
            st.just((t.Target.COUNT, None)),
            st.tuples(
                st.sampled_from([t.Target.RUN, t.Target.SWEEP, t.Target.COUNT]), st.sampled_from(["abc-1", "a b"])
            ),
        )
    )
    chosen = draw(st.lists(st.sampled_from(range(len(CLAUSES))), unique=True, max_size=5))
    clauses = tuple(draw(CLAUSES[index]) for index in sorted(chosen))
    return t.Query(target, clauses, ident, tuple(draw(st.lists(STAGES, max_size=3))))


OTHER_STATEMENTS = st.one_of(
    st.builds(s.UseStatement, SOURCES),
    st.builds(s.ParamStatement, NAMES, st.sampled_from([None, "float", "text"]), st.one_of(st.none(), EXPRESSIONS)),
    st.builds(s.ShowStatement, st.sampled_from(s.Show)),
    st.builds(
        s.ShowStatement,
        st.just(s.Show.FIELDS),
        st.sampled_from([None, "config", "summary", "logged"]),
        st.one_of(st.none(), TEXTS),
    ),
    st.builds(s.DescribeStatement, PATHS),
    st.builds(s.SetStatement, NAMES, EXPRESSIONS),
)
STATEMENTS = st.one_of(
    st.builds(t.QueryStatement, queries()),
    st.builds(t.ExplainStatement, queries()),
    st.builds(s.LetStatement, NAMES, queries()),
    st.builds(s.PullStatement, st.one_of(st.none(), queries()), st.one_of(st.none(), IDENTS)),
    OTHER_STATEMENTS,
)
SCRIPTS = st.lists(STATEMENTS, min_size=1, max_size=3).map(lambda statements: t.Script(tuple(statements)))

PIECES = st.sampled_from(
    [
        *(
            "runs",
            "where",
            "order",
            "limit",
            "keys",
            "select",
            "from",
            "count",
            "explain",
            "x",
            "steps",
            "and",
            "or",
            "not",
        ),
        *("group", "derive", "best", "min", "pivot", "plot", "to", "assert", "describe", "distinct", "bin", "holes"),
        *(
            "let",
            "use",
            "param",
            "show",
            "fields",
            "pull",
            "into",
            "set",
            "good",
            ":",
            "count()",
            "mean(x)",
            "as",
            "vs",
        ),
        *(
            "config.lr",
            "`a b`",
            "val/loss",
            "1",
            "0.1",
            "7d",
            "ago",
            '"x"',
            "'",
            '"',
            "`",
            "$n",
            "(",
            ")",
            "[",
            "]",
            "{",
        ),
        *(
            ">",
            "=",
            "~",
            "!",
            "-",
            "+",
            "*",
            "..",
            ".",
            ",",
            ";",
            "|",
            "||",
            "&",
            "#",
            "# c\n",
            "\n",
            "in",
            "is",
            "null",
        ),
        *(
            "by",
            "like",
            "None",
            "wehre",
            "limt",
            "gruop",
            "between",
            "has",
            "any",
            "2026-01-31",
            "\x00",
            "\ud800",
            "é",
            "“",
            "”",
        ),
    ]
)
JUMBLES = st.lists(PIECES, max_size=14).map(" ".join) | st.lists(PIECES, max_size=14).map("".join)
