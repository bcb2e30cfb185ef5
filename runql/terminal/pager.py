"""The pager: the one other program that RunQL starts, for what is longer than the screen."""

from __future__ import annotations

import codecs
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from runql.config import pager_environment as environment
from runql.terminal import stdout
from runql.text.visible import styled

_FIXED = ("less", "-SRXF")
"""Wide lines scroll, colours stay, the screen is left as it is, and a short text needs no key press."""


def pager_command(named: str | None) -> tuple[str, ...]:
    """The command that a setting or `$PAGER` names, by default `less`; nothing if there is none or it is turned off."""
    try:
        words = tuple(shlex.split(named)) if named is not None else _FIXED
    except ValueError:  # an open quote: no command at all
        return ()
    if not words or words[0] == "cat" or shutil.which(words[0]) is None:
        return ()
    is_bare_less = len(words) == 1 and words[0].rpartition("/")[2] == "less"
    return (*words, _FIXED[1]) if is_bare_less else words


def write(pieces: Iterable[bytes], command: tuple[str, ...], height: int | None, *, wide: bool = False) -> None:
    """Write the pieces; if they have more lines than `height`, or are `wide`, through the pager.

    Raises what `stdout.write` raises.
    """
    if not command or height is None:
        stdout.write(pieces)
        return
    if wide:
        # It must not leave by itself where the lines are few: there is something to scroll to.
        _page(tuple("-SRX" if word == _FIXED[1] else word for word in command), [], iter(pieces))
        return
    held: list[bytes] = []
    lines = 0
    rest = iter(pieces)
    for piece in rest:
        held.append(piece)
        lines += piece.count(b"\n")
        if lines > height:
            _page(command, held, rest)
            return
    stdout.write(held)


def _page(command: tuple[str, ...], held: list[bytes], rest: Iterator[bytes]) -> None:
    stdout.flush()
    try:
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment())
    except OSError:
        stdout.write([*held, *rest])
        return
    assert pager.stdin is not None
    decoded = codecs.getincrementaldecoder("utf-8")("replace")
    with _deaf_to_interrupts():
        try:
            for pieces in (held, rest):
                for piece in pieces:
                    pager.stdin.write(styled(decoded.decode(piece)).encode())
        except BrokenPipeError:
            return  # whoever reads has seen enough
        finally:
            try:
                pager.stdin.close()
            except BrokenPipeError:
                stdout.flush()
            pager.wait()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C is the pager's while it has the screen."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
