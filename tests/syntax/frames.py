"""Questions as pandas, polars and SQL ask them, put together from pieces: most are no question at all."""

from __future__ import annotations

from hypothesis import strategies as st

COLUMNS = st.sampled_from(["acc", "loss", "lr", "val/loss", "config.lr", "optimizer", "x & y", "größe", "", "order"])
TEXTS = st.sampled_from(["'adam'", '"a|b"', "'x & y'", "'it''s'", '"a\\"b"', r"'\d+'", "r'\\d'", "''", '"`"', "'"])
VALUES = TEXTS | st.sampled_from(
    ["0", "-1", "1e-3", "0.5", "True", "None", "np.nan", "abs", "lambda x: x", "@thr", "1if"]
)
NAMES = st.sampled_from(
    [
        *("groupby", "sort_values", "head", "tail", "nlargest", "mean", "std", "quantile", "size", "count", "agg"),
        *("value_counts", "query", "assign", "dropna", "isna", "notna", "isin", "between", "str.contains", "dt.day"),
        *("pivot_table", "merge", "rank", "transform", "rolling", "drop_duplicates", "apply", "rename", "idxmax"),
        *("group_by", "filter", "sort", "with_columns", "over", "alias", "unique", "top_k", "plot.bar", "to_csv"),
        *("history", "find", "limit", "select", "where", "order_by", "summary", "config", "loc", "iloc", "T"),
    ]
)
ARGUMENT_NAMES = st.sampled_from(
    [
        "by",
        "ascending",
        "ddof",
        "keep",
        "key",
        "bins",
        "subset",
        "columns",
        "index",
        "values",
        "aggfunc",
        "n",
        "na",
        "freq",
    ]
)
HEADS = st.sampled_from(
    ["df", "runs", "pl", "pd", "api.runs", "run", "api.run('a/b')", "db.runs", "df['gap'] = df", "~df"]
)


def _columns(name: str) -> list[str]:
    return [f"df.{name}", f"df['{name}']", f'pl.col("{name}")', f"['{name}', 'acc']", f"'{name}'"]


_LEAVES = VALUES | COLUMNS.flatmap(lambda name: st.sampled_from(_columns(name)))


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arguments = st.lists(inner | st.builds("{}={}".format, ARGUMENT_NAMES, inner), max_size=3).map(", ".join)
    sign = st.sampled_from([" & ", " | ", " == ", " > ", " + ", " // ", " in ", " and ", ": ", " if "])
    return st.one_of(
        st.builds("{}.{}({})".format, inner, NAMES, arguments),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({}{}{})".format, inner, sign, inner),
        st.builds("{}{}{}".format, inner, sign, inner),
        st.builds("[{}]".format, arguments),
        st.builds("{{{}}}".format, st.builds("{}: {}".format, inner, inner)),
        st.builds("pd.{}({})".format, st.sampled_from(["crosstab", "Grouper", "cut", "isna"]), arguments),
    )


ARGUMENTS = st.recursive(_LEAVES, _larger, max_leaves=6)
STEPS = st.one_of(
    st.builds(".{}".format, COLUMNS),
    st.builds("[{}]".format, ARGUMENTS),
    st.builds(
        ".{}({})".format,
        NAMES,
        st.lists(ARGUMENTS | st.builds("{}={}".format, ARGUMENT_NAMES, ARGUMENTS), max_size=3).map(", ".join),
    ),
)
_BROKEN = st.sampled_from(
    ["", "", "", "", ")", "(", "]", "[", "'", " > 0.9", " | limit 3", "; runs", " # c", ".", "\n"]
)
CHAINS = st.builds(
    "{}{}{}".format,
    st.builds("{}{}".format, HEADS, st.lists(STEPS, min_size=1, max_size=5).map("".join)),
    _BROKEN,
    st.sampled_from(["", "", " where loss > 1", " | where df.loss > 1"]),
)
STAGES = st.builds(
    "runs | {}{}".format, st.lists(STEPS, min_size=1, max_size=4).map("".join).map(lambda s: s[1:]), _BROKEN
)
_SQL = st.sampled_from(
    [
        *("select", "from", "runs", "where", "group by", "order by", "having", "limit 5", "join", "on", "as", "case"),
        *(
            "when",
            "then",
            "else",
            "end",
            "count(*)",
            "avg(acc)",
            "stddev_pop(acc)",
            '"group"',
            "[name]",
            "a.lr",
            "b.lr",
        ),
        *("optimizer", ",", "(", ")", "=", "'x AND y'", "over (partition by k)", "::numeric(5,3)", "similar to", "1"),
        *("union", "distinct", "any(tags)", "is null", "not in", "between 1 and 2", "like '%a'", ";", "/ 3600", "*"),
    ]
)
QUESTIONS_OF_SQL = st.lists(_SQL, min_size=1, max_size=16).map(lambda words: " ".join(["select", *words]))
FOREIGN = CHAINS | STAGES | QUESTIONS_OF_SQL
