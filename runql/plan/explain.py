"""The text of `explain`: the canonical form, the calls, and the plan: who does each operation, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import wrap
from typing import assert_never

from runql.language.clauses import CLAUSES
from runql.plan.capabilities import Capabilities, Form
from runql.plan.explain_texts import (
    ENDS,
    SAMPLES_COME,
    align_texts,
    columns_text,
    counted_runs,
    fetched_text,
    limit_text,
    metrics_text,
    rows_texts,
    slice_text,
    term_text,
)
from runql.plan.nodes import (
    Combine,
    Count,
    Fetch,
    Filter,
    Histories,
    Limit,
    Merge,
    Plan,
    Projection,
    Runs,
    RunScan,
    Slice,
    Sort,
    TableStage,
    Watch,
    keys_of,
    limit_of,
    table_of,
    taken_of,
    those,
)
from runql.plan.push import FIRST_RUNS, selector_of_runs, spread
from runql.plan.python_calls import calls
from runql.plan.selectors import TypedSelector
from runql.plan.stand_ins import named_in_sql
from runql.plan.to_sql.speech import DUCKDB, SqlSpeech
from runql.semantic.catalog import Catalog
from runql.semantic.typed import TAnd, TOrderKey, TStage, TypedExpr
from runql.semantic.typed.stages import stage_name
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_WIDTH = 80
_WHO, _NAME = 8, 13
"""Columns for who does an operation, and for what it is called."""

_SOURCE, _HERE = "source", "here"

_NOT_SENT = "# nothing is sent; this is what a W&B server would be asked"

Row = tuple[str, str, Iterable[str]]
"""Who does something, what it is called, and lines on it; without anybody it belongs to the row above."""


@frozen
class ExplainedSource:
    """One source of a query. `name` is as a user writes it; `kept`: what of it is a copy, and where that is."""

    name: str
    entity: str
    project: str
    capabilities: Capabilities
    kept: str = ""
    speech: SqlSpeech = DUCKDB


def explain(
    canonical: str,
    plan: Plan,
    sources: Sequence[ExplainedSource],
    *,
    text: str = "",
    catalog: Catalog | None = None,
    notices: Iterable[Diagnostic] = (),
    way_of: Callable[[TStage], str] = stage_name,
    run_by: str = "",
    pulls: str = "",
    keeps_ends: bool = False,
    comes: str = "",
) -> str:
    """The text of `explain`. `canonical` is the query as the formatter writes it, `text` what its spans point into;
    `way_of` says how a stage works, `run_by` what runs all of them, `pulls` which runs are copied where; `keeps_ends`
    that the first stage keeps one or two rows of each run, which sources may tell without their histories; `comes` what
    of the runs comes back for the first stage, where that is less.

    The calls are Python that can be pasted where `service_api` is a source. Nothing is asked of any source.
    """
    pushed = spread(plan, [one.capabilities for one in sources], catalog)
    steps = _Steps(pushed, sources, catalog, text, way_of, keeps_ends=keeps_ends, comes=comes)
    parts = [canonical.strip()]
    for fetch in those(pushed, Fetch):
        one = sources[fetch.at]
        if not fetch.is_empty:
            asked = selector_of_runs(plan, one.capabilities, catalog)
            code = calls(plan, fetch, asked, one.entity, one.project, counted=steps.counts(fetch))
            above = [f"# {one.name}"] if len(sources) > 1 else []
            above += [_NOT_SENT] if one.capabilities.cheap_pages else []
            parts.append("\n".join([*above, code]))
            sql = _sql_of(fetch, one)
            parts += [] if sql is None else [f"-- {one.name}\n{sql}"]
    below: list[Row] = [(_HERE, "pull", [pulls] if pulls else []), ("", "run by", [run_by] if run_by else [])]
    below.append(("notices", "", [one.message for one in notices]))
    parts.append("\n".join(line for row in (*steps.of_plan(pushed), *below) for line in _written(row)))
    return "\n\n".join(parts)


def _sql_of(fetch: Fetch, one: ExplainedSource) -> str | None:
    """The statement that a store answers, which `runql sql` takes too, or the engine that reads the store."""
    if one.capabilities.form is not Form.SQL or not isinstance(fetch.selector, TypedSelector):
        return None
    asked = one.speech.statement(fetch.selector, one.entity, one.project)
    limit = None if asked.here or not asked.ordered else fetch.most
    return named_in_sql(one.speech.spell(asked.sql("r.run", limit=limit)))


def _written(row: Row) -> Iterator[str]:
    who, name, lines = row
    before = f"{who:<{_WHO}}{name:<{_NAME}}"
    for line in lines:
        yield from _hanging(before, _WHO + _NAME, line)
        before = ""


def _hanging(before: str, indent: int, line: str) -> Iterator[str]:
    """A line behind a title, broken where it is too long; what is broken stands below its beginning."""
    pieces = wrap(line, _WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]
    for at, piece in enumerate(pieces):
        yield f"{before if at == 0 else '':<{indent}}{piece}".rstrip()


class _Steps:
    """The operations of a plan in the order in which they work: the sources first, the last stage last."""

    def __init__(
        self,
        pushed: Plan,
        sources: Sequence[ExplainedSource],
        catalog: Catalog | None,
        text: str,
        way_of: Callable[[TStage], str],
        *,
        keeps_ends: bool = False,
        comes: str = "",
    ) -> None:
        self._plan = pushed
        self._sources = sources
        self._catalog = catalog
        self._text = text
        self._way_of = way_of
        self._keeps_ends = keeps_ends
        self._comes = comes

    def counts(self, fetch: Fetch) -> bool:
        """Whether a source counts the runs by itself."""
        is_count = isinstance(table_of(self._plan), Count)
        return is_count and fetch.exact and self._sources[fetch.at].capabilities.counts

    def of_plan(self, plan: Plan) -> Iterator[Row]:
        """The rows of an operation that gives a table, below those that it stands on."""
        if any(fetch.is_empty for fetch in those(plan, Fetch)):
            yield "nothing", "", ["the condition holds for no run, so nothing is asked"]
            return
        match plan:
            case Count(input=below):
                yield from self._count(below)
            case Projection(input=below, columns=columns):
                yield from self._runs(below)
                yield _HERE, "select", [columns_text(columns)]
            case Histories(input=below):
                yield from self._runs(below)
                yield from self._histories(plan)
            case TableStage(input=below, stage=stage) | Combine(input=below, stage=stage):
                yield from self.of_plan(below)
                is_first = self._comes and not isinstance(below, TableStage | Combine)
                yield _HERE, f"| {stage_name(stage)}", [self._way_of(stage), *([self._comes] if is_first else [])]
            case _:
                assert_never(plan)

    def _runs(self, node: Runs) -> Iterator[Row]:
        match node:
            case Fetch():
                yield from self._fetch(node)
            case Merge(inputs=inputs):
                for below in inputs:
                    yield from self._runs(below)
                yield _HERE, "merge", ["the sources become one: each run once"]
            case Filter() | Sort() | Limit() | Slice() | Watch():
                yield from self._runs(node.input)
                yield from self._done_here(node)
            case RunScan():
                raise AssertionError("a plan is explained once it is known who does what")
            case _:
                assert_never(node)

    def _done_here(self, node: Filter | Sort | Limit | Slice | Watch) -> Iterator[Row]:
        match node:
            case Filter(input=below, condition=condition):
                yield _HERE, "where", self._terms(condition, those(below, Fetch))
            case Sort(keys=keys):
                if keys:
                    yield _HERE, "order", [self._keys(keys)]
            case Limit():
                yield _HERE, "limit", [limit_text(node)]
            case Slice():
                yield _HERE, CLAUSES[node.terminal].name, [slice_text(node)]
            case Watch(keys=keys):
                if keys:
                    yield _HERE, "order", [f"{self._keys(keys)}, checked as the runs come"]
            case _:
                assert_never(node)

    # ---------------------------------------------------------------- what a source does

    def _fetch(self, fetch: Fetch) -> Iterator[Row]:
        one = self._sources[fetch.at]
        yield _SOURCE, "runs", [one.name]
        yield "", "where", dict.fromkeys(term_text(term, self._text) for term in fetch.there) or ["no filter"]
        if fetch.ordered and (keys := keys_of(self._plan)):
            yield "", "order", [self._keys(keys)]
        yield from self._not_by_sql(fetch, one)
        if fetch.most is not None:
            yield "", "limit", [f"no more than {counted_runs(fetch.most)}: the filter alone decides"]
        yield "", "fetched", ["no run" if self.counts(fetch) else fetched_text(fetch, one.capabilities)]
        yield "", "requests", [self._requests(fetch, one)]
        if one.kept:
            yield "", "kept", [one.kept]

    def _not_by_sql(self, fetch: Fetch, one: ExplainedSource) -> Iterator[Row]:
        """What the engine decides of the runs that SQL gives."""
        if one.capabilities.form is not Form.SQL or not isinstance(fetch.selector, TypedSelector):
            return
        asked = one.speech.statement(fetch.selector, one.entity, one.project)
        lines = [*dict.fromkeys(term_text(term, self._text) for term in asked.here)]
        lines += [] if asked.ordered else ["the order"]
        if lines:
            yield "", "not by SQL", lines

    def _requests(self, fetch: Fetch, one: ExplainedSource) -> str:
        capabilities, engine = one.capabilities, one.speech.engine
        if engine:
            return (
                f"statements to {engine}, which reads the files: the one above, and those for what is read of the "
                "runs, or for what the first stage needs of them"
            )
        if capabilities.cheap_pages:
            return capabilities.before or "none: the runs are on this computer"
        if self.counts(fetch):
            return "1, for the count"
        pages = self._pages(fetch)
        if isinstance(table_of(self._plan), Count) and capabilities.counts and not fetch.here:
            return f"1, with the first {FIRST_RUNS} runs; if one of them fails, then {pages}"
        return pages

    def _pages(self, fetch: Fetch) -> str:
        size, limit, catalog = fetch.per_page, limit_of(self._plan), self._catalog
        total = catalog.run_count if catalog is not None and catalog.run_count else None
        if limit is not None and fetch.ordered and fetch.exact:
            total = limit if total is None else min(total, limit)
        if total is None:
            return f"pages of {size} runs"
        count = -(-total // size)
        return "1 page" if count == 1 else f"up to {count:,} pages of {size} runs"

    def _count(self, below: Runs) -> Iterator[Row]:
        fetches = those(below, Fetch)
        if all(map(self.counts, fetches)):
            for fetch in fetches:
                yield from self._fetch(fetch)
            yield _SOURCE, "count", ["the filter decides, so the source counts"]
        else:
            yield from self._runs(below)
            yield _HERE, "count", ["the runs that are left"]

    def _histories(self, node: Histories) -> Iterator[Row]:
        limit, part = limit_of(self._plan), node.part
        of = "the runs" if limit is None else f"at most {counted_runs(taken_of(self._plan, limit))}"
        yield _SOURCE, "keys", [f"{metrics_text(part)}, of {of}"]
        rows = rows_texts(part, cuts=all(one.capabilities.cheap_pages for one in self._sources))
        is_of_engine = part.samples is not None and all(one.speech.engine for one in self._sources)
        more = [*([ENDS] if self._keeps_ends else []), *([SAMPLES_COME] if is_of_engine else [])]
        yield "", "rows", [*rows, *more]
        yield _HERE, "align", align_texts(part)
        if node.columns:
            yield _HERE, "select", [f"{columns_text(node.columns)}, on each row"]

    # ---------------------------------------------------------------- terms and keys

    def _terms(self, condition: TypedExpr, fetches: Sequence[Fetch]) -> Iterator[str]:
        terms = condition.terms if isinstance(condition, TAnd) else (condition,)
        left = {id(term) for fetch in fetches for term in fetch.here}
        own = [term for term in terms if id(term) in left]
        yield from dict.fromkeys(term_text(term, self._text) for term in own)
        if len(own) < len(terms):
            yield "the terms above again, on the runs that come back"

    def _keys(self, keys: Sequence[TOrderKey]) -> str:
        return ", ".join(f"{'-' * key.descending}{term_text(key.value, self._text)}" for key in keys)
