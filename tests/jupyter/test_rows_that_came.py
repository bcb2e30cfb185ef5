"""What a notebook shows of an answer that was not read to its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from runql.frontends.jupyter import load, unload
from runql.sources.open import SourcePlace
from runql.sources.protocol import Page, PageRequest
from tests.session.test_page_by_page import Dying


class Interrupted(Dying):
    """A source at which somebody interrupts the cell."""

    def runs_page(self, request: PageRequest) -> Page:
        if not self.left:
            raise KeyboardInterrupt
        return super().runs_page(request)


@pytest.fixture
def shell() -> Iterator[Any]:
    made = InteractiveShell.instance()  # `display` asks for the one there is
    load(made)
    yield made
    unload(made)
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(("service", "error"), [(Dying, "Unreachable"), (Interrupted, "KeyboardInterrupt")])
def test_the_rows_before_the_end_are_shown(
    shell: Any, monkeypatch: pytest.MonkeyPatch, service: type[Dying], error: str
) -> None:
    monkeypatch.setattr("runql.session.open_sources.open_place", lambda name, settings: SourcePlace(name, service(4)))
    with capture_output() as captured:
        done = shell.run_cell("%%rql -s memory best\nruns page 10 select id, config.lr")
    assert type(done.error_in_exec).__name__ == error
    shown = "".join(str(output.data) for output in captured.outputs)
    assert "40 rows × 2 columns" in shown
    assert "not all rows: 40 came" in shown
    assert "best" not in shell.user_ns


def test_each_of_several_answers_is_shown_as_it_comes(shell: Any) -> None:
    with capture_output() as captured:
        done = shell.run_cell(
            "%%rql -s demo\n# the whole\ncount runs;\n# none of it\nruns limit 1 | assert count() > 5"
        )
    assert type(done.error_in_exec).__name__ == "AssertionFailed"
    shown = "".join(str(output.data) for output in captured.outputs)
    assert "the whole" in shown
    assert "64" in shown
    assert "none of it" not in shown
