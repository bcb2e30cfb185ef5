"""No clause, no stage and no field of a checked query is parsed, checked and then ignored."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Final, get_args

import pytest

from runql.errors import RunQLError
from runql.language.clauses import CLAUSES
from runql.language.entry import Entry
from runql.language.stages import STAGES
from runql.plan import nodes
from runql.plan.capabilities import Capabilities, Trust
from runql.semantic.typed import HistoryPart, TColumn, TOrderKey, TypedQuery
from runql.session import Explanation, Session
from runql.syntax import tree
from runql.syntax.parse import parse
from runql.syntax.printer.to_text import to_text
from tests.session.fixtures import Watched, session

TELLING: Final = {
    tree.FromClause: "runs from nowhere",
    tree.StreamClause: "runs limit 1 stream system sample 5",
}
"""Queries that tell more than the example of the language, which would be answered alike without the clause."""

OF_COPIES: Final = (tree.FreshClause, tree.CachedClause)
"""What a source that is no copy does anyway: `tests/pull/test_copies.py` asks copies."""

READERS: Final = ("plan", "engine", "execute", "sources", "results", "session", "wandb_api")
"""The floors that answer: what only the checker reads has no effect."""

PLAN: Final[tuple[type, ...]] = (*get_args(nodes.Runs), *get_args(nodes.Plan))
RECORDS: Final[tuple[type, ...]] = (TypedQuery, HistoryPart, TColumn, TOrderKey, nodes.NamedRuns, *PLAN)
FURTHER: Final = (
    "run 11hnaukd",
    "count runs where config.lr > 0.01",
    "runs keys loss, system.cpu stream default steps 5..10 x _step align inner limit 2 sample 9",
    "runs select config.* except config.seed, summary.acc * 2 as double order -summary.acc limit 2",
    "runs | limit 2",
    "runs | join semi (runs where config.lr > 0.01) on id",
)
"""Queries that beside the examples ask for all that a checked query may hold."""


class Served(Watched):
    """A source that takes conditions and orders in W&B's form and keeps to the order, as a server."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(order=Trust.EXACT)


OF_PUSH: Final = (nodes.NamedRuns, nodes.Fetch, nodes.Merge, nodes.Watch)
"""What the query does not say itself, but `push` makes of it: `explain` prints the calls that come of that."""

NOT_EXECUTED: Final = {
    "RunScan.sources": "the session opens the sources that the tree names: a query is checked against their catalog",
}
"""Fields that change no answer, and why."""

NOT_EXPLAINED: Final = {
    "HistoryPart.stream": "the keys that are read say it",
    "RunScan.sources": "the sources as they were opened are named",
}
"""Fields of which `explain` says nothing, and why."""


@pytest.fixture(scope="module")
def demo() -> Iterator[Session]:
    with Session("demo") as made:
        yield made


def parsed_query(text: str) -> tree.Query:
    query = tree.query_of(parse(text).script.statements[0])
    assert query is not None
    return query


def example_with(kind: type[tree.Clause]) -> str:
    """An example of the language that holds a clause of a kind."""
    if kind in TELLING:
        return TELLING[kind]
    entries: list[Entry] = [*CLAUSES.values(), *STAGES.values()]
    texts = [one.example for one in entries if any(isinstance(c, kind) for c in parsed_query(one.example).clauses)]
    assert texts, f"no example holds a {kind.__name__}: give it an entry in `runql/language/clauses.py`"
    return texts[0]


def told(asked: Session, query: tree.Query, *, only_explained: bool = False) -> tuple[object, ...]:
    """All that is told of a query: how it is answered, its rows, what is said below them."""
    text = to_text(query)
    writes = any(isinstance(stage, tree.ToStage) for stage in query.stages)
    try:
        # The query itself stands on top.
        explained = [one.partition("\n\n")[2] for one in asked.explain(text)]
        found = None if writes or only_explained else asked.run(text)[-1]
        if found is None or isinstance(found, Explanation):
            return (explained,)
        return (explained, found.frame.names, [repr(row) for row in found], [str(one) for one in found.notices])
    except RunQLError as error:
        return (str(error),)


@pytest.mark.parametrize(
    "kind", [kind for kind in get_args(tree.Clause) if kind not in {tree.BrokenClause, *OF_COPIES}]
)
def test_a_query_without_a_clause_is_answered_otherwise(demo: Session, kind: type[tree.Clause]) -> None:
    query = parsed_query(example_with(kind))
    without = replace(query, clauses=tuple(clause for clause in query.clauses if not isinstance(clause, kind)))
    assert told(demo, query) != told(demo, without), f"`{to_text(query)}`: a {kind.__name__} makes no difference"


@pytest.mark.parametrize("terminal", STAGES)
def test_a_query_without_a_stage_is_answered_otherwise(demo: Session, terminal: str) -> None:
    query = parsed_query(STAGES[terminal].example)
    without = replace(query, stages=tuple(stage for stage in query.stages if tree.terminal_of(stage) != terminal))
    assert without != query, f"the example of `{STAGES[terminal].name}` does not hold it"
    assert told(demo, query) != told(demo, without), f"`{to_text(query)}`: {terminal} makes no difference"


# ---------------------------------------------------------------- fields of a checked query


@contextmanager
def reads_of(*records: type) -> Iterator[set[tuple[str, str]]]:
    """Which field of the records is read by which module, in the body of the `with`."""
    seen: set[tuple[str, str]] = set()

    def traced(record: type) -> Callable[[object, str], object]:
        names = {one.name for one in fields(record)}

        def read(self: object, name: str) -> object:
            if name in names:
                seen.add((f"{record.__name__}.{name}", sys._getframe(1).f_globals["__name__"]))
            return object.__getattribute__(self, name)

        return read

    for record in records:
        record.__getattribute__ = traced(record)  # type: ignore[method-assign, assignment]
    try:
        yield seen
    finally:
        for record in records:
            del record.__getattribute__


def read_by_those_who_answer(seen: set[tuple[str, str]]) -> set[str]:
    return {name for name, module in seen if module.split(".")[:2] in [["runql", floor] for floor in READERS]}


def test_every_field_of_a_checked_query_is_read_where_it_is_answered_and_explained(demo: Session) -> None:
    every = {f"{record.__name__}.{one.name}" for record in RECORDS for one in fields(record)}
    texts = [*(one.example for one in CLAUSES.values()), *TELLING.values(), *FURTHER]
    with reads_of(*RECORDS) as seen:
        for text in texts:
            told(demo, parsed_query(text))
        told(session(one=Watched(), other=Watched(3, "o")), parsed_query("runs from one, other limit 2"))
        told(session(Served()), parsed_query("runs where summary.loss > config.lr order config.lr limit 2"))
    answered = read_by_those_who_answer(seen)
    assert every - answered == set(NOT_EXECUTED), "behind the checker nobody reads it, so it is ignored"
    with reads_of(*RECORDS) as seen:
        for text in texts:
            told(demo, parsed_query(text), only_explained=True)
    pushed = {f"{record.__name__}.{one.name}" for record in OF_PUSH for one in fields(record)}
    unexplained = every - pushed - read_by_those_who_answer(seen)
    assert unexplained == set(NOT_EXPLAINED), "say it in `explain`, or here why not"
