"""What a query becomes, as text: its canonical form, the calls, and who does what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from runql.plan.capabilities import Capabilities
from runql.plan.nodes import Count, Fetch, Filter, Histories, Plan, keys_of, limit_of, table_of, those
from runql.plan.push import push
from runql.plan.python_literals import call_text, literal
from runql.plan.simplify import by_cost
from runql.semantic.catalog import Catalog
from runql.semantic.operands import literal_text
from runql.semantic.spelling import segment_text
from runql.semantic.typed import HistoryPart, TCompare, TConst, TField, TypedExpr
from runql.syntax.tree import AlignMode, Stream
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import NOWHERE

_LABEL_WIDTH = 10
_SYSTEM_AXIS = "_timestamp"


@frozen
class Asked:
    """One source of a query, and what it is asked for. `name` is as a user writes it."""

    name: str
    entity: str
    project: str
    capabilities: Capabilities


@frozen
class _Asked:
    """A source with what it is asked for."""

    name: str
    entity: str
    project: str
    capabilities: Capabilities
    fetch: Fetch


def explain(
    canonical: str,
    plan: Plan,
    sources: Sequence[Asked],
    *,
    text: str = "",
    catalog: Catalog | None = None,
    notices: Iterable[Diagnostic] = (),
) -> str:
    """The text of `explain`. `canonical` is the query as the formatter writes it, `text` what its spans point into.

    The calls are Python that can be pasted where `service_api` is a source. Nothing is asked of any source.
    """
    parts = [canonical.strip()]
    asked = [
        _Asked(one.name, one.entity, one.project, one.capabilities, push(plan, one.capabilities, catalog).source)
        for one in sources
    ]
    for one in asked:
        if one.fetch.is_empty:
            continue
        code = _calls(plan, one)
        parts.append(f"# {one.name}\n{code}" if len(asked) > 1 else code)
    lines = [line for label, said in _facts(plan, asked, text, catalog) for line in _labelled(label, said)]
    lines += _labelled("notices", [d.message for d in notices])
    parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _labelled(label: str, said: Sequence[str]) -> Iterator[str]:
    for i, line in enumerate(said):
        yield f"{label if i == 0 else '':<{_LABEL_WIDTH}}  {line}".rstrip()


# ---------------------------------------------------------------- the calls


def _calls(plan: Plan, one: _Asked) -> str:
    fetch, table = one.fetch, table_of(plan)
    runs = call_text(
        "Runs",
        ["service_api", literal(one.entity), literal(one.project)],
        {
            "filters": fetch.filters or None,
            "order": fetch.order,
            "per_page": fetch.per_page,
            "include_sweeps": fetch.scan.with_sweeps,
            "lazy": fetch.scan.lazy is not False,
        },
    )
    if isinstance(table, Count):
        return f"len({runs})" if _counts_there(one) else f"runs = {runs}"
    return "\n".join([f"runs = {runs}", *_history_calls(table.part if isinstance(table, Histories) else None)])


def _counts_there(one: _Asked) -> bool:
    return one.fetch.exact and one.capabilities.counts


def _history_calls(part: HistoryPart | None) -> Iterator[str]:
    if part is None:
        return
    if part.keys is None or part.keys:
        yield _history_call(part, part.keys, part.x_axis, Stream.DEFAULT)
    if part.system_keys is None or part.system_keys:
        yield _history_call(part, part.system_keys, _SYSTEM_AXIS, Stream.SYSTEM)


def _history_call(part: HistoryPart, keys: tuple[str, ...] | None, x_axis: str, stream: Stream) -> str:
    wanted = None if keys is None else list(keys)
    if part.samples is None and stream is Stream.DEFAULT:
        last = None if part.max_step is None else part.max_step + 1
        scan = _given({"keys": wanted, "min_step": part.min_step, "max_step": last})
        return f"for run in runs:\n    {call_text('run.scan_history', [], scan)}"
    system = "system" if stream is Stream.SYSTEM else None
    given = _given({"samples": part.samples, "keys": wanted, "x_axis": x_axis, "stream": system})
    return call_text("runs.histories", [], given)


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


# ---------------------------------------------------------------- who does what


def _facts(plan: Plan, asked: Sequence[_Asked], text: str, catalog: Catalog | None) -> Iterator[tuple[str, list[str]]]:
    if any(one.fetch.is_empty for one in asked):
        yield "nothing", ["the condition holds for no run, so nothing is asked"]
        return
    yield "there", _distinct(_term(term, text) for one in asked for term in one.fetch.there) or ["no filter"]
    yield "here", _here(plan, asked, text) or ["nothing"]
    yield "fetched", _distinct(_fetched(plan, one) for one in asked)
    yield "requests", _distinct(_requests(plan, one, catalog) for one in asked)
    table = table_of(plan)
    if isinstance(table, Histories):
        yield "histories", list(_histories(table.part))


def _here(plan: Plan, asked: Sequence[_Asked], text: str) -> list[str]:
    said = _distinct(_term(term, text) for one in asked for term in one.fetch.here)
    if isinstance(table_of(plan), Count):
        return said if len(asked) == 1 and _counts_there(asked[0]) else [*said, "the count"]
    if those(plan, Filter):
        said.append("the whole condition again, on the runs that come back")
    crosses = all(one.fetch.ordered for one in asked)
    if keys_of(plan) and not (crosses and len(asked) == 1):
        said.append("the order")
    if (limit := limit_of(plan)) is not None:
        said.append(_limit(plan, asked, limit, crosses=crosses))
    if len(asked) > 1:
        said.append("the sources become one: each run once")
    return said


def _limit(plan: Plan, asked: Sequence[_Asked], limit: int, *, crosses: bool) -> str:
    runs = "1 run" if limit == 1 else f"{limit:,} runs"
    conditions = [node.condition for node in those(plan, Filter)]
    is_dear = any(by_cost(condition)[1] is not None for condition in conditions)
    if all(one.capabilities.cheap_pages for one in asked) and not is_dear:
        return f"the limit: {runs}; all that match are counted"
    return f"the limit: reading stops at {runs}" if crosses else f"the limit: {runs}, after the order"


def _term(term: TypedExpr, text: str) -> str:
    """A term as it was written; one that the query holds without writing it, as it would be."""
    if term.span != NOWHERE and text:
        return " ".join(text[term.span.start : term.span.end].split())
    if isinstance(term, TCompare) and isinstance(term.left, TField) and isinstance(term.right, TConst):
        return f"{term.left.key.written} {term.op} {literal_text(term.right.value)}"
    return "a condition"


def _fetched(plan: Plan, one: _Asked) -> str:
    wanted = one.fetch.scan.read
    if isinstance(table_of(plan), Count) and _counts_there(one):
        return "no run"
    if one.fetch.scan.lazy is False:
        return "all of each run"
    parts = []
    for space, keys in (("config", wanted.config), ("summary", wanted.summary)):
        whole = keys is None or (keys and not one.capabilities.column_subsets)
        parts += [f"{space}.*"] if whole else [f"{space}.{segment_text(k)}" for k in keys or ()]
    parts += [f"the history of {a}" for a in dict.fromkeys(a.metric for a in wanted.aggregates)]
    parts += ["the names of the logged metrics"] if wanted.history_keys else []
    return ", ".join(["the fields of the run", *parts])


def _requests(plan: Plan, one: _Asked, catalog: Catalog | None) -> str:
    if one.capabilities.cheap_pages:
        return "none: the runs are at hand"
    if isinstance(table_of(plan), Count) and _counts_there(one):
        return "1, for the count"
    size, limit = one.fetch.per_page, limit_of(plan)
    total = catalog.run_count if catalog is not None and catalog.run_count else None
    if limit is not None and one.fetch.ordered and one.fetch.exact:
        total = limit if total is None else min(total, limit)
    if total is None:
        pages = f"pages of {size} runs"
    else:
        count = -(-total // size)
        pages = "1 page" if count == 1 else f"up to {count:,} pages of {size} runs"
    if not isinstance(table_of(plan), Histories):
        return pages
    return f"{pages}, then histories of " + ("the runs" if limit is None else f"at most {limit:,} runs")


def _histories(part: HistoryPart) -> Iterator[str]:
    if part.samples is None:
        yield "every logged row"
    else:
        yield f"sampled: about {part.samples:,} rows a run for each set of metrics logged together"
    if part.min_step is not None or part.max_step is not None:
        first, last = (("" if step is None else f"{step}") for step in (part.min_step, part.max_step))
        yield f"steps {first}..{last}, cut before sampling" if part.samples else f"steps {first}..{last}"
    yield _ALIGNED[part.align]
    if part.system_keys is None or (part.system_keys and part.keys):
        yield "machine metrics are joined on time" if part.keys else "machine metrics, along time"


_ALIGNED = {
    AlignMode.OUTER: "a row wherever any of the metrics has a value",
    AlignMode.INNER: "only rows that hold all of the metrics",
    AlignMode.FFILL: "a row wherever any of the metrics has a value, the others carried forward",
}


def _distinct(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))
