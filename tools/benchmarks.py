"""Run the benchmarks and write `docs/benchmarks.md`: what each of them prints, the machine, the date and the versions.

    python -m tools.benchmarks                        all of `benchmarks/bench_*.py`
    python -m tools.benchmarks --only start server    some of them; the others keep what the page has of them
    python -m tools.benchmarks --seconds 300          a script may take so long (900)
    python -m tools.benchmarks --out FILE             write another file

A script that fails or is stopped is named in the page, with its last line, and makes this command fail. A few of the
figures stand in the README too, between two marks; `tools/figures.py` says which.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import time
from ast import get_docstring, parse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tools.figures import with_figures

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGE = ROOT / "docs" / "benchmarks.md"
PEERS = (
    *("wandb", "pandas", "polars", "duckdb", "deltalake", "pyarrow", "numpy", "tensorboard", "rapidfuzz"),
    *("vl-convert-python", "prompt_toolkit", "pygls", "orjson"),
)

QUIET = 0.2
"""So many cores, taken by programs that are no part of it, leave a measurement as it is."""

HEAD = """\
# Benchmarks

What the scripts in `benchmarks/` print. Each measures RunQL and something that is not RunQL in the same run: the ratio
is what holds on another machine, the times are those of the machine named under each title, and only where that was
`quiet`: `busy` says how many cores other programs took meanwhile, and then both times are too long. `make bench` writes
this page anew, `make bench BENCH='start server'` two of its parts.
"""

_SECTION = re.compile(r"^## `bench_(?P<name>\w+)`\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_COST = re.compile(r"(?P<date>\d{4}-\d\d-\d\d), (?P<wall>\d+) s, (?P<cpu>\d+) s of CPU")


def main() -> int:
    arguments = argparse.ArgumentParser(description="run benchmarks and write their page")
    arguments.add_argument("--only", nargs="+", metavar="NAME", default=[])
    arguments.add_argument("--seconds", type=float, default=900.0, help="the longest that one script may take")
    arguments.add_argument("--out", type=Path, default=PAGE)
    given = arguments.parse_args()
    known = scripts()
    if unknown := set(given.only) - set(known):
        arguments.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    before = given.out.read_text(encoding="utf-8") if given.out.exists() else ""
    sections = {match["name"]: match[0] for match in _SECTION.finditer(before)}
    failed, start = [], time.monotonic()
    chosen = given.only or known
    sys.stderr.write(f"{outlook(chosen, sections)}\n")
    for place, name in enumerate(chosen, 1):
        sys.stderr.write(f"{place} of {len(chosen)}: bench_{name} …\n")
        sections[name], good = section(name, given.seconds)
        failed += [] if good else [name]
        text = page(sections)
        given.out.write_text(text, encoding="utf-8")
        if given.out == PAGE:
            README.write_text(with_figures(README.read_text(encoding="utf-8"), text), encoding="utf-8")
    sys.stderr.write(f"{counted(chosen)} in {minutes(time.monotonic() - start)}: {given.out}\n")
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return int(bool(failed))


def outlook(chosen: Sequence[str], sections: Mapping[str, str]) -> str:
    """How long the chosen scripts took when they were measured last."""
    wall, cpu, rest = cost_of(chosen, sections)
    unknown = f"; {rest} of them not measured yet" if rest else ""
    return f"{counted(chosen)}, {minutes(wall)} when they were measured last ({minutes(cpu)} of CPU){unknown}"


def cost_of(chosen: Sequence[str], sections: Mapping[str, str]) -> tuple[int, int, int]:
    """The seconds that scripts took, those of CPU, and how many of them were never measured."""
    costs = [cost for name in chosen if (cost := _COST.search(sections.get(name, "")))]
    wall, cpu = (sum(int(cost[kind]) for cost in costs) for kind in ("wall", "cpu"))
    return wall, cpu, len(chosen) - len(costs)


def counted(chosen: Sequence[str]) -> str:
    return f"{len(chosen)} benchmark{'' if len(chosen) == 1 else 's'}"


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def scripts() -> list[str]:
    """The names of the benchmarks, without what all their files begin with."""
    return [path.stem.removeprefix("bench_") for path in sorted((ROOT / "benchmarks").glob("bench_*.py"))]


def page(sections: Mapping[str, str]) -> str:
    """The page: what each script takes, then what it printed."""
    rows = ["| script | measured | seconds | of CPU |", "|---|---|---|---|"]
    for name in scripts():
        cost = _COST.search(sections.get(name, ""))
        shown = (cost["date"], cost["wall"], cost["cpu"]) if cost else ("not yet", "", "")
        link = f"[`bench_{name}`](#bench_{name})" if name in sections else f"`bench_{name}`"
        rows.append(f"| {link} | {' | '.join(shown)} |")
    wall, cpu, _ = cost_of(scripts(), sections)
    rows.append(f"| all of them |  | {wall} | {cpu} |")
    found = (sections[name].rstrip() + "\n" for name in scripts() if name in sections)
    return "\n".join([HEAD, *rows, "", *found])


def section(name: str, seconds: float) -> tuple[str, bool]:
    """The part of the page that one benchmark makes, and whether the benchmark came to its end."""
    start, cpu_before, busy_before = time.monotonic(), own_seconds(), busy_seconds()
    status, out, err = run(name, seconds)
    took, cpu, busy_after = time.monotonic() - start, own_seconds() - cpu_before, busy_seconds()
    others = None if busy_before is None or busy_after is None else (busy_after - busy_before - cpu) / took
    lines = [line.replace(str(ROOT), ".").rstrip() for line in out.strip("\n").splitlines()]
    if status is None:
        lines += ["", f"It was stopped after {seconds:.0f} s."]
    elif status:
        last = err.strip().splitlines()[-1:]
        lines += ["", f"It failed: {last[0]}" if last else "A figure misses its goal."]
    shown = "\n".join(lines)
    text = f"## `bench_{name}`\n\n{about(name)}\n\n{conditions(name, took, cpu, others)}\n\n```text\n{shown}\n```\n"
    return text, status == 0


def run(name: str, seconds: float) -> tuple[int | None, str, str]:
    """The exit status of a benchmark, `None` if it was stopped, and what it wrote."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", f"benchmarks.bench_{name}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=pipe,
        stderr=pipe,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # servers and clients of its own too
            out, err = process.communicate()
            return None, out, err
        return process.returncode, out, err


def about(name: str) -> str:
    """The first sentence of a script's docstring."""
    text = get_docstring(parse((ROOT / "benchmarks" / f"bench_{name}.py").read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n", 1)[0].split())


def own_seconds() -> float:
    """The CPU that the programs which were started here have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def busy_seconds() -> float | None:
    """The CPU that all programs of the machine have taken since it began; `None` where the system does not say."""
    try:
        user, nice, system, _, _, irq, soft = map(int, Path("/proc/stat").read_text(encoding="utf-8").split()[1:8])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def quietness(others: float | None) -> str:
    """Whether the machine did something else meanwhile: a time that was taken beside other work is no figure."""
    if others is None:
        return "other work unknown"
    return (
        f"quiet ({max(others, 0.0):.1f} cores of others)" if others < QUIET else f"busy ({others:.1f} cores of others)"
    )


def conditions(name: str, took: float, cpu: float, others: float | None) -> str:
    """The machine, the day, what else it did, and the versions of what a script names beside RunQL, in a line."""
    text = (ROOT / "benchmarks" / f"bench_{name}.py").read_text(encoding="utf-8")
    peers = [f"{peer} {found}" for peer in PEERS if _names(peer, text) and (found := installed(peer))]
    beside = f" With {', '.join(peers)}." if peers else ""
    return (
        f"{processor()}, {os.cpu_count()} cores, {quietness(others)}, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d}, {took:.0f} s, {cpu:.0f} s of CPU.{beside}"
    )


def _names(package: str, text: str) -> bool:
    """Whether a script imports a package, itself or in a program that it starts."""
    module = {"vl-convert-python": "vl_convert"}.get(package, package)
    return re.search(rf"\b(?:import|from) {module}\b", text) is not None


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
