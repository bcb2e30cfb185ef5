"""Shells for the tests of the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.repl.shells import Make, Told, make


@pytest.fixture
def new(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Make:
    """Makes shells."""

    def made(source: Any = None, **more: Any) -> Told:
        return make(capfdbinary, tmp_path, source, **more)

    return made


@pytest.fixture
def shell(new: Make) -> Told:
    """A shell on twelve runs in memory."""
    return new()
