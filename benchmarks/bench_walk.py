"""How far a question walks: the functions and files of RunQL that it enters, and how deep their calls go.

    python -m benchmarks.bench_walk [--list]

From the command to the printed table, for the line of the mission, on the demo's run files and on `tests.server` over
the loopback. Counted is the second of two calls in one process, so that what is made once (tables, the parser) is not.
`--list`: also the files with the functions that were entered, and the deepest stack.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from runql.frontends.cli.main import main as command  # noqa: E402
from tests.server import LoopbackServer  # noqa: E402
from tests.server.samples import vision  # noqa: E402

MISSION = "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"
_OURS = str(ROOT / "runql") + os.sep
_BODIES = ("<module>",)
_INNER = frozenset({"<lambda>", "<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>"})


class Walk:
    """What is entered inside the `with`, by any thread."""

    def __init__(self) -> None:
        self.functions: set[CodeType] = set()
        self.deepest: list[CodeType] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Walk:
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def files(self) -> Mapping[str, list[str]]:
        """The functions that were entered, file by file."""
        found = defaultdict(list)
        for code in self.functions:
            found[_file(code)].append(code.co_qualname)
        return {name: sorted(found[name]) for name in sorted(found)}

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or not _is_ours(frame.f_code):
            return
        stack: list[CodeType] = []
        at: FrameType | None = frame
        while at is not None:
            if _is_ours(at.f_code):
                stack.append(at.f_code)
            at = at.f_back
        with self._lock:
            self.functions.add(frame.f_code)
            if len(stack) > len(self.deepest):
                self.deepest = stack[::-1]


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(_OURS) and code.co_name not in _BODIES and code.co_name not in _INNER


def _file(code: CodeType) -> str:
    return code.co_filename.removeprefix(_OURS)


def walk(source: str) -> Walk:
    """The walk of the second of two calls of the command."""
    for _ in range(2):
        watched = Walk()
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()), watched:
            status = command(["-s", source, MISSION])
        if status or "loss" not in out.getvalue():
            raise SystemExit(f"the command failed with status {status}")
    return watched


def main() -> None:
    """Prints a line a source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true")
    with_list = parser.parse_args().list
    walks = {"on disk (demo)": walk("demo")}
    with LoopbackServer(vision(500, 100)) as server:
        os.environ.update(WANDB_BASE_URL=server.base_url, WANDB_API_KEY="k" * 40)
        walks["on a server"] = walk("acme/vision")
    print(f"{'':16}{'functions':>10}{'files':>7}{'depth':>7}")
    for name, walked in walks.items():
        print(f"{name:16}{len(walked.functions):10}{len(walked.files()):7}{len(walked.deepest):7}")
    for name, walked in walks.items() if with_list else ():
        print(f"\n{name}\n")
        for file, functions in walked.files().items():
            print(f"{len(functions):4}  {file}\n      {', '.join(functions)}")
        print("\ndeepest:")
        for code in walked.deepest:
            print(f"      {_file(code)}: {code.co_qualname}")


if __name__ == "__main__":
    main()
