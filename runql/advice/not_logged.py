"""Why an answer of histories is empty, or a column of it: what none of the runs logged, or only some of them."""

from __future__ import annotations

from collections.abc import Iterator

from runql.engine.histories.facts import HistoryFacts, LoggedIn
from runql.engine.histories.tables import streams_of
from runql.engine.patterns import star_matcher
from runql.language.fields import Space
from runql.semantic.catalog import Catalog
from runql.semantic.spelling import code, field_text, segment_text
from runql.semantic.typed import HistoryPart
from runql.syntax.tree import AlignMode
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest

_SYSTEM = "system."


def not_logged(
    values: LoggedIn, rows: tuple[HistoryPart, HistoryFacts] | None, catalog: Catalog
) -> Iterator[Diagnostic]:
    """What to say of metrics of which no run of an answer has a value or a row (RQL308), or only some runs (RQL323).

    `values`: of the metrics of which one value is asked, such as `at(logged.x, 10)`; `rows`: what was asked of those
    whose rows are read, and what came.
    """
    if values.runs:
        yield from (_missing(metric, values.runs, catalog, "") for metric in values.lacking)
    if rows is None:
        return
    part, facts = rows
    if part.align is AlignMode.INNER:
        if not facts.rows:
            yield Diagnostic("RQL308", f"no row holds all of {_listed(streams_of(part).keys or ())}", hints=_OUTER)
        return
    if not facts.rows and streams_of(part).keys is None:
        yield Diagnostic("RQL308", f"{_these(facts.runs)} logged nothing{_steps(part)}")
        return
    for key in dict.fromkeys((*(part.keys or ()), *(part.system_keys or ()))):
        matches = star_matcher(key) if "*" in key else key.__eq__
        if not any(map(matches, facts.runs_of)):
            yield _missing(key, facts.runs, catalog, _steps(part))
        elif "*" not in key and facts.runs_of[key] <= _FEW * facts.runs:
            yield _of_few(key, facts, _steps(part))


_FEW = 3 / 4
"""Up to which part of the runs it is said: that one run in ten, which failed early, lacks a metric is no news."""


def _of_few(key: str, facts: HistoryFacts, within: str) -> Diagnostic:
    message = f"{facts.runs_of[key]:,} of {facts.runs:,} runs logged `{key}`{within}"
    hints = () if within or key.startswith(_SYSTEM) else (f"only these: `where exists(logged.{segment_text(key)})`",)
    return Diagnostic("RQL323", message, hints=hints)


_OUTER = ("`align outer`: rows that hold any of them",)


def _missing(key: str, runs: int, catalog: Catalog, within: str) -> Diagnostic:
    machine = key.startswith(_SYSTEM)
    if machine and not any(info.space is Space.SYSTEM for info in catalog.fields):
        return Diagnostic("RQL308", f"no machine metrics were logged in {catalog.source}")
    verb = "has" if runs == 1 else "have"
    noun = "machine metric that matches" if machine and "*" in key else "metric that matches" if "*" in key else ""
    if noun:
        return Diagnostic("RQL308", f"{_these(runs)} {verb} no {noun} `{key}`{within}")
    hints = () if within else _others(key, runs, catalog)
    return Diagnostic("RQL308", f"{_these(runs)} {verb} no value of `{key}`{within}", hints=hints)


def _others(key: str, runs: int, catalog: Catalog) -> tuple[str, ...]:
    """How many runs of the source logged it, and what is called nearly so."""
    # What was logged ends in the summary; the metrics themselves are known only if somebody had to look for them.
    spaces = (Space.SYSTEM,) if key.startswith(_SYSTEM) else (Space.SUMMARY, Space.LOGGED)
    prefix = _SYSTEM if key.startswith(_SYSTEM) else ""
    known = sorted((info for info in catalog.fields if info.space in spaces), key=lambda info: spaces.index(info.space))
    named = {prefix + info.dotted.removeprefix(prefix): info for info in known}
    if key in named and named[key].runs:
        there = f"{named[key].runs:,} of {catalog.looked_at(named[key].space):,} runs have"
        return (f"{there} it" if prefix else f"{there} {_where_it_is(key, runs, catalog)}",)
    near = nearest(key, [name for name in named if name != key])
    return (f"nearest: {_listed(near)}",) if near else ()


def _where_it_is(key: str, runs: int, catalog: Catalog) -> str:
    """How runs are asked for that have it: those that logged it, where others than these runs may have."""
    names, dotted = catalog.index.metrics[Space.LOGGED], tuple(key.split("."))
    asked, last = f"`where exists({field_text(Space.LOGGED, dotted)})`", code(field_text(Space.SUMMARY, dotted))
    if key in names:
        return f"it: {asked}"
    if not names and runs < catalog.run_count:  # the metrics were not looked at: what ends in the summary may be one
        return f"{last}; those that logged it: {asked}"
    return f"it, in the summary: {last}"


def _steps(part: HistoryPart) -> str:
    ends = (part.min_step, part.max_step, part.min_x, part.max_x)
    if all(end is None for end in ends):
        return ""
    low, high = ("" if end is None else f"{end}" for end in (ends[:2] if ends[2:] == (None, None) else ends[2:]))
    return f" within the steps {low}..{high}"


def _these(runs: int) -> str:
    return "the run" if runs == 1 else f"these {runs:,} runs"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
