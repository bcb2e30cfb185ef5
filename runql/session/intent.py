"""Lint of intent: answers that are right, but may not be what was meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from runql.semantic.record import RunRecord
from runql.semantic.typed_stages import TBest, TCorr, TGroup, TPareto, TPivot, TStage
from runql.text.diagnostic import Diagnostic

_COMPARES = (TBest, TCorr, TGroup, TPareto, TPivot)
_GOES_ON = frozenset({"running", "pending", "preempting"})
_MUCH = 1.05


def intent(stages: Sequence[TStage], records: Sequence[RunRecord]) -> Iterator[Diagnostic]:
    """What to say of stages that set runs against each other: some still go on (RQL321), some are longer (RQL322)."""
    stage = next((stage for stage in stages if isinstance(stage, _COMPARES)), None)
    if stage is None or (isinstance(stage, TGroup) and any(getattr(key, "name", "") == "state" for key in stage.keys)):
        return
    states = Counter(record.state or "" for record in records)
    going = sum(count for state, count in states.items() if state in _GOES_ON)
    if going and going < len(records):
        message = f"{going:,} of {len(records):,} runs still go on: their values are not their last"
        yield Diagnostic("RQL321", message, stage.span, hints=('leave them out: `where state = "finished"`',))
    steps = [step for record in records if (step := _last_step(record)) is not None]
    if steps and max(steps) > _MUCH * max(1, min(steps)):
        message = f"the runs have from {min(steps):,} to {max(steps):,} steps"
        yield Diagnostic("RQL322", message, stage.span, hints=("to compare them at one step: `keys … steps ..N scan`",))


def _last_step(record: RunRecord) -> int | None:
    """The last step of a run, where its summary or its history keys came with it."""
    for part in (record.summary, record.history_keys):
        step = part.get("_step" if part is record.summary else "lastStep") if isinstance(part, Mapping) else None
        if isinstance(step, int | float) and not isinstance(step, bool) and isfinite(step):
            return int(step)
    return None
