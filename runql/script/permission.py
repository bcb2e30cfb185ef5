"""Where a text may write that came with a folder: a script, a saved query, a document of an editor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runql.config import Settings
from runql.results.destination import Destination
from runql.script.inner_queries import with_inner
from runql.syntax import tree
from runql.syntax.tree import ToStage
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span


def guarded(query: tree.Query) -> tree.Query:
    """The query of a text that came with a folder: what it, or a question inside of it, writes has to be allowed."""
    query = with_inner(query, lambda one: (guarded(one) if isinstance(one, tree.Query) else one, ""))
    if not any(isinstance(stage, ToStage) for stage in query.stages):
        return query
    stages = tuple(replace(stage, guarded=True) if isinstance(stage, ToStage) else stage for stage in query.stages)
    return replace(query, stages=stages)


@frozen
class Permission:
    """Below the working folder, but not in what is hidden there; elsewhere in what the user named."""

    folder: Path
    more: tuple[Path, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Permission:
        return cls(settings.folder, settings.allow_write)

    def refusal(self, place: Destination, span: Span = NOWHERE) -> Diagnostic | None:
        """Why such a text may not write there. A link is where it leads to."""
        target = place.target
        if any(_is_below(target, self.folder / one) for one in self.more):
            return None
        is_below = _is_below(target, self.folder)
        if is_below and not any(part.startswith(".") for part in _parts(target, self.folder)):
            return None
        where = "hidden" if is_below else "not below the working folder"
        leads = f", which leads to `{target}`," if place.is_link else ""
        what = f"a script or a saved query may not write `{place.name}`{leads}: it is {where}"
        allowed = target if place.is_link or is_below else target.parent
        return Diagnostic("RQL535", what, span, hints=(f"`--allow-write {allowed}` lets it",))


def _is_below(target: Path, folder: Path) -> bool:
    return target.is_relative_to(os.path.realpath(folder))


def _parts(target: Path, folder: Path) -> Sequence[str]:
    return target.relative_to(os.path.realpath(folder)).parts
