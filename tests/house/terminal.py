"""Commands as somebody at a terminal sees them."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.house.ready import run
from tests.house.sources import ROOT

COLUMNS = 110
PROGRESS = re.compile(r"(\r\x1b\[2K[^\r\n]*)*\r\x1b\[2K")
"""A line that was drawn over and over and taken away at the end: nobody sees it afterwards."""


def show(line: str, folder: Path, *, color: bool = False, columns: int = COLUMNS) -> str:
    """What a shell line writes to a terminal, standard error included; in it, `runql` is that of this checkout."""
    (folder / "bin").mkdir(exist_ok=True)
    command = folder / "bin" / "runql"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m runql "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = {
        "PATH": f"{command.parent}:{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": str(columns),
        **({"TERM": "xterm-256color"} if color else {"TERM": "dumb", "NO_COLOR": "1"}),
    }
    ours, theirs = pty.openpty()
    words = plain_words(line)
    if words is not None:
        return _seen_of(words, folder, environment, ours, theirs)
    with subprocess.Popen(line, shell=True, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        seen = read_all(ours)
    os.close(ours)
    return PROGRESS.sub("", seen.decode()).replace("\r\n", "\n")


def plain_words(line: str) -> list[str] | None:
    """The words behind `runql`, where the line is that command alone, and needs no shell to be read."""
    if not line.startswith("runql ") or set(line) & set("$`\\\n"):
        return None
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    words = list(reader)
    is_for_a_shell = any(set(word) <= set(reader.punctuation_chars) for word in _raw_words(line))
    return None if is_for_a_shell or words != shlex.split(line) else words[1:]


def _raw_words(line: str) -> list[str]:
    """The words with their quotes, so that a pipe of the shell is told from one in a query."""
    reader = shlex.shlex(line, posix=False, punctuation_chars=True)
    reader.whitespace_split = True
    return list(reader)


def _seen_of(words: list[str], folder: Path, environment: dict[str, str], ours: int, theirs: int) -> str:
    """The same without a shell, by the process that has RunQL loaded."""
    with ThreadPoolExecutor(1) as reader:
        seen = reader.submit(read_all, ours)
        run(words, str(folder), environment, os.ttyname(theirs))
        os.close(theirs)
        text = seen.result().decode()
    os.close(ours)
    return PROGRESS.sub("", text).replace("\r\n", "\n")


def read_all(terminal: int) -> bytes:
    """What a terminal is sent until nobody has it open any more."""
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the other side has closed
            piece = b""
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
