"""What a query becomes, as text: its canonical form, the calls, and who does what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from runql.plan.capabilities import Capabilities
from runql.plan.push import Pushed
from runql.plan.python_literals import call_text, literal
from runql.semantic.catalog import Catalog
from runql.semantic.needed import needed_fields
from runql.semantic.operands import literal_text
from runql.semantic.spelling import segment_text
from runql.semantic.typed import HistoryPart, TCompare, TConst, TField, TypedExpr, TypedQuery
from runql.syntax.tree import AlignMode, Stream, Target
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
    pushed: Pushed


def explain(
    canonical: str,
    query: TypedQuery,
    asked: Sequence[Asked],
    *,
    text: str = "",
    catalog: Catalog | None = None,
    notices: Iterable[Diagnostic] = (),
) -> str:
    """The text of `explain`. `canonical` is the query as the formatter writes it, `text` what its spans point into.

    The calls are Python that can be pasted where `service_api` is a source. Nothing is asked of any source.
    """
    parts = [canonical.strip()]
    for one in asked:
        if one.pushed.nothing:
            continue
        code = _calls(query, one)
        parts.append(f"# {one.name}\n{code}" if len(asked) > 1 else code)
    lines = [line for label, said in _facts(query, asked, text, catalog) for line in _labelled(label, said)]
    lines += _labelled("notices", [d.message for d in notices])
    parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _labelled(label: str, said: Sequence[str]) -> Iterator[str]:
    for i, line in enumerate(said):
        yield f"{label if i == 0 else '':<{_LABEL_WIDTH}}  {line}".rstrip()


# ---------------------------------------------------------------- the calls


def _calls(query: TypedQuery, one: Asked) -> str:
    pushed = one.pushed
    runs = call_text(
        "Runs",
        ["service_api", literal(one.entity), literal(one.project)],
        {
            "filters": pushed.filters or None,
            "order": pushed.order,
            "per_page": pushed.per_page,
            "include_sweeps": query.with_sweeps,
            "lazy": query.lazy is not False,
        },
    )
    if query.target is Target.COUNT:
        return f"len({runs})" if _counts_there(one) else f"runs = {runs}"
    return "\n".join([f"runs = {runs}", *_history_calls(query.histories)])


def _counts_there(one: Asked) -> bool:
    return one.pushed.exact and one.capabilities.counts


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


def _facts(
    query: TypedQuery, asked: Sequence[Asked], text: str, catalog: Catalog | None
) -> Iterator[tuple[str, list[str]]]:
    if any(one.pushed.nothing for one in asked):
        yield "nothing", ["the condition holds for no run, so nothing is asked"]
        return
    yield "there", _distinct(_term(term, text) for one in asked for term in one.pushed.there) or ["no filter"]
    yield "here", _here(query, asked, text) or ["nothing"]
    yield "fetched", _distinct(_fetched(query, one) for one in asked)
    yield "requests", _distinct(_requests(query, one, catalog) for one in asked)
    if query.histories is not None:
        yield "histories", list(_histories(query.histories))


def _here(query: TypedQuery, asked: Sequence[Asked], text: str) -> list[str]:
    said = _distinct(_term(term, text) for one in asked for term in one.pushed.here)
    if query.target is Target.COUNT:
        return said if len(asked) == 1 and _counts_there(asked[0]) else [*said, "the count"]
    if query.where is not None:
        said.append("the whole condition again, on the runs that come back")
    crosses = all(one.pushed.limit_crosses for one in asked)
    if query.order and not (crosses and len(asked) == 1):
        said.append("the order")
    if query.limit is not None:
        said.append(_limit(query, asked, query.limit, crosses=crosses))
    if len(asked) > 1:
        said.append("the sources become one: each run once")
    return said


def _limit(query: TypedQuery, asked: Sequence[Asked], limit: int, *, crosses: bool) -> str:
    runs = "1 run" if limit == 1 else f"{limit:,} runs"
    condition = needed_fields(TypedQuery(query.target, where=query.where))
    if all(one.capabilities.cheap_pages for one in asked) and not (condition.aggregates or condition.logged):
        return f"the limit: {runs}; all that match are counted"
    return f"the limit: reading stops at {runs}" if crosses else f"the limit: {runs}, after the order"


def _term(term: TypedExpr, text: str) -> str:
    """A term as it was written; one that the query holds without writing it, as it would be."""
    if term.span != NOWHERE and text:
        return " ".join(text[term.span.start : term.span.end].split())
    match term:
        case TCompare(op=op, left=TField(key=key), right=TConst(value=value)):
            return f"{key.written} {op} {literal_text(value)}"
    return "a condition"


def _fetched(query: TypedQuery, one: Asked) -> str:
    wanted = one.pushed.wanted
    if query.target is Target.COUNT and _counts_there(one):
        return "no run"
    if query.lazy is False:
        return "all of each run"
    parts = []
    for space, keys in (("config", wanted.config), ("summary", wanted.summary)):
        whole = keys is None or (keys and not one.capabilities.column_subsets)
        parts += [f"{space}.*"] if whole else [f"{space}.{segment_text(k)}" for k in keys or ()]
    parts += [f"the history of {a}" for a in dict.fromkeys(a.metric for a in wanted.aggregates)]
    parts += ["the names of the logged metrics"] if wanted.history_keys else []
    return ", ".join(["the fields of the run", *parts])


def _requests(query: TypedQuery, one: Asked, catalog: Catalog | None) -> str:
    if one.capabilities.cheap_pages:
        return "none: the runs are at hand"
    if query.target is Target.COUNT and _counts_there(one):
        return "1, for the count"
    size = one.pushed.per_page
    total = catalog.run_count if catalog is not None and catalog.run_count else None
    if query.limit is not None and one.pushed.limit_crosses and one.pushed.exact:
        total = query.limit if total is None else min(total, query.limit)
    if total is None:
        pages = f"pages of {size} runs"
    else:
        count = -(-total // size)
        pages = "1 page" if count == 1 else f"up to {count:,} pages of {size} runs"
    if query.histories is None:
        return pages
    return f"{pages}, then histories of " + ("the runs" if query.limit is None else f"at most {query.limit:,} runs")


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
