"""What a run logged, in the form in which W&B gives it: `historyKeys`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from runql.language.kinds import Kind
from runql.semantic.record import LoggedMetrics, RunRecord

_TYPES: Final[Mapping[str, str]] = {
    Kind.TEXT.value: "string",
    Kind.NULL.value: "nil",
    Kind.RECORD.value: "map",
    Kind.TIME.value: "map",
}
"""What W&B calls the kinds that have another name there; media objects go by their `_type` in both."""

_KINDS: Final[Mapping[str, str]] = {"string": Kind.TEXT.value, "nil": Kind.NULL.value, "map": Kind.RECORD.value}


def history_keys_of(record: RunRecord) -> dict[str, Any]:
    """What a run logged: `{"lastStep": n, "keys": {name: {"typeCounts": [{"type": t, "count": n}]}}}`.

    Of a server that is its own answer, with whatever stands in it besides; empty where it was not asked for.
    """
    logged = record.logged
    if logged is None:
        return {}
    if logged.answer is not None:
        return dict(logged.answer)
    keys = {
        name: {"typeCounts": [{"type": _TYPES.get(kind, kind), "count": count} for kind, count in kinds.items()]}
        for name, kinds in logged.kinds.items()
    }
    return {**({} if logged.last_step is None else {"lastStep": logged.last_step}), "keys": keys}


def read_history_keys(answer: Mapping[str, Any]) -> LoggedMetrics:
    """What W&B's form says; a part of it that is null says nothing."""
    given = {key: part for key, part in answer.items() if part is not None}
    kinds: dict[str, dict[str, int]] = {}
    for name, info in given.get("keys", {}).items():
        counts = (info or {}).get("typeCounts") or ()
        kinds[name] = {}
        for each in counts:
            kind = _KINDS.get(each["type"], each["type"])
            kinds[name][kind] = kinds[name].get(kind, 0) + each["count"]
    last = given.get("lastStep")
    return LoggedMetrics(kinds, None if last is None else int(last), given)
