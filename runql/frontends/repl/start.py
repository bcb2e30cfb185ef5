"""What the prompt is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from runql.config import Settings
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from runql.script.options import Options
    from runql.terminal.progress import Waiting


@frozen
class Start:
    """The call: its source, settings, parameters, format, limits; `options` are those that the session begins with."""

    settings: Settings
    source: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    output: str | None = None
    quiet: bool = False
    timeout: float | None = None
    options: Options | None = None
    waiting: Waiting | None = None

    @property
    def source_name(self) -> str | None:
        """The source of queries that name none; none if nothing names one."""
        return self.source or self.settings.default_source()
