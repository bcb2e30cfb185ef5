"""Statements over the facts of a store, spelled for another engine: by SQLGlot, but for what it does not say exactly.

What an engine answers exactly is a table, `EXACT`. A statement that holds anything else is not spelled at all: what
asked for it is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from runql.sources.store.layout import ColumnType
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from sqlglot import exp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(1900, 1, 2, tzinfo=UTC), datetime(2299, 12, 30, tzinfo=UTC)
"""Times that every engine holds."""

_PLAIN: Final = frozenset(
    [
        "Add",
        "Alias",
        "And",
        "Boolean",
        "Case",
        "Coalesce",
        "Column",
        "Count",
        "DenseRank",
        "Distinct",
        "EQ",
        "From",
        "GT",
        "GTE",
        "Group",
        "Identifier",
        "If",
        "In",
        "Is",
        "Join",
        "LT",
        "LTE",
        "Limit",
        "Literal",
        "Max",
        "Min",
        "Mul",
        "NEQ",
        "Neg",
        "Not",
        "Null",
        "Or",
        "Order",
        "Ordered",
        "Paren",
        "Rank",
        "RowNumber",
        "Select",
        "Star",
        "Sub",
        "Subquery",
        "Table",
        "TableAlias",
        "Where",
        "Window",
    ]
)
"""What each engine reads as DuckDB does: where a comparison is of doubles, of texts by their bytes, or of bools."""

LARGEST: Final = "1.7976931348623157e308"
_GLOB: Final = r"(?s)\A"
"""The beginning of a pattern that a glob became: nothing is in it on which expressions differ."""


@frozen
class EngineDialect:
    """How an engine spells statements.

    `exact`: beside the plain ones, the operations that it answers as DuckDB does, by SQLGlot's names; `quote`: what
    names stand in; `escapes`: characters of texts; `types`: those of Delta. The facts of metrics are written in its own
    words: `nan` and `below_zero` test a value, `at_least` is one column where another is least, `at_least_of` the same
    under a condition, `pair` two columns in this order. `size`, `units` and `total` are for exact sums: the size of a
    number, not zero, in powers of 2^8; the integer that it is in units of 2^-54 of that size; the sum of such, as text.
    """

    name: str
    title: str
    exact: frozenset[str]
    quote: str
    escapes: Mapping[str, str]
    types: Mapping[ColumnType, str]
    moment: str
    micros: str
    nan: str
    below_zero: str
    at_least: str
    at_least_of: str
    pair: str
    size: str
    units: str
    total: str

    def quoted(self, name: str) -> str:
        """A name."""
        return f"{self.quote}{name}{self.quote}"

    def text(self, text: str) -> str:
        """Any text that UTF-8 holds."""
        return "'" + "".join(self.escapes.get(char, char) for char in text) + "'"

    def texts(self, texts: Iterable[str]) -> str:
        """Texts, with commas between them."""
        return ", ".join(map(self.text, texts))


_TESTS: Final = frozenset(
    {"Contains", "StartsWith", "EndsWith", "IsNan", "IsInf", "isfinite", "ArrayContains", "ArrayFilter", "Lambda"}
    | {"Length", "Lower", "Cast", "DataType", "epoch_us", "runql_size", "runql_units", "runql_total"}
    | {"runql_below_zero"}
)

CLICKHOUSE: Final = EngineDialect(
    "clickhouse",
    "ClickHouse",
    _TESTS | {"glob", "RegexpLike"},
    '"',
    {"\\": "\\\\", "'": "\\'", "\0": "\\0"},
    {
        "string": "Nullable(String)",
        "long": "Nullable(Int64)",
        "double": "Nullable(Float64)",
        "boolean": "Nullable(Bool)",
        "timestamp": "Nullable(DateTime64(6, 'UTC'))",
        "strings": "Array(String)",
    },
    "fromUnixTimestamp64Micro({}, 'UTC')",
    "toUnixTimestamp64Micro({})",
    "isNaN({})",
    "toString({}) = '-0'",
    "argMin({}, {})",
    "argMinIf({what}, {order}, {cond})",
    "tuple(assumeNotNull({}), assumeNotNull({}))",
    "floor(log2(abs({})) / 8)",
    "accurateCastOrNull({0} * pow(2e0, 54e0 - 8e0 * {1}), 'Int64')",
    "toString(sum(toInt128({})))",
)
SPARK: Final = EngineDialect(
    "spark",
    "Spark",
    _TESTS | {"glob"},
    "`",
    {"\\": "\\\\", "'": "\\'", "\0": "\\u0000", "$": "\\u0024"},
    {
        "string": "STRING",
        "long": "BIGINT",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
        "timestamp": "TIMESTAMP",
        "strings": "ARRAY<STRING>",
    },
    "timestamp_micros({})",
    "unix_micros({})",
    "isnan({})",
    "CAST({} AS STRING) = '-0.0'",
    "min_by({}, {})",
    "min_by({what}, {order}) FILTER (WHERE {cond})",
    "struct({} AS a, {} AS b)",
    "CAST(floor(log2(abs({})) / 8D) AS DOUBLE)",
    "CAST({0} * power(2D, 54D - 8D * {1}) AS BIGINT)",
    "CAST(sum(CAST({} AS DECIMAL(20, 0))) AS STRING)",
)


def spelled(sql: str, dialect: EngineDialect) -> str | None:
    """A statement of `plan/to_sql` as another engine says it; `None` where it would not be exactly that."""
    return _spelled(sql, dialect.name)


@lru_cache(maxsize=256)
def _spelled(sql: str, name: str) -> str | None:
    from sqlglot import parse_one

    dialect = SPARK if name == SPARK.name else CLICKHOUSE
    tree = parse_one(sql, read="duckdb")
    if not all(_is_exact(node, dialect) for node in tree.walk()):
        return None
    rewrites = _rewrites()
    nodes = reversed([*tree.walk()])  # what is inside first, but the text of a moment stays within its cast
    for node in sorted(nodes, key=lambda one: type(one).__name__ != "Cast"):
        rewrite = rewrites.get(type(node).__name__)
        made = None if rewrite is None else rewrite(node, dialect)
        if made is not None:
            node.replace(made)
    return tree.sql(dialect=dialect.name)


@lru_cache(maxsize=256)
def tables_of(sql: str) -> frozenset[str]:
    """The names of the tables that a statement reads."""
    from sqlglot import exp, parse_one

    return frozenset(table.name for table in parse_one(sql, read="duckdb").find_all(exp.Table))


@lru_cache(maxsize=256)
def gives_runs(sql: str) -> bool:
    """Whether the first column of a statement tells runs."""
    from sqlglot import exp, parse_one

    tree = parse_one(sql, read="duckdb")
    return isinstance(tree, exp.Select) and tree.selects[0].alias_or_name == "nr"


@lru_cache(maxsize=256)
def is_limited(sql: str) -> bool:
    """Whether a statement says itself how many rows it gives at the most."""
    from sqlglot import parse_one

    return parse_one(sql, read="duckdb").args.get("limit") is not None


def _is_exact(node: Any, dialect: EngineDialect) -> bool:
    from sqlglot import exp

    name = type(node).__name__
    if name in _PLAIN:
        return True
    match node:
        case exp.Anonymous():
            return node.name.lower() in dialect.exact
        case exp.RegexpLike():
            is_glob = isinstance(node.expression, exp.Literal) and node.expression.name.startswith(_GLOB)
            return name in dialect.exact or (is_glob and "glob" in dialect.exact)
        case exp.Cast():
            moment = _moment_of(node)
            return moment is not None and _EARLIEST < moment < _LATEST
        case exp.Length():
            return _is_list(node.this)
        case _:
            return name in dialect.exact


def _is_list(node: Any) -> bool:
    """Whether a length is that of a list: of the tags, or of some of them."""
    from sqlglot import exp

    return isinstance(node, exp.ArrayFilter) or (isinstance(node, exp.Column) and node.name == "tags")


def _moment_of(node: exp.Cast) -> datetime | None:
    """The moment that a constant of the type TIMESTAMPTZ is; `None` for another cast."""
    from sqlglot import exp

    if not isinstance(node.this, exp.Literal) or not node.is_type(exp.DataType.Type.TIMESTAMPTZ):
        return None
    return datetime.fromisoformat(node.this.name).astimezone(UTC)


# ---------------------------------------------------------------- what SQLGlot spells otherwise


def _text(node: exp.Literal, dialect: EngineDialect) -> exp.Expr | None:
    from sqlglot import exp

    return exp.Var(this=dialect.text(node.name)) if node.is_string else None


def _moment(node: exp.Cast, dialect: EngineDialect) -> exp.Expr | None:
    from sqlglot import exp

    moment = _moment_of(node)
    if moment is None:
        return None
    return exp.Var(this=dialect.moment.format((moment - _EPOCH) // timedelta(microseconds=1)))


def _not_true(node: exp.Not, _dialect: EngineDialect) -> exp.Expr | None:
    """`(…) IS NOT TRUE` as `NOT coalesce(…, FALSE)`."""
    from sqlglot import exp

    inner = node.this
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Boolean):
        return exp.Not(this=exp.func("coalesce", inner.this, exp.false()))
    return None


def _named(node: exp.Anonymous, dialect: EngineDialect) -> exp.Expr | None:
    from sqlglot import exp

    name = node.name.lower()
    own = {"epoch_us": dialect.micros, "runql_size": dialect.size, "runql_units": dialect.units}
    own |= {"runql_total": dialect.total, "runql_below_zero": dialect.below_zero}
    if name in own:
        return exp.Var(this=own[name].format(*(one.sql(dialect=dialect.name) for one in node.expressions)))
    return _finite(node) if name == "isfinite" else None


def _finite(node: exp.Anonymous) -> exp.Expr:
    from sqlglot import exp

    (value,) = node.expressions
    is_nan = exp.Not(this=exp.IsNan(this=value.copy()))
    return exp.paren(exp.and_(is_nan, exp.LTE(this=exp.Abs(this=value), expression=exp.Literal.number(LARGEST))))


def _infinite(node: exp.IsInf, _dialect: EngineDialect) -> exp.Expr:
    from sqlglot import exp

    is_nan = exp.Not(this=exp.IsNan(this=node.this.copy()))
    return exp.paren(exp.and_(is_nan, exp.GT(this=exp.Abs(this=node.this), expression=exp.Literal.number(LARGEST))))


def _length(node: exp.Length, dialect: EngineDialect) -> exp.Expr:
    from sqlglot import exp

    return exp.Anonymous(this="size" if dialect is SPARK else "length", expressions=[node.this])


@lru_cache(maxsize=1)
def _rewrites() -> Mapping[str, Callable[[Any, EngineDialect], exp.Expr | None]]:
    return {
        "Literal": _text,
        "Cast": _moment,
        "Not": _not_true,
        "Anonymous": _named,
        "IsInf": _infinite,
        "Length": _length,
    }
