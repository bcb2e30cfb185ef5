"""The text of an explanation, from a query that was checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from runql.config import STORE
from runql.execute.inner_query import InnerQuery
from runql.plan.explain import ExplainedSource, explain
from runql.plan.explain_texts import FIRST_COME, GROUPS_COME
from runql.plan.nodes import Combine, Histories, Plan, Projection, TableStage, nodes, stages_of, table_of
from runql.plan.stand_ins import with_stand_ins
from runql.pull.targets import target_of
from runql.semantic.typed import FieldKey
from runql.session.checked_query import CheckedQuery
from runql.syntax import to_text, tree
from runql.text.diagnostic import Diagnostic
from runql.text.source import Source

_SHORTEST = 4
"""A shorter secret is struck out only as a value of its own: its letters stand all over a text."""


_PULLED = "all that new and changed runs hold"


def explained(about: CheckedQuery, source: Source) -> str:
    """What a checked query becomes, then its inner questions. Nothing is asked of its sources."""
    canonical = to_text(about.tree)
    pulls = ""
    if about.pull is not None:
        canonical = to_text(tree.Script((replace(about.pull, query=about.tree),)))
        pulls = f"into `{STORE}{target_of(about.places[0], about.pull.into, about.settings).store.name}`: {_PULLED}"
    parts = [_told(canonical, about, source, about.folder, about.said, pulls=pulls)]
    others = [node.other for node in nodes(about.plan) if isinstance(node, Combine)]
    for place, inner in enumerate(about.inner.values(), 1):
        use = "the other table of a stage" if any(inner.plan is other for other in others) else "its answer is put in"
        parts.append(f"# question {place} of {len(about.inner)}, asked before it: {use}")
        parts.append(_told(inner.text, inner, source, about.folder, ()))
    return _struck_out("\n\n".join(parts), about.hidden)


def _told(
    canonical: str,
    about: CheckedQuery | InnerQuery,
    source: Source,
    folder: Path,
    said: Sequence[Diagnostic],
    *,
    pulls: str = "",
) -> str:
    asked = [
        ExplainedSource(place.name, place.entity, place.project, of.capabilities, of.kept, of.speech)
        for place in about.places
        for of in [place.service]
    ]
    plan = with_stand_ins(about.plan)
    keeps_ends = all(one.capabilities.columns for one in asked) and _keeps_ends(plan)
    tell = partial(explain, canonical, plan, asked, text=source.text, catalog=about.catalog, notices=said, pulls=pulls)
    if not isinstance(plan, TableStage | Combine):
        return tell()
    from runql.execute.stage_plan import RUN_BY, way_of

    comes = _comes(plan) if all(one.capabilities.digests for one in asked) else ""
    return tell(way_of=partial(way_of, folder=folder), run_by=RUN_BY, keeps_ends=keeps_ends, comes=comes)


def _comes(plan: Plan) -> str:
    """What of the runs comes back for the first stage, where a source may say it with less than the runs."""
    from runql.execute.columns.run_digests import digest_of_stages
    from runql.execute.run_facts import value_of_run

    table = table_of(plan)
    columns = table.columns or () if isinstance(table, Projection) else ()
    fields = {column.name: value_of_run(column.value) for column in columns}
    shown = {name: key for name, key in fields.items() if isinstance(key, FieldKey)}
    digest = digest_of_stages(stages_of(plan), shown) if shown and len(shown) == len(fields) else None
    if digest is None:
        return ""
    return GROUPS_COME if digest.first is None else FIRST_COME


def _keeps_ends(plan: Plan) -> bool:
    """Whether the first stage keeps the ends of the one metric that is read."""
    from runql.execute.columns.run_ends import metric_of_ends

    table = table_of(plan)
    names = [column.name for column in table.columns] if isinstance(table, Histories) else []
    return isinstance(table, Histories) and metric_of_ends(table.part, stages_of(plan), names) is not None


def _struck_out(text: str, hidden: Sequence[str]) -> str:
    for value in sorted(filter(None, hidden), key=len, reverse=True):
        written = json.dumps(value, ensure_ascii=False)
        text = text.replace(written, '"…"').replace(json.dumps(value), '"…"')
        if len(value) >= _SHORTEST:
            text = text.replace(written[1:-1], "…").replace(value, "…")
    return text
