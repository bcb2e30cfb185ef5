"""Keys that are pressed while a query runs: they wait for the next line, unseen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unseen() -> Iterator[None]:
    """While this lasts the terminal itself writes no key among the rows of a result; Ctrl-C goes on to interrupt.

    The line editor writes what is typed at the prompt, in a mode of its own.
    """
    try:
        import termios
    except ImportError:  # Windows writes none by itself
        yield
        return
    if sys.stdin is None or not sys.stdin.isatty():
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    during = termios.tcgetattr(terminal)
    during[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSANOW, during)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
