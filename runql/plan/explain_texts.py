"""What `explain` says of the parts of an operation: its terms, its columns, what is fetched, which rows are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from runql.language.aggregates import OF_X
from runql.language.clauses import CLAUSES
from runql.plan.capabilities import Capabilities
from runql.plan.nodes import Fetch, Limit, Offset, Slice, Sort
from runql.semantic.naming import searched_text
from runql.semantic.operands import literal_text
from runql.semantic.spelling import segment_text
from runql.semantic.typed import HistoryPart, TAggregate, TAnyField, TColumn, TCompare, TConst, TField, TypedExpr
from runql.syntax.tree import AlignMode, Stream
from runql.text.source import NOWHERE


def term_text(term: TypedExpr, text: str) -> str:
    """A term as it was written; one that the query holds without writing it, as it would be."""
    if isinstance(term, TAnyField) and term.word:
        return searched_text(term)
    if term.span != NOWHERE and text:
        return " ".join(text[term.span.start : term.span.end].split())
    if isinstance(term, TCompare) and isinstance(term.left, TField) and isinstance(term.right, TConst):
        return f"{term.left.key.written} {term.op} {literal_text(term.right.value)}"
    return "a condition"


def limit_text(node: Limit) -> str:
    """How a limit is kept."""
    if node.stops:
        return f"reading stops at {counted_runs(node.count)}"
    if isinstance(node.input, Sort):
        return f"{counted_runs(node.count)}, after the order"
    return f"{counted_runs(node.count)}; all that match are counted"


def slice_text(node: Slice) -> str:
    """Which runs are chosen by their places."""
    if not isinstance(node, Offset):
        return f"{node.count:,} ({CLAUSES[node.terminal].doc.rstrip('.')})"
    return f"the first {counted_runs(node.count)} left out" if node.count > 1 else "the first run left out"


def counted_runs(runs: int) -> str:
    """How many runs, in words."""
    return "1 run" if runs == 1 else f"{runs:,} runs"


def fetched_text(fetch: Fetch, capabilities: Capabilities) -> str:
    """Which parts of each run are fetched."""
    wanted = fetch.scan.read
    if fetch.scan.lazy is False:
        return "all of each run"
    parts = ["the fields of the run"]
    for space, keys in (("config", wanted.config), ("summary", wanted.summary)):
        whole = keys is None or (keys and not capabilities.column_subsets)
        parts += [f"{space}.*"] if whole else [f"{space}.{segment_text(k)}" for k in keys or ()]
    parts += dict.fromkeys(_history(metric, node) for node in wanted.aggregates for metric in node.metrics)
    parts += ["the names of the logged metrics"] if wanted.history_keys else []
    return ", ".join(parts)


def _history(metric: str, node: TAggregate) -> str:
    along = f" along {node.x_axis}" if node.name in OF_X and node.x_axis != "_step" else ""
    return f"the history of {metric}{along}"


def columns_text(columns: Sequence[TColumn] | None) -> str:
    """The selected columns; without any those that a table of runs has."""
    if columns is None:
        return "id, name, state, created, and what differs between the runs"
    return ", ".join(dict.fromkeys(map(_column, columns)))


def _column(column: TColumn) -> str:
    without = ", ".join(".".join(map(str, (key.space.value, *key.segments))) for key in column.except_)
    return f"{column.name} except {without}" if without else column.name


# ---------------------------------------------------------------- histories


def metrics_text(part: HistoryPart) -> str:
    """The metrics of which histories are read."""
    named = [*(part.keys or ()), *(part.system_keys or ())]
    every = ["every metric"] * (part.keys is None) + ["every machine metric"] * (part.system_keys is None)
    return ", ".join([*every, *named])


def rows_texts(part: HistoryPart, *, cuts: bool) -> Iterator[str]:
    """Which rows are read. `cuts`: the sources cut along any axis; a server does so along `_step` alone."""
    if part.samples is None:
        yield "every logged row"
    else:
        yield f"sampled: about {part.samples:,} rows a run for each set of metrics logged together"
    if part.min_step is not None or part.max_step is not None:
        yield f"steps {_range(part.min_step, part.max_step)}{_BEFORE if part.samples else ''}"
    if part.min_x is not None or part.max_x is not None:
        axis = "_timestamp" if part.stream is Stream.SYSTEM and part.x_axis == "_step" else part.x_axis
        reads = "" if cuts else "; every row is read, and cut here"
        yield f"{axis} {_range(part.min_x, part.max_x)}{_BEFORE if part.samples else ''}{reads}"


_BEFORE = ", cut before sampling"
ENDS: Final = "of each run only what the first stage keeps, where facts beside the rows tell it"

GROUPS_COME: Final = "what each group comes to comes back, and no run"
FIRST_COME: Final = "the first runs of each group come back, and how many there are"
SAMPLES_COME: Final = "of a long history of numbers the rows of the sample come back"


def _range(low: float | None, high: float | None) -> str:
    return "..".join("" if end is None else f"{end}" for end in (low, high))


def align_texts(part: HistoryPart) -> Iterator[str]:
    """How the rows of several metrics become one."""
    yield _ALIGNED[part.align]
    if part.x_axis != "_step":
        yield f"along {part.x_axis}"
    if part.system_keys is None or (part.system_keys and part.keys):
        yield "machine metrics are joined on time" if part.keys else "machine metrics, along time"


_ALIGNED = {
    AlignMode.OUTER: "a row wherever any of the metrics has a value",
    AlignMode.INNER: "only rows that hold all of the metrics",
    AlignMode.FFILL: "a row wherever any of the metrics has a value, the others carried forward",
}
