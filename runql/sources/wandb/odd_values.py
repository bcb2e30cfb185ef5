"""What is to be said of runs whose parts cannot be read, or only as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from runql.semantic.huge_values import by_name, outsize_notice, unreadable_notice
from runql.semantic.json_text import read_json
from runql.semantic.record import RunRecord, cells_of
from runql.sources.wandb.failures.failures import clean
from runql.sources.wandb.history_keys import STEP, is_step
from runql.sources.wandb.http.client import GraphqlAnswer
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable

_SAID: Final = attrgetter("said")
_ROWS: Final = frozenset({"sampledHistory"})
MOST_SAID: Final = 10
"""So many runs of an answer are named; of the others the number is told."""


class Oddities:
    """What is to be said of one run."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._outsize: dict[str, str] = {}
        self._unread: list[Diagnostic] = []

    def mapping(self, value: Any, part: str) -> Mapping[str, Any]:
        """A config or a summary: a JSON text, or the object itself; null is an empty one."""
        if isinstance(value, str):
            try:
                reading = read_json(value)
            except ValueError:
                self.unread(part, "it is no JSON")
                return {}
            self._outsize.update(by_name(part, reading.oddities))
            value = reading.value
        if value is not None and not isinstance(value, Mapping):
            self.unread(part, "it is no record")
        return value if isinstance(value, Mapping) else {}

    def time(self, found: datetime | None, value: Any, part: str) -> datetime | None:
        """The time that a text is; one that is none is left out."""
        if found is None and value is not None:
            self.unread(f"`{part}`", f"`{clean(str(value)[:60])}` is no time")
        return found

    def unread(self, part: str, why: str) -> None:
        self._unread.append(unreadable_notice(self._run_id, part, why))

    def notices(self) -> tuple[Diagnostic, ...]:
        outsize = (outsize_notice(self._run_id, self._outsize),) if self._outsize else ()
        return (*self._unread, *outsize)


def outsize_of(answer: GraphqlAnswer) -> dict[str, dict[str, str]]:
    """What became text in the rows of an answer: by run, what each metric was."""
    found: dict[str, dict[str, str]] = {}
    for oddity in answer.oddities:
        node: Any = {"data": answer.data}
        for at, step in enumerate(oddity.path):
            if step in _ROWS and isinstance(node, Mapping):
                found.setdefault(str(node.get("name")), {})[".".join(oddity.path[at + 3 : at + 4])] = oddity.what
                break
            node = node[int(step)] if isinstance(node, list) else node[step]
    return found


def fewer_notice(run_id: str, counted: Mapping[str, int], came: Mapping[str, int], host: str) -> tuple[Diagnostic, ...]:
    """What to say where a server counts more rows of a metric than it gives."""
    short = {name: count - came.get(name, 0) for name, count in counted.items() if came.get(name, 0) < count}
    if not short:
        return ()
    name = max(short, key=short.__getitem__)
    others = f", and of {len(short) - 1:,} more" if len(short) > 1 else ""
    said = (
        f"{host} counts {counted[name]:,} rows of `{name}`{others} in run `{run_id}`, and gives {came.get(name, 0):,}"
    )
    return (Diagnostic("RQL412", said, count=short[name]),)


@changeable
class OddRows:
    """What is to be said of the rows of runs, until it is said. `are_any`: there may be something."""

    are_any: bool = False
    _outsize: dict[str, dict[str, str]] = field(default_factory=dict)
    _unread: dict[str, int] = field(default_factory=dict)

    def add_all(self, found: Mapping[str, dict[str, str]]) -> None:
        self.are_any = True
        for run_id, names in found.items():
            self._outsize.setdefault(run_id, {}).update(names)

    def read_lines(self, run_id: str, lines: Any) -> list[dict[str, Any]]:
        """Rows that came as JSON texts; what is none is counted."""
        found = []
        for line in lines or ():
            row = line
            if isinstance(line, str):
                try:
                    reading = read_json(line)
                except ValueError:
                    self._unread[run_id] = self._unread.get(run_id, 0) + 1
                    continue
                row = reading.value
                if reading.oddities:
                    names = {oddity.path[0]: oddity.what for oddity in reading.oddities if oddity.path}
                    self._outsize.setdefault(run_id, {}).update(names)
            if isinstance(row, Mapping) and (STEP not in row or is_step(row[STEP])):
                found.append(dict(row))
            else:
                self._unread[run_id] = self._unread.get(run_id, 0) + 1
        return found

    def said_of(self, run_id: str) -> tuple[Diagnostic, ...]:
        """What was not yet said."""
        outsize, unread = self._outsize.pop(run_id, {}), self._unread.pop(run_id, 0)
        if not outsize and not unread:
            return ()
        rows = "1 row" if unread == 1 else f"{unread:,} rows"
        lost = Diagnostic("RQL411", f"{rows} of run `{run_id}` left out: nobody can read them", count=unread)
        return (*((lost,) if unread else ()), *((outsize_notice(run_id, outsize),) if outsize else ()))


@changeable
class OddRuns:
    """What was said of the runs of one listing. `more`: those of which it was not said by name, by codes."""

    _said: dict[Diagnostic, None] = field(default_factory=dict)
    more: dict[str, set[str]] = field(default_factory=dict)

    def of(self, runs: Sequence[RunRecord]) -> Iterator[Diagnostic]:
        """What is new of these runs."""
        for run in filter(_SAID, runs) if any(cells_of(runs, "said")) else ():
            for notice in run.said:
                if notice in self._said:
                    continue
                if len(self._said) < MOST_SAID:
                    self._said[notice] = None
                    yield notice
                else:
                    self.more.setdefault(notice.code, set()).add(run.id)

    def at_end(self) -> Iterator[Diagnostic]:
        """How many runs were not named."""
        for code, runs in self.more.items():
            yield Diagnostic(code, f"the same of {len(runs):,} more {'run' if len(runs) == 1 else 'runs'}")
        self.more.clear()
