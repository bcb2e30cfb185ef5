"""How long the prompt takes to its first line, beside litecli on an empty file, a bare PromptSession and Python alone.

python benchmarks/bench_prompt.py [--repeat 9] [--litecli PATH]

Each is started in a pseudo terminal, in turn, and the clock stops when its prompt has been written there. Then a letter
is typed, and it stops again when the letter is seen. litecli is no dependency: without `--litecli` it is taken from the
search path, else from the environment that bench_complete.py makes; if it is nowhere, that is said.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS: Final = 30.0
BARE: Final = "from prompt_toolkit import PromptSession; PromptSession().prompt('bare> ')"
COLUMNS, LINES = 100, 30


@dataclass(frozen=True)
class Case:
    """A program, and the end of its prompt as it is written to the terminal."""

    name: str
    command: Sequence[str]
    prompt: bytes
    types: bool = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--litecli", type=Path, help="the command `litecli` to compare with")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = list(_cases(Path(folder), arguments.litecli))
        environment = _environment(Path(folder))
        for case in cases:
            _first(case, environment)  # warms the files up
        took: dict[str, list[tuple[float, float]]] = {case.name: [] for case in cases}
        for _ in range(arguments.repeat):
            for case in cases:
                took[case.name].append(_first(case, environment))
    print(f"to the first prompt, and to the first letter typed there; {arguments.repeat} starts each, in turn\n")
    print(f"{'':32}{'prompt ms, median':>18}{'best':>7}{'letter ms, median':>20}{'best':>7}")
    for name, times in took.items():
        prompts, letters = ([one[at] * 1000 for one in times] for at in (0, 1))
        print(
            f"{name:32}{statistics.median(prompts):18.0f}{min(prompts):7.0f}"
            f"{statistics.median(letters):20.0f}{min(letters):7.0f}"
        )
    ours = statistics.median(one[0] for one in took["runql -s demo"])
    for name, times in took.items():
        if name.startswith("litecli"):
            ratio = statistics.median(one[0] for one in times) / ours
            print(f"\nlitecli takes {ratio:.1f} times as long as runql")


def _cases(folder: Path, litecli: Path | None) -> Sequence[Case]:
    empty = folder / "empty.db"
    empty.touch()
    cases = [
        Case("python -c pass", (sys.executable, "-c", "print('done> ')"), b"done>", types=False),
        Case("a bare PromptSession", (sys.executable, "-c", BARE), b"bare>"),
        Case("runql -s demo", (sys.executable, "-m", "runql", "-s", "demo"), b"demo>"),
    ]
    found = litecli or _litecli()
    if found is None:
        print("litecli is not compared: it is nowhere; `pip install litecli`, or name it with `--litecli PATH`\n")
    else:
        cases.append(Case("litecli on an empty file", (str(found), str(empty)), b"empty.db>"))
    return cases


def _litecli() -> Path | None:
    user = os.getuid() if hasattr(os, "getuid") else 0
    made = Path(tempfile.gettempdir()) / f"runql-bench-litecli-{user}" / "bin" / "litecli"
    found = shutil.which("litecli") or (str(made) if made.exists() else None)
    return None if found is None else Path(found)


def _environment(folder: Path) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }


def _first(case: Case, environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds from the start to the prompt, and to a letter that was typed as soon as it was there."""
    start = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.environ.clear()
        os.environ.update(environment)
        os.execvp(case.command[0], list(case.command))
    _set_size(terminal)
    try:
        seen = _read_until(terminal, case.prompt, b"")
        prompt = time.perf_counter() - start
        if not case.types:
            return prompt, prompt
        rest = seen.partition(case.prompt)[2]
        os.write(terminal, b"\x1b[1;1R" * rest.count(b"\x1b[6n") + b"q")
        _read_until(terminal, b"q", b"")
        return prompt, time.perf_counter() - start
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)


def _read_until(terminal: int, wanted: bytes, seen: bytes) -> bytes:
    while wanted not in seen:
        if not select.select([terminal], [], [], PATIENCE_SECONDS)[0]:
            raise SystemExit(f"nothing like {wanted!r} came within {PATIENCE_SECONDS:.0f} s; there was {seen[-200:]!r}")
        seen += os.read(terminal, 65536)
    return seen


def _set_size(terminal: int) -> None:
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))


if __name__ == "__main__":
    main()
