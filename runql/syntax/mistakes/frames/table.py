"""What was read of a chain of calls on a table, as stages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from runql.syntax.mistakes.frames.columns import FrameColumns
from runql.syntax.mistakes.frames.python_text import Lost, UnknownError

_WORDS: Final = re.compile(r"\W+")
KEPT_GROUP: Final = "runs without a value of the key are a group here; pandas leaves them out without `dropna=False`"
EMPTY_CELLS: Final = "a cell without runs is empty here, 0 in pandas"


@dataclass
class FrameFold:
    """An aggregate: its text, its name if it has one, and the column it is of."""

    text: str
    column: str = ""
    name: str = ""

    @property
    def written(self) -> str:
        return f"{self.name} = {self.text}" if self.name else self.text

    def named(self) -> str:
        """Its name; one is made where it has none."""
        self.name = self.name or _WORDS.sub("_", self.text.rstrip(")")).strip("_")
        return self.name


@dataclass
class FrameTable:
    """The stages so far; what waits for the next call: chosen columns, keys of groups, or aggregates."""

    names: FrameColumns = field(default_factory=FrameColumns)
    stages: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    keys: list[str] | None = None
    folds: list[FrameFold] = field(default_factory=list)
    all_fold: str = ""
    """An aggregate of all columns of groups, of which some must be chosen."""
    is_folded: bool = False
    lost: list[Lost] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *stages: str) -> None:
        self.flush()
        self.stages.extend(stages)

    def flush(self) -> None:
        """Write what waits: the aggregates, or the columns."""
        if self.all_fold:
            raise UnknownError
        if self.folds:
            keys = f" {', '.join(self.keys)}" if self.keys else ""
            self.stages.append(f"group{keys} : {', '.join(one.written for one in self.folds)}")
            self.folds, self.keys = [], None
        elif self.is_folded and self.keys:
            self.stages.append(f"group {', '.join(self.keys)}")
            self.keys = None
        elif self.keys is not None:
            raise UnknownError
        elif self.columns:
            self.stages.append(f"select {', '.join(self.columns)}")
            self.columns = []

    def choose(self, names: list[str]) -> None:
        """FrameColumns for the next call; behind aggregates those of them that are kept."""
        if self.all_fold:
            self.columns, name, self.all_fold = names, self.all_fold, ""
            self.fold([FrameFold(f"{name}({one})", one) for one in names])
            return
        if self.folds:
            kept = [one for one in self.folds if one.column in names or one.name in names]
            if {one.name or one.column for one in kept} - set(names) - {one.column for one in kept} or not kept:
                raise UnknownError
            self.folds = kept
        elif self.columns in (["config"], ["summary"]):
            self.columns = [f"{self.columns[0]}.{one}" for one in names]
        elif self.columns or self.is_folded:
            raise UnknownError
        else:
            self.columns = names

    def keep(self, test: str) -> None:
        """A condition on the rows; what is chosen of them is chosen behind it."""
        columns, self.columns = self.columns, []
        self.add(f"where {test}")
        self.columns = columns

    @property
    def is_waiting(self) -> bool:
        """Whether keys wait for their aggregates."""
        return self.keys is not None and not self.is_folded

    def fold(self, folds: list[FrameFold]) -> None:
        if not folds or (self.folds or self.is_folded):
            raise UnknownError
        self.folds, self.is_folded, self.columns = folds, True, []

    def key_of(self, name: str) -> str:
        """The column behind aggregates that a name means."""
        if not self.folds:
            return name
        found = [one for one in self.folds if name in {one.name, one.column}]
        if len(found) == 1:
            return found[0].named()
        if name in (self.keys or []):
            return name
        raise UnknownError

    def only(self) -> str:
        """The one column that there is: of a series, or of an aggregate."""
        if self.folds:
            return self.folds[0].named() if len(self.folds) == 1 else _none()
        if self.is_folded:
            return "n"
        return self.columns[0] if len(self.columns) == 1 else _none()


def _none() -> str:
    raise UnknownError
