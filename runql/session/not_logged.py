"""Why an answer of histories is empty, or a column of it: what none of the runs logged."""

from __future__ import annotations

from collections.abc import Iterator

from runql.engine.histories import keys_wanted
from runql.engine.history_facts import HistoryFacts
from runql.engine.patterns import star_matcher
from runql.semantic.catalog import Catalog, Space
from runql.semantic.typed import HistoryPart
from runql.syntax.tree import AlignMode
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest

_SYSTEM = "system."


def not_logged(part: HistoryPart, facts: HistoryFacts, catalog: Catalog) -> Iterator[Diagnostic]:
    """What to say (RQL308) of keys of which no run of an answer has a row."""
    if part.align is AlignMode.INNER and not facts.rows:
        yield Diagnostic("RQL308", f"no row holds all of {_listed(keys_wanted(part) or ())}", hints=_OUTER)
        return
    if part.align is AlignMode.INNER:
        return
    within = _steps(part)
    if not facts.rows and keys_wanted(part) is None:
        yield Diagnostic("RQL308", f"{_these(facts.runs)} logged nothing{within}")
        return
    for key in dict.fromkeys((*(part.keys or ()), *(part.system_keys or ()))):
        matches = star_matcher(key) if "*" in key else key.__eq__
        if not any(count and matches(name) for name, count in facts.rows_of.items()):
            yield _missing(key, facts, catalog, within)


_OUTER = ("`align outer`: rows that hold any of them",)


def _missing(key: str, facts: HistoryFacts, catalog: Catalog, within: str) -> Diagnostic:
    machine = key.startswith(_SYSTEM)
    if machine and not any(info.space is Space.SYSTEM for info in catalog.fields):
        return Diagnostic("RQL308", f"no machine metrics were logged in {catalog.source}")
    verb = "has" if facts.runs == 1 else "have"
    noun = "machine metric that matches" if machine and "*" in key else "metric that matches" if "*" in key else ""
    if noun:
        return Diagnostic("RQL308", f"{_these(facts.runs)} {verb} no {noun} `{key}`{within}")
    hints = () if within else _others(key, catalog)
    return Diagnostic("RQL308", f"{_these(facts.runs)} {verb} no value of `{key}`{within}", hints=hints)


def _others(key: str, catalog: Catalog) -> tuple[str, ...]:
    """How many runs of the source logged it, and what is called nearly so."""
    # What was logged ends in the summary; the metrics themselves are known only if somebody had to look for them.
    spaces = (Space.SYSTEM,) if key.startswith(_SYSTEM) else (Space.SUMMARY, Space.LOGGED)
    prefix = _SYSTEM if key.startswith(_SYSTEM) else ""
    known = sorted((info for info in catalog.fields if info.space in spaces), key=lambda info: spaces.index(info.space))
    runs = {prefix + info.dotted.removeprefix(prefix): info.runs for info in known}
    if runs.get(key):
        there = f"{runs[key]:,} of {catalog.run_count:,} runs have it"
        return (there if prefix else f"{there}: `where exists(logged.{key})`",)
    near = nearest(key, [name for name in runs if name != key])
    return (f"nearest: {_listed(near)}",) if near else ()


def _steps(part: HistoryPart) -> str:
    if part.min_step is None and part.max_step is None:
        return ""
    low, high = ("" if step is None else f"{step}" for step in (part.min_step, part.max_step))
    return f" within the steps {low}..{high}"


def _these(runs: int) -> str:
    return "the run" if runs == 1 else f"these {runs:,} runs"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
