"""What a notebook shows: results while they are read, and errors with their place instead of a traceback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Final

from IPython.display import HTML, DisplayHandle, display

from runql.errors import RunQLError
from runql.results.looks import visible
from runql.session import Explanation, Result
from runql.terminal.stderr import Waiting
from runql.text.render import render

_PATIENCE_SECONDS: Final = 0.5
_PERIOD_SECONDS: Final = 0.25


@contextmanager
def quietly() -> Iterator[None]:
    """Errors of RunQL are shown with their place and way out; the cell fails as with any error."""
    try:
        yield
    except RunQLError as error:
        lines = render(error.diagnostics, error.source, color=True).split("\n")
        # IPython asks the error itself how it looks, and shows a traceback of those that have no answer.
        vars(error)["_render_traceback_"] = lambda: lines
        raise


def read(result: Result, waiting: Waiting) -> None:
    """Read a result whole; from half a second on a line says what goes on, which is gone at the end."""
    done = threading.Event()
    line = threading.Thread(target=_say, args=(result, waiting, done), daemon=True)
    line.start()
    try:
        _ = result.frame
    finally:
        done.set()
        line.join()


def _say(result: Result, waiting: Waiting, done: threading.Event) -> None:
    began = time.monotonic()
    if done.wait(_PATIENCE_SECONDS):
        return
    handle = DisplayHandle()
    show = handle.display
    while True:
        text = waiting.text or f"{result.activity()} · {time.monotonic() - began:.0f} s"
        show(HTML(f'<span style="opacity:.7">{escape(visible(text))}</span>'))
        show = handle.update
        if done.wait(_PERIOD_SECONDS):
            break
    handle.update(HTML(""))


def show_each(answers: Sequence[Result | Explanation]) -> None:
    """Several answers one under the other."""
    for answer in answers:
        display(answer)
