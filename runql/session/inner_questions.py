"""The inner questions of one statement: checked against their own sources, and planned for whoever asks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from runql.execute.inner_query import InnerQuery
from runql.plan.answers import Asked, asked_by, questions_in
from runql.plan.lower import lower
from runql.plan.nodes import Plan
from runql.semantic.check_query import Checked, inner_table
from runql.semantic.check_stages.scope import with_mentions
from runql.semantic.questions import InnerTable
from runql.semantic.typed import TOther
from runql.session.checked_query import KnownSources
from runql.syntax import to_text, tree
from runql.text.frozen import changeable


@changeable
class InnerChecks:
    """What the check of a statement found of its inner questions, those inside of them among them."""

    by_text: dict[str, tuple[Checked, KnownSources]] = field(default_factory=dict)
    _tables: dict[int, tuple[tree.Query, InnerTable]] = field(default_factory=dict)

    def table(self, query: tree.Query, check: Callable[[], tuple[Checked, KnownSources]]) -> InnerTable:
        """What is known of the table of a question: each is checked once, however often the outer one is."""
        if id(query) not in self._tables:
            checked, known = check()
            self.by_text[to_text(query)] = checked, known
            self._tables[id(query)] = query, inner_table(checked, known.catalog)
        return self._tables[id(query)][1]


class InnerPlans:
    """The plans of the inner questions of a statement; `made` holds those that are asked for."""

    def __init__(self, checks: InnerChecks) -> None:
        self._checks = checks
        self.made: dict[Asked, InnerQuery] = {}

    def plan_of(self, other: TOther) -> Plan:
        """The plan of the other table of a stage."""
        return self._of(asked_by(other)).plan

    def add_those_of(self, plan: Plan) -> None:
        """Plan every question that a plan asks."""
        for one in questions_in(plan):
            self._of(asked_by(one))

    def _of(self, asked: Asked) -> InnerQuery:
        if asked not in self.made:
            checked, known = self._checks.by_text[asked.text]
            assert checked.query is not None and known.catalog is not None
            query = with_mentions(checked.query, asked.fetched) if asked.fetched else checked.query
            from runql.semantic.check_stages.two_tables import fetched_with

            plan = lower(query, fetched_with(checked.stages, asked.fetched), other=self.plan_of)
            self.made[asked] = InnerQuery(
                plan=plan,
                places=known.places,
                catalog=known.catalog,
                doubt=known.doubt,
                run_id=checked.scope().run_id,
                text=asked.text,
            )
            self.add_those_of(plan)
        return self.made[asked]
