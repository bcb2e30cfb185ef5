"""A session that only reads, and only the sources that it was started with, whoever writes the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from runql.config import Settings
from runql.errors import QueryError, SourceError
from runql.script.interpreter import ScriptState
from runql.session import Explanation, Result
from runql.session.pull import copies_nothing
from runql.session.session import Session
from runql.sources.open import SourcePlace
from runql.syntax import parse, tree
from runql.text.source import Source


class FixedSession(Session):
    """A session over `sources` alone, the first of which is that of queries that name none. It writes no file."""

    def __init__(self, sources: Sequence[str], settings: Settings) -> None:
        named = {name: to for name, to in settings.sources.items() if name in sources}
        settings = replace(settings, source=sources[0], sources=named, stores=None)
        super().__init__(sources[0], replace(settings, allow_write=(), read_only=True))
        self.fixed = tuple(sources)

    def place(self, name: str | None = None) -> SourcePlace:
        """A source by its name. Raises `SourceError` for one that the server was not started with."""
        if name is not None and name not in self.fixed:
            known = ", ".join(f"`{one}`" for one in self.fixed)
            raise SourceError.of("RQL593", f"`{name}` is no source of this server", f"it was started with {known}")
        return super().place(name)

    def run(self, text: str | Source, params: Mapping[str, Any] | None = None) -> tuple[Result | Explanation, ...]:
        """As of any session. A `pull` is refused before its form is judged: no other form of it would do."""
        parsed = parse(text)
        pulls = [one for one in parsed.script.statements if isinstance(one, tree.PullStatement)]
        if pulls:
            raise QueryError([copies_nothing(one.span) for one in pulls], parsed.source)
        return super().run(text, params)

    def forget(self) -> None:
        """Forget what the text before has named: each call stands by itself."""
        self.state = ScriptState()
