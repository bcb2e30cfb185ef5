"""What the first stage needs of the runs, where a source says it with less than the runs: the first ones of each group
for `limit 2 by config.optimizer`, and for `group` of counts, least and most so many of each kind. The stage works on
them as on all runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from runql.engine.columns import Selected
from runql.engine.stages.reads import may_read
from runql.engine.table import Table
from runql.execute.columns.run_columns import is_plain
from runql.execute.run_facts import LAST_STEP, value_of_run
from runql.plan.nodes import Fetch, stages_of, table_of
from runql.semantic.typed import ColumnPick, FieldKey, Named, TCell, TFold, TGroup, TLimit, TStage
from runql.sources.protocol import Digest, RunColumns

if TYPE_CHECKING:
    from runql.execute.executor import Executor

_FOLDS: Final = frozenset({"count", "min", "max"})
"""The aggregates to which the order of the values, and all but the least and the most, are the same."""


def digest_table(executor: Executor, columns: Sequence[Selected]) -> tuple[Table, Table] | None:
    """The table that the first stage needs, and one of all the runs, whose cells stand in no order; `None` where no
    source says it, or the stage needs more."""
    stages = stages_of(executor.plan)
    fetch = table_of(executor.pushed).input
    shown = {column.name: key for column in columns if isinstance(key := value_of_run(column.value), FieldKey)}
    facts = executor.facts
    if not stages or not isinstance(fetch, Fetch) or len(shown) < len(columns) or executor.doubt is not None:
        return None
    digest = _of_limit(stages[0], shown) or _of_group(stages[0], shown)
    read = facts.values_read
    if digest is None or read is None or facts.draws or executor.aggregates.nodes or not is_plain(fetch, facts):
        return None
    has_steps = fetch.scan.read.summary is None or "_step" in fetch.scan.read.summary
    of_stages = (LAST_STEP,) if has_steps else ()
    of_all = dict.fromkeys((*shown.values(), *read, *of_stages))
    keys = [key for key in of_all if isinstance(key, FieldKey)]
    needed = shown if digest.first is not None else {name: shown[name] for name in _read_by(stages[0], shown)}
    found = executor.digest(fetch, digest, tuple(needed.values()), tuple(keys)) if len(keys) == len(of_all) else None
    if found is None:
        return None
    facts = executor.facts
    facts.fetched += found.all_runs.length
    everywhere = facts.add_columns(found.all_runs, 0, LAST_STEP if has_steps else None)
    return _table(needed, found.runs), _table(shown, everywhere)


def _table(shown: Mapping[str, FieldKey], runs: RunColumns) -> Table:
    return Table({name: runs.columns[key] for name, key in shown.items()}, runs.length)


def _of_limit(stage: TStage, shown: Mapping[str, FieldKey]) -> Digest | None:
    """The first rows of each group, if that is what a stage keeps."""
    if not isinstance(stage, TLimit) or stage.last:
        return None
    by = _fields(stage.by, shown)
    return Digest(by, stage.count) if by else None


def _of_group(stage: TStage, shown: Mapping[str, FieldKey]) -> Digest | None:
    """Counts, least and most of each group, if a stage asks for no more."""
    if not isinstance(stage, TGroup):
        return None
    by = _fields(stage.keys, shown)
    is_told = all(isinstance(fold.value, TFold) and _is_told(fold.value, shown) for fold in stage.folds)
    return None if by is None or not is_told else Digest(by)


def _read_by(stage: TStage, shown: Mapping[str, FieldKey]) -> list[str]:
    """The columns that a stage reads: a `group` has no others behind it."""
    return [name for name in shown if may_read(stage, name)]


def _is_told(fold: TFold, shown: Mapping[str, FieldKey]) -> bool:
    argument = fold.argument
    of_column = argument is None or (isinstance(argument, TCell) and argument.name in shown)
    return fold.name in _FOLDS and fold.of is None and of_column


def _fields(keys: Sequence[Named | ColumnPick], shown: Mapping[str, FieldKey]) -> tuple[FieldKey, ...] | None:
    """The fields that keys mean; `None` where one is worked out, or stands for several."""
    found = []
    for key in keys:
        name = key.pattern if isinstance(key, ColumnPick) else key.value.name if isinstance(key.value, TCell) else ""
        if name not in shown or (isinstance(key, ColumnPick) and key.is_glob):
            return None
        found.append(shown[name])
    return tuple(found)
