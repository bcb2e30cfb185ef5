"""Run the benchmarks and write `docs/benchmarks.md`: what each of them prints, the machine, the date and the versions.

    python -m tools.benchmarks [NAME …]        all of `benchmarks/bench_*.py`, or some: `start`, `server`
    python -m tools.benchmarks --out FILE …    write another file

A script that fails is named in the page, with its last line, and makes this command fail. Those that were not run keep
what the page had of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from ast import get_docstring, parse
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
PEERS = ("wandb", "pandas", "polars", "duckdb", "deltalake", "pyarrow", "numpy", "tensorboard", "rapidfuzz")

HEAD = """\
# Benchmarks

What the scripts in `benchmarks/` print. Each measures RunQL and something that is not RunQL in the same run: the ratio
is what holds on another machine, the times are those of the machine named under each title. `make bench` writes this
page anew.
"""

_SECTION = re.compile(r"^## `bench_(?P<name>\w+)`\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def main() -> int:
    arguments = argparse.ArgumentParser(description="run benchmarks and write their page")
    arguments.add_argument("names", nargs="*", metavar="NAME")
    arguments.add_argument("--out", type=Path, default=PAGE)
    given = arguments.parse_args()
    known = [path.stem.removeprefix("bench_") for path in sorted((ROOT / "benchmarks").glob("bench_*.py"))]
    if unknown := set(given.names) - set(known):
        arguments.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    before = given.out.read_text(encoding="utf-8") if given.out.exists() else ""
    sections = {match["name"]: match[0] for match in _SECTION.finditer(before)}
    failed = []
    for name in given.names or known:
        sys.stderr.write(f"bench_{name} …\n")
        sections[name], good = section(name)
        failed += [] if good else [name]
        text = "\n".join([HEAD, *(sections[one].rstrip() + "\n" for one in known if one in sections)])
        given.out.write_text(text, encoding="utf-8")
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return int(bool(failed))


def section(name: str) -> tuple[str, bool]:
    """The part of the page that one benchmark makes, and whether the benchmark came to its end."""
    start = time.monotonic()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.bench_{name}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - start
    lines = [line.replace(str(ROOT), ".").rstrip() for line in done.stdout.strip("\n").splitlines()]
    if done.returncode:
        lines += ["", f"It failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}"]
    shown = "\n".join(lines)
    return f"## `bench_{name}`\n\n{about(name)}\n\n{conditions(took)}\n\n```text\n{shown}\n```\n", done.returncode == 0


def about(name: str) -> str:
    """The first sentence of a script's docstring."""
    text = get_docstring(parse((ROOT / "benchmarks" / f"bench_{name}.py").read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n", 1)[0].split())


def conditions(took: float) -> str:
    """The machine, the day, the load and the versions, in a line."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    peers = ", ".join(f"{name} {found}" for name in PEERS if (found := installed(name)))
    return (
        f"{processor()}, {os.cpu_count()} cores, {load}, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d}, {took:.0f} s. With {peers}."
    )


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's name."""
    try:
        names = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        names = None
    return names[1].strip() if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
