"""What the first stage needs of the runs, where a source says it with less than the runs: the first ones of each group
for `limit 2 by config.optimizer` and for windows that rank them, and for `group` what its aggregates come to, or so
many values of each kind. The stage works on them as on all runs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from runql.engine.columns import Selected
from runql.engine.stages.reads import may_read
from runql.engine.stages.shared.aggregates import FoldColumn
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.rows import folds_in
from runql.engine.table import Table
from runql.engine.values.column import constant
from runql.execute.columns.first_runs import fields_of, first_of_order
from runql.execute.columns.run_columns import is_plain
from runql.execute.run_facts import LAST_STEP, value_of_run
from runql.plan.nodes import Fetch, stages_of, table_of
from runql.semantic.folds import percentile_of
from runql.semantic.typed import FieldKey, TCell, TFold, TGroup, TLimit, TStage
from runql.semantic.values import MISSING
from runql.sources.protocol import Digest, GroupFold, RunColumns
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from runql.execute.executor import Executor

_FOLDS: Final = frozenset(
    {"count", "min", "max", "sum", "mean", "std", "var", "sem", "ci95", "median", "iqm", "n_unique"}
    | {"any", "all", "share", "count_if"}
)
"""The aggregates to which the order of the values is the same; percentiles are some too."""


@frozen
class DigestTable:
    """The table that the first stage needs, and one of all the runs, whose cells stand in no order. `known`: what folds
    of columns come to in each group, `ends`: where the rows of each group end in the table."""

    table: Table
    of_all: Table
    known: Mapping[tuple[str, str], FoldColumn]
    ends: Sequence[int]

    def folded(self, node: TFold, groups: Groups) -> FoldColumn | None:
        """A fold of groups, if it is known."""
        name = node.argument.name if isinstance(node.argument, TCell) else ""
        found = self.known.get((node.name, name))
        if found is None or not self.ends:
            return None
        at = [bisect_right(self.ends, int(row)) for row in groups.firsts()]
        return FoldColumn([found.values[one] for one in at], [found.counts[one] for one in at], found.skipped)


def digest_table(executor: Executor, columns: Sequence[Selected]) -> DigestTable | None:
    """What the first stage needs of the runs; `None` where no source says it, or the stage needs more."""
    stages = stages_of(executor.plan)
    fetch = table_of(executor.pushed).input
    shown = {column.name: key for column in columns if isinstance(key := value_of_run(column.value), FieldKey)}
    facts = executor.facts
    if not stages or not isinstance(fetch, Fetch) or len(shown) < len(columns) or executor.doubt is not None:
        return None
    digest = digest_of_stages(stages, shown)
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
    known = {
        (fold.name, name): column
        for fold, column in found.folded.items()
        for name, key in needed.items()
        if key == fold.of
    }
    return DigestTable(_table(needed, found.runs), _table(shown, everywhere), known, [*accumulate(found.sizes)])


def digest_of_stages(stages: Sequence[TStage], shown: Mapping[str, FieldKey]) -> Digest | None:
    """What the first stages need of the runs, of which columns show fields; `None` where that is more than a source
    says."""
    return _of_limit(stages[0], shown) or _of_group(stages[0], shown) or first_of_order(stages, shown)


def _table(shown: Mapping[str, FieldKey], runs: RunColumns) -> Table:
    """The columns of runs; what the source did not give, since the stage does not look at it, is missing."""
    none = constant(MISSING, runs.length)
    return Table({name: runs.columns.get(key, none) for name, key in shown.items()}, runs.length)


def _of_limit(stage: TStage, shown: Mapping[str, FieldKey]) -> Digest | None:
    """The first rows of each group, if that is what a stage keeps."""
    if not isinstance(stage, TLimit) or stage.last:
        return None
    by = fields_of(stage.by, shown)
    return None if by is None else Digest(by, stage.count)


def _of_group(stage: TStage, shown: Mapping[str, FieldKey]) -> Digest | None:
    """Counts, least and most of each group, if a stage asks for no more."""
    if not isinstance(stage, TGroup):
        return None
    by = fields_of(stage.keys, shown)
    folds = [node for fold in stage.folds for node in folds_in(fold.value)]
    if by is None or not all(_is_told(node, shown) for node in folds):
        return None
    of = (GroupFold(node.name, shown[node.argument.name]) for node in folds if isinstance(node.argument, TCell))
    return Digest(by, folds=tuple(dict.fromkeys(of)))


def _read_by(stage: TStage, shown: Mapping[str, FieldKey]) -> list[str]:
    """The columns that a stage reads: a `group` has no others behind it."""
    return [name for name in shown if may_read(stage, name)]


def _is_told(fold: TFold, shown: Mapping[str, FieldKey]) -> bool:
    argument = fold.argument
    of_column = argument is None or (isinstance(argument, TCell) and argument.name in shown)
    is_symmetric = fold.name in _FOLDS or percentile_of(fold.name) is not None
    return is_symmetric and fold.of is None and of_column
