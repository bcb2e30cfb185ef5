"""What an engine is here: it has files as tables, and answers statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from runql.sources.store.lake.spelling import EngineDialect
from runql.sources.store.layout import Fact


class EngineTrouble(Exception):  # noqa: N818 - it says what is so
    """An engine did not answer. The text is its own, in a line."""


class LakeEngine(Protocol):
    """An engine that reads Parquet files. Threads may share it."""

    @property
    def dialect(self) -> EngineDialect:
        """How it spells statements."""

    def table(self, fact: Fact, files: Sequence[str]) -> str:
        """What stands in a statement for the rows of these parts of a fact. Raises `EngineTrouble`."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement. Raises `EngineTrouble`."""

    def close(self) -> None:
        """Let go of what was opened for it, and of nothing that the user brought."""
