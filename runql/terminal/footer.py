"""What stands under a result: warnings with their places, the footer, why no run passes, the ways out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from runql.advice.notice_totals import MOST_OF_A_KIND
from runql.session import Result
from runql.terminal.stderr import Voice
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Source
from runql.text.visible import visible


@frozen
class Below:
    """What there is to say about a result that was read: `counts` and `cost` make the footer, `lines` come after it."""

    warnings: tuple[Diagnostic, ...]
    source: Source
    counts: tuple[str, ...]
    cost: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, result: Result, lost: Iterable[Diagnostic] = (), *, quiet: bool = False) -> Below:
        """Of a result; `lost` is what its format could not hold. `quiet`: only what is wrong, and nothing is asked."""
        if quiet:
            return cls(tuple(few_of_each(result.fresh_warnings)), result.source, (), "", ())
        lost = tuple(lost)
        below = result.under()
        hints = [f"{notice.code} {hint}" for notice in lost for hint in notice.hints]
        return cls(
            tuple(few_of_each(below.warnings)),
            result.source,
            (*below.counts, *(notice.message for notice in lost)),
            below.cost,
            (*below.ladder, *below.ways_out, *hints),
        )

    def say(self, voice: Voice, *before: str) -> None:
        """Say all of it; the footer begins with some words of the caller."""
        # A warning says that something is wrong with the answer: to want quiet is not to want that unsaid.
        voice.diagnostics(self.warnings, self.source)
        voice.quiet_parts([visible(part) for part in (*before, *self.counts, self.cost) if part])
        for line in self.lines:
            voice.quiet_line(f"  {visible(line)}", indent=9)


def few_of_each(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """At most a few of each code; the last of them says how many more there are."""
    by_code: dict[str, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        by_code.setdefault(diagnostic.code, []).append(diagnostic)
    for alike in by_code.values():
        *shown, last = alike[:MOST_OF_A_KIND]
        more = len(alike) - MOST_OF_A_KIND
        hints = (*last.hints, *([f"and {more:,} more like it"] if more > 0 else []))
        yield from (*shown, replace(last, hints=hints))
