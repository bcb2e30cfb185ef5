"""The plan of a query: a tree of operations, each over the one below it.

Runs come out of a `RunScan` and pass `Filter`, `Sort`, `Limit` and `Offset`; a `Projection`, `Histories` or a `Count`
makes a table of them, and each `TableStage` makes another table of that. `lower` makes such a tree of a checked query,
`push` puts what a source does into a `Fetch`, in the place of the scan. Who executes a query knows its plan and nothing
else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import ClassVar, TypeAlias, TypeVar, assert_never

from runql.plan.selectors import Selector, TypedSelector
from runql.semantic.needed import Needed
from runql.semantic.typed import HistoryPart, TColumn, TJoin, TOrderKey, TStage, TUnion, TypedExpr
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

# ---------------------------------------------------------------- runs


@frozen
class NamedRuns:
    """The one run, or the runs of the one sweep, that a query names: an error if there is no such run or sweep."""

    ident: str
    is_run: bool
    condition: TypedExpr


@frozen(kw_only=True)
class RunScan:
    """All the runs of the sources of a query, or those that it names.

    `sources`: their names as written; without any that of whoever asks. `read`: the parts of each run that the plan
    reads; `taken`: those that it reads of the runs that it takes, once it is decided which these are, with `None` the
    same. `lazy`: false for all of each run (`full`), true where the query forbids all but what it names.
    """

    sources: tuple[str, ...] = ()
    named: NamedRuns | None = None
    read: Needed = field(default_factory=Needed)
    taken: Needed | None = None
    lazy: bool | None = None
    page_size: int | None = None
    with_sweeps: bool = False


@frozen
class RunOperation:
    """An operation on the runs of one other: whoever has nothing of its own to say of one names them all by this."""

    input: Runs


@frozen
class Filter(RunOperation):
    """The runs of which the condition is true."""

    condition: TypedExpr


@frozen
class Sort(RunOperation):
    """The runs in an order; without keys in that of their creation."""

    keys: tuple[TOrderKey, ...] = ()


@frozen
class Limit(RunOperation):
    """The first runs. `stops`: nothing is read behind them; else the others are read, if only to count them."""

    count: int
    stops: bool = False


@frozen
class Slice(RunOperation):
    """The runs at some places of those below, in the order of the plan: nothing of it is left to a source. What a
    limit above it takes says nothing of how many runs are to be read."""

    terminal: ClassVar[str]
    """The keyword of the clause."""
    count: int

    @property
    def kept(self) -> slice:
        """The places of the runs that are kept, from 0."""
        raise NotImplementedError


@frozen
class Offset(Slice):
    """The runs behind the first `count`."""

    terminal = "OFFSET"

    @property
    def kept(self) -> slice:
        return slice(self.count, None)


# ---------------------------------------------------------------- runs, once it is known who does what


@frozen(kw_only=True)
class Fetch:
    """What a source gives, page by page: the scan, and those operations on it that are left to the source.

    `at`: which of the sources of the plan. `read`: the parts of each run that comes which are read here. `selector`:
    what it is asked for; every run that matches is among them, `exact`: and no other. `there` and `here`: the terms of
    the condition that the selector narrows by, and those that it does not. `ordered`: the runs come in the order of the
    plan. `most`: no more are needed. `is_empty`: no run can match, so nothing is asked. `notes`: what is to be said of
    what is done here.
    """

    scan: RunScan
    read: Needed
    at: int = 0
    selector: Selector = field(default_factory=TypedSelector)
    exact: bool = True
    there: tuple[TypedExpr, ...] = ()
    here: tuple[TypedExpr, ...] = ()
    ordered: bool = False
    per_page: int
    most: int | None = None
    is_empty: bool = False
    notes: tuple[Diagnostic, ...] = ()


@frozen
class Merge:
    """The runs of several sources, each run once. `most`: how many of each suffice, since they come in order."""

    inputs: tuple[Runs, ...]
    most: tuple[int | None, ...]


@frozen
class Watch(RunOperation):
    """Runs that come in this order, if they do: each page is put right, and it is said where they jumped."""

    keys: tuple[TOrderKey, ...] = ()


Runs: TypeAlias = RunScan | Filter | Sort | Limit | Offset | Fetch | Merge | Watch
"""An operation that gives runs. A `match` over it ends in `assert_never`."""


# ---------------------------------------------------------------- tables


@frozen
class Projection:
    """The table of runs; with `None` for columns those in which the runs differ."""

    input: Runs
    columns: tuple[TColumn, ...] | None = None


@frozen
class Count:
    """How many runs there are."""

    input: Runs


@frozen
class Histories:
    """The rows that the runs logged, `part` says which; `columns` of the run are repeated on each row."""

    input: Runs
    part: HistoryPart
    columns: tuple[TColumn, ...] = ()


@frozen
class TableStage:
    """What a stage makes of a table. The typed stage is the operation; all of them are dispatched by the engine."""

    input: Plan
    stage: TStage


@frozen
class Combine:
    """What a stage makes of a table and another one, which is a question of its own: `other` is its plan."""

    input: Plan
    stage: TJoin | TUnion
    other: Plan


Plan: TypeAlias = Projection | Count | Histories | TableStage | Combine
"""An operation that gives a table: the whole plan is one. A `match` over it ends in `assert_never`."""

Node: TypeAlias = Runs | Plan


# ---------------------------------------------------------------- walks

N = TypeVar("N")


def nodes(plan: Node) -> Iterator[Node]:
    """A node and all below it, from the top down. The other table of a `Combine` is asked by itself, of its own
    sources."""
    waiting = [plan]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case RunScan() | Fetch():
                pass
            case Merge(inputs=inputs):
                waiting += reversed(inputs)
            case RunOperation() | Projection() | Count() | Histories() | TableStage() | Combine():
                waiting.append(node.input)
            case _:
                assert_never(node)


def those(plan: Node, kind: type[N]) -> tuple[N, ...]:
    """The nodes of a kind, from the top down."""
    return tuple(node for node in nodes(plan) if isinstance(node, kind))


def scan_of(plan: Node) -> RunScan:
    """The scan at the bottom of a plan."""
    bottom = next(node for node in nodes(plan) if isinstance(node, RunScan | Fetch))
    return bottom.scan if isinstance(bottom, Fetch) else bottom


def limit_of(plan: Node) -> int | None:
    """How many runs a plan takes at most, those that an `Offset` above leaves out counted in.

    `None` where the limit is above a `Slice`: then it does not say how many are to be read.
    """
    limit = next(iter(those(plan, Limit)), None)
    return None if limit is None or those(limit.input, Slice) else limit.count


def offset_of(plan: Node) -> int:
    """How many runs a plan leaves out before those that it takes: its limit counts them in."""
    return sum(node.count for node in those(plan, Offset))


def taken_of(plan: Node, count: int) -> int:
    """How many runs a plan takes, if so many pass its filters."""
    for node in reversed(tuple(nodes(plan))):
        if isinstance(node, Limit):
            count = min(count, node.count)
        elif isinstance(node, Slice):
            count = len(range(count)[node.kept])
    return count


def keys_of(plan: Node) -> tuple[TOrderKey, ...]:
    """The keys by which a plan orders its runs; those of a source where it takes typed ones and keeps to them."""
    for node in nodes(plan):
        match node:
            case Sort(keys=keys) | Watch(keys=keys) | Fetch(ordered=True, selector=TypedSelector(order=keys)):
                if keys:
                    return keys
            case RunScan() | RunOperation() | Fetch() | Merge():
                pass
            case Projection() | Count() | Histories() | TableStage() | Combine():
                pass
            case _:
                assert_never(node)
    return ()


def table_of(plan: Plan) -> Projection | Count | Histories:
    """What makes the first table of a plan, below all stages."""
    while isinstance(plan, TableStage | Combine):
        plan = plan.input
    return plan


def stages_of(plan: Plan) -> tuple[TStage, ...]:
    """The stages of a plan, in the order in which they work."""
    return tuple(node.stage for node in reversed(tuple(nodes(plan))) if isinstance(node, TableStage | Combine))


def expressions_of(plan: Node) -> Iterator[TypedExpr]:
    """The expressions over runs: of the conditions, the orders, the columns, from the bottom up."""
    for node in reversed(tuple(nodes(plan))):
        match node:
            case RunScan() | Fetch() | Merge() | Limit() | Slice() | Count() | TableStage() | Combine():
                pass
            case Filter(condition=condition):
                yield condition
            case Sort(keys=keys) | Watch(keys=keys):
                yield from (key.value for key in keys)
            case Projection(columns=columns) | Histories(columns=columns):
                yield from (column.value for column in columns or () if column.value is not None)
            case _:
                assert_never(node)
