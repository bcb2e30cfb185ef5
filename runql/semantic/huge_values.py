"""What is said of values that no number or table can hold, and of parts of a run that nobody can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runql.semantic.json_text import Oddity
from runql.text.diagnostic import Diagnostic

_NAMED = 3
_LONGEST_NAME = 60


def outsize_notice(run_id: str, found: Mapping[str, str]) -> Diagnostic:
    """Values of a run that stay texts. `found`: what each is, by its name."""
    names = [f"`{_short(name)}`" for name in [*found][:_NAMED]]
    more = len(found) - len(names)
    named = ", ".join(names) + (f" and {more:,} more" if more > 0 else "")
    verb = "is" if len(found) == 1 else "are"
    whats = " or ".join(dict.fromkeys(found.values()))
    return Diagnostic("RQL540", f"{named} of run `{run_id}` {verb} shown as text: {whats}")


def by_name(space: str, oddities: Iterable[Oddity]) -> dict[str, str]:
    """What became text, by the key at the top of a config, a summary or a row."""
    return {f"{space}.{oddity.path[0]}" if oddity.path else space: oddity.what for oddity in oddities}


def unreadable_notice(run_id: str, part: str, why: str) -> Diagnostic:
    """A part of a run that is left out, since nobody can read it."""
    return Diagnostic("RQL411", f"the {part} of run `{run_id}` cannot be read, and is left out: {why}")


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
