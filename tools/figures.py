"""The figures of the README: taken from what the benchmarks' page holds, so that nobody types them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BEGIN: Final = "<!-- figures: `make bench` -->"
END: Final = "<!-- end of the figures -->"


@dataclass(frozen=True)
class Figure:
    """A figure of RunQL and what it is measured beside. `pattern` finds `ours` and `theirs` in the part of a script."""

    script: str
    what: str
    peer: str
    unit: str
    pattern: str


_CLIENT: Final = r".*?wandb (?P<theirs>[\d.]+) s, runql (?P<ours>[\d.]+) s"
FIGURES: Final = (
    Figure(
        "server",
        "200 points of two metrics of 231 runs, from a server 50 ms away, as a frame",
        "W&B's client",
        "s",
        "histories of 231" + _CLIENT,
    ),
    Figure("server", "10,000 runs with four columns, from there", "W&B's client", "s", "10,000 runs," + _CLIENT),
    Figure(
        "start",
        "the query above on the demo, with the start of Python",
        "`import wandb` alone",
        "ms",
        r"import wandb +(?P<theirs>\d+) .*?the line of the mission, on the demo +(?P<ours>\d+) ",
    ),
    Figure(
        "prompt",
        "to the first prompt",
        "litecli",
        "ms",
        r"runql -s demo +(?P<ours>\d+) .*?litecli on an empty file +(?P<theirs>\d+) ",
    ),
    Figure(
        "samples",
        "two machine metrics of a run with 96 of them",
        "W&B's decoder",
        "s",
        r"W&B's decoder +(?P<theirs>[\d.]+) s.*?two of them +(?P<ours>[\d.]+) s",
    ),
    Figure(
        "joins",
        "a million rows joined by texts",
        "polars",
        "s",
        r"inner: each key once, texts +(?P<ours>[\d.]+) +(?P<theirs>[\d.]+) ",
    ),
)

_PART: Final = r"^## `bench_{}`\n.*?(?=^## |\Z)"
_MACHINE: Final = re.compile(
    r"^(?P<machine>.+? cores), (?P<state>quiet|busy|load)[^,]*, (?P<python>Python [\d.]+), (?P<date>\d{4}-\d\d-\d\d), ",
    re.MULTILINE,
)


def with_figures(readme: str, page: str) -> str:
    """The README with the figures that the page has, between the two marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the README lacks the marks of the figures")
    table = "\n".join(_lines(page))
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _lines(page: str) -> Iterator[str]:
    yield from ("| | RunQL | beside it | |", "|---|---|---|---|")
    conditions: dict[str, None] = {}
    is_quiet = True
    for figure in FIGURES:
        part = re.search(_PART.format(figure.script), page, re.MULTILINE | re.DOTALL)
        found = None if part is None else re.search(figure.pattern, part[0], re.DOTALL)
        if part is None or found is None:
            continue
        ours, theirs = float(found["ours"]), float(found["theirs"])
        beside = f"{figure.peer}: {found['theirs']} {figure.unit}"
        yield f"| {figure.what} | {found['ours']} {figure.unit} | {beside} | {theirs / ours:.1f} × |"
        if machine := _MACHINE.search(part[0]):
            conditions[f"{machine['machine']}, {machine['python']}, {machine['date']}"] = None
            is_quiet = is_quiet and machine["state"] == "quiet"
    where = "; ".join(conditions) or "no machine yet"
    yield ""
    busy = "" if is_quiet else " Other programs ran meanwhile: the ratios hold, the times are too long."
    yield f"[All benchmarks](docs/benchmarks.md). Each line is one run of both, on {where}.{busy}"
