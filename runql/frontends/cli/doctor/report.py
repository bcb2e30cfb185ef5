"""A report: sections of facts, and what is wrong with any of them, as text or as JSON. It holds no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from runql.sources.wandb.network.redaction import struck
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.render import clean


@frozen
class Finding:
    """One thing that is so. `wrong` says what is wrong with it, with a way out; nothing for most."""

    name: str
    value: str
    wrong: tuple[str, ...] = ()


@frozen
class Section:
    """Facts of one kind, in order."""

    title: str
    facts: tuple[Finding, ...]


def trouble(name: str, diagnostics: Iterable[Diagnostic]) -> Finding:
    """A fact that could not be found out, and why."""
    said = list(diagnostics)
    lines = [line for one in said for line in (f"{one.code}: {one.message}", *one.hints)]
    return Finding(name, f"not known: {said[0].message}" if said else "not known", tuple(lines))


@frozen
class DoctorReport:
    """All sections. `secrets` stand nowhere in what it becomes, and `home` is written `~`."""

    sections: tuple[Section, ...]
    home: Path
    secrets: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, one text for each line."""
        return tuple(self._told(line) for line in self._wrong())

    def _wrong(self) -> Iterator[str]:
        for section in self.sections:
            for fact in section.facts:
                yield from fact.wrong

    def text(self) -> str:
        """For people: a section after the other, what is wrong at the end."""
        blocks = []
        for section in self.sections:
            width = max((len(fact.name) for fact in section.facts), default=0)
            lines = [f"  {fact.name.ljust(width)}  {self._told(fact.value)}" for fact in section.facts]
            blocks.append("\n".join([section.title, *map(str.rstrip, lines)]))
        problems = [f"  {line}" for line in self.problems] or ["  none was found"]
        return "\n\n".join([*blocks, "\n".join(["problems", *problems])])

    def json(self) -> str:
        """For programs: `sections` by title, each with its facts by name, and `problems`."""
        document: dict[str, Any] = {
            "sections": {one.title: self._facts(one.facts) for one in self.sections},
            "problems": list(self.problems),
        }
        return json.dumps(document, ensure_ascii=False, indent=2)

    def _facts(self, facts: Sequence[Finding]) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for fact in facts:
            found.setdefault(fact.name, []).append(self._told(fact.value))
        return {name: "; ".join(values) for name, values in found.items()}

    def _told(self, text: str) -> str:
        """A text for a report that others read."""
        text = struck(text, self.secrets)
        home = str(self.home)
        if len(home) > 1:
            text = text.replace(f"{home}/", "~/").replace(f"`{home}`", "`~`")
        return clean("~" if text == home else text)
