"""A run that was found, and where."""

from __future__ import annotations

from runql.semantic.record import RunRecord
from runql.sources.open import SourcePlace
from runql.text.frozen import packed


@packed
class FoundRun:
    """A run with the place that holds it. Two are equal if they are one object."""

    record: RunRecord
    place: SourcePlace

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def entity(self) -> str:
        return self.record.entity or self.place.entity

    @property
    def project(self) -> str:
        return self.record.project or self.place.project

    def is_same_run(self, other: FoundRun) -> bool:
        """Whether two sources hold one run: the same id, and no other project as far as both name one."""
        return self.record.id == other.record.id and all(
            not mine or not theirs or mine == theirs
            for mine, theirs in ((self.entity, other.entity), (self.project, other.project))
        )
