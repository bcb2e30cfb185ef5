"""What a notebook shows: results while they are read, and errors with their place instead of a traceback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Final

from IPython.display import HTML, DisplayHandle, display

from runql.advice.doors import Door, said_at
from runql.errors import BackendError, RunQLError
from runql.session import Explanation, Result
from runql.terminal.progress import Waiting
from runql.text.render import render
from runql.text.visible import visible

_PATIENCE_SECONDS: Final = 0.5
_PERIOD_SECONDS: Final = 0.25


@contextmanager
def quietly() -> Iterator[None]:
    """Errors of RunQL are shown with their place and way out; the cell fails as with any error."""
    try:
        yield
    except RunQLError as error:
        lines = render(said_at(Door.NOTEBOOK, error.diagnostics), error.source, color=True).split("\n")
        # IPython asks the error itself how it looks, and shows a traceback of those that have no answer.
        vars(error)["_render_traceback_"] = lambda: lines
        raise


def read(result: Result, waiting: Waiting) -> None:
    """Read a result whole; from half a second on a line says what goes on, which is gone at the end.

    The rows that came before an error or an interrupt are shown; what happened is raised all the same.
    """
    done = threading.Event()
    line = threading.Thread(target=_say, args=(result, waiting, done), daemon=True)
    line.start()
    try:
        _ = result.frame
    except (BackendError, KeyboardInterrupt):
        done.set()
        line.join()
        if result.partial is not None:
            display(result.partial)
            display(HTML(f"<b>not all rows: {result.partial.length:,} came before what went wrong</b>"))
        raise
    finally:
        done.set()
        line.join()


def _say(result: Result, waiting: Waiting, done: threading.Event) -> None:
    began = time.monotonic()
    if done.wait(_PATIENCE_SECONDS):
        return
    handle = DisplayHandle()
    draw = handle.display
    while True:
        text = waiting.text or f"{result.activity()} · {time.monotonic() - began:.0f} s"
        draw(HTML(f'<span style="opacity:.7">{escape(visible(text))}</span>'))
        draw = handle.update
        if done.wait(_PERIOD_SECONDS):
            break
    handle.update(HTML(""))


def show(answer: Result | Explanation) -> None:
    """One of several answers, under what it is called."""
    if isinstance(answer, Result) and answer.title:
        display(HTML(f"<b>{escape(visible(answer.title))}</b>"))
    display(answer)
