"""A shell without its line: texts go in, what it writes is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from runql import config
from runql.frontends.repl.evaluate import evaluate
from runql.frontends.repl.shell import Hooks, Shell
from runql.session import Session
from runql.sources.protocol import ServiceApi
from tests.session.fixtures import Watched

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What steers a terminal; a tab and the end of a line do not."""


@dataclass
class Told:
    """A shell and what it did to those around it."""

    shell: Shell
    service: Any
    capture: pytest.CaptureFixture[bytes]
    told: list[str] = field(default_factory=list)
    edited: str | None = None
    """What the editor gives back."""
    offered: str | None = None
    """What the editor was given."""
    out: str = ""
    err: str = ""

    def __call__(self, text: str) -> str:
        """Perform a text; what it wrote to standard output."""
        self.capture.readouterr()
        evaluate(self.shell, text)
        out, err = self.capture.readouterr()
        self.out, self.err = out.decode(), err.decode()
        assert not CONTROL.search(self.out + self.err)
        return self.out

    def edit(self, text: str) -> str | None:
        self.offered = text
        return self.edited


Make = Callable[..., Told]


def make(
    capture: pytest.CaptureFixture[bytes],
    folder: Path,
    source: str | ServiceApi | None = None,
    **more: Any,
) -> Told:
    """A shell on runs in memory, or another source, whose saved queries are in a folder."""
    service = Watched() if source is None else source
    settings = replace(config.Settings(), folder=folder, saved=(folder / ".runql",), pager="cat", color=False)
    told = Told(Shell(Session(service, settings), **more), service, capture)
    told.shell.hooks = Hooks(
        source_changed=lambda: told.told.append("source"),
        refresh=lambda: told.told.append("refresh"),
        edit=told.edit,
    )
    return told
