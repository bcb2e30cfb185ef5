"""The values that occur in runs that are at hand: for completion under the query so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from runql.engine.evaluate import compile_truth
from runql.engine.fields import value_of
from runql.ide.context import Context, Occurring
from runql.plan.answers import questions_in
from runql.semantic.catalog import is_counted
from runql.semantic.check_query import check
from runql.semantic.needed import needed_fields
from runql.semantic.record import RunRecord
from runql.semantic.typed import FieldKey
from runql.syntax import tree as t

MOST_RUNS = 2_000
"""Of more runs than this the catalog's counts are shown: counting takes too long for a key press."""

_Conditions = tuple[t.Expr, ...]


@dataclass
class LoadedRuns:
    """A `ValuesOf` over runs that hold their config and summary; `context` is what their conditions are checked with.

    It remembers the runs of the last conditions, for they stay the same while a value is typed.
    """

    records: Sequence[RunRecord]
    context: Context
    _last: tuple[_Conditions, Sequence[RunRecord] | None] | None = field(default=None, repr=False)

    def __call__(self, key: FieldKey, conditions: _Conditions) -> Occurring | None:
        """The values in the runs for which the conditions hold, of lists their elements.

        None if there are too many runs, or that needs histories or the answer to an inner question.
        """
        if self._last is None or self._last[0] != conditions:
            self._last = (conditions, self._matching(conditions))
        records = self._last[1]
        if records is None:
            return None
        # The type is part of the key: in Python `True` and `1` are one key.
        counts: Counter[tuple[type, str | float | bool]] = Counter()
        for record in records:
            value = value_of(record, key)
            held = value if isinstance(value, tuple | list) else (value,)
            counts.update({(type(each), each): 1 for each in held if is_counted(each)})
        return [(value, count) for (_, value), count in counts.most_common()]

    def _matching(self, conditions: _Conditions) -> Sequence[RunRecord] | None:
        if len(self.records) > MOST_RUNS:
            return None
        if not conditions:
            return self.records
        query = t.Query(t.Target.RUNS, (t.WhereClause(t.And(conditions) if len(conditions) > 1 else conditions[0]),))
        typed = check(query, self.context.catalog, self.context.for_check()).query
        if typed is None or typed.where is None:
            return None
        needed = needed_fields(typed)
        if needed.aggregates or needed.logged or any(questions_in(typed.where)):
            return None
        holds = compile_truth(typed.where)
        return [record for record in self.records if holds(record)]
