"""Names as other tools write them (MLflow, NQL, the W&B reports), and how RunQL writes them."""

from __future__ import annotations

from runql.language.fields import RUN_FIELD_SPELLINGS, RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.semantic.spelling import PREFIXES, field_text
from runql.syntax import tree
from runql.syntax.mistakes.functions.casts import PARTS

_PREFIXES = {
    "summarymetrics": Space.SUMMARY,
    "hparams": Space.CONFIG,
    "hyperparameters": Space.CONFIG,
    "configs": Space.CONFIG,
    "history": Space.LOGGED,
}
_BELOW_RUN = {"metrics": Space.SUMMARY, "metric": Space.SUMMARY, "params": Space.CONFIG, "parameters": Space.CONFIG}
_RUN = frozenset({"run", "runs", "attributes", "attribute", "attr", "sys"})
_RUN_NAMES = {
    "run": "id",
    "runid": "id",
    "status": "state",
    "start_time": "created",
    "started": "created",
    "creation_time": "created",
    "createdtimestamp": "created",
    "end_time": "updated",
    "run_name": "name",
    "displayname": "name",
    "user_id": "user",
    "owner": "user",
    "author": "user",
    "author_id": "user",
    "tag": "tags",
    "jobtype": "job_type",
    "run_group": "group",
    "experiment": "group",
    "running_time": "runtime",
}
MOMENTS = {
    **dict.fromkeys(("current_timestamp", "localtimestamp", "sysdate"), "now"),
    **dict.fromkeys(("current_date", "curdate"), "today"),
}
"""Moments of SQL that are names."""

_OF_TIME = frozenset(field.name for field in RUN_FIELDS.values() if field.kind is Kind.TIME)

_OF_TIMES = {
    **{name: PARTS[name] for name in ("date", "year", "month", "day", "hour", "minute", "second", "week")},
    **dict.fromkeys(("weekday", "dayofweek", "day_of_week"), "weekday(X) - 1"),
    "isoweek": PARTS["week"],
    "dayofyear": PARTS["doy"],
    "quarter": PARTS["quarter"],
}
"""Parts of times, as pandas' `.dt` calls them: Monday is 0 there."""

FOREIGN_CALLS = {
    "config": Space.CONFIG,
    "summary": Space.SUMMARY,
    "summarymetric": Space.SUMMARY,
    "summarymetrics": Space.SUMMARY,
    "metric": Space.RUN,
    "keysinfo": Space.LOGGED,
}
"""`Config("lr")` and its like, as W&B's reports write them; by the name in small letters."""


def foreign_spelling(path: tree.Path) -> str | None:
    """RunQL's name for a path of another tool, or `None` if it is not known as one."""
    first, *rest = path.segments
    word = str(first).lower()
    if not rest:
        return _RUN_NAMES.get(word) or MOMENTS.get(word)
    if word in _RUN:
        return _of_run(tuple(rest))
    space = PREFIXES.get(word) or _PREFIXES.get(word)
    if len(rest) == 2 and str(rest[0]) == "dt" and str(rest[1]) in _OF_TIMES and run_field_named(word):
        return _OF_TIMES[str(rest[1])].replace("X", str(run_field_named(word)))
    if len(rest) == 1 and str(rest[0]) in _OF_TIMES and (field := run_field_named(word)) in _OF_TIME:
        return _OF_TIMES[str(rest[0])].replace("X", str(field))
    if space is None:
        return None
    text = field_text(space, tuple(rest), exact=path.exact)
    return f"last({text})" if space is Space.LOGGED else text


def _of_run(rest: tuple[str | int, ...]) -> str | None:
    if len(rest) > 1:
        word = str(rest[0]).lower()
        space = PREFIXES.get(word) or _PREFIXES.get(word) or _BELOW_RUN.get(word)
        return field_text(space, rest[1:]) if space in (Space.CONFIG, Space.SUMMARY) else None
    return run_field_named(str(rest[0]))


def run_field_named(word: str) -> str | None:
    """The run field that a word of another tool, or of another case, means."""
    by_lower = {spelling.lower(): field.name for spelling, field in RUN_FIELD_SPELLINGS.items()}
    return by_lower.get(word.lower()) or _RUN_NAMES.get(word.lower())
