"""How old a copy is, and whether all of it came: said under each answer where it matters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from runql.config import STORE
from runql.sources.protocol import RunMetadata
from runql.sources.store.snapshot import FinishedPull
from runql.text.diagnostic import Diagnostic

STALE: Final = timedelta(hours=1)
"""A copy that is older says how old it is."""
_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"))


LOOKED: Final = "_looked.json"
"""The file that says when nothing had changed. Names that begin with `_` are none of Delta Lake's business."""


def note_looked(folder: Path, pull: int) -> None:
    """Keep that all runs of the source were compared just now, and were as the pull of this number left them. That it
    cannot be kept makes the copy older than it is, no more."""
    import secrets  # with what it loads it takes longer than to read the file

    told = {"pull": pull, "at": datetime.now(UTC).isoformat()}
    scratch = folder / f"_{secrets.token_hex(8)}"
    with suppress(OSError):
        scratch.write_text(json.dumps(told), "utf-8")
        scratch.replace(folder / LOOKED)


def looked_since(folder: Path, listing: FinishedPull) -> FinishedPull:
    """The newest listing, ended when its source was last compared with it; a note about another one says nothing."""
    if listing.ended is None:
        return listing
    try:
        told = json.loads((folder / LOOKED).read_bytes())
        at = datetime.fromisoformat(told["at"])
        is_of_it = told["pull"] == listing.pull and listing.ended < at <= datetime.now(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return listing
    return replace(listing, ended=at) if is_of_it else listing


def said_of_age(
    name: str, origin: str, listing: FinishedPull, newest_pull: int, *, number: int | None, now: datetime | None = None
) -> Iterator[Diagnostic]:
    """What to say of the age of a copy. `newest_pull`: the number of the last one that added a run; `number`: the
    version that was asked for, if one was."""
    if newest_pull > listing.pull:
        hint = f"`{_again(origin, name)}` goes on where it ended"
        if not listing.pull:
            message = f"the first pull into `{name}` did not come to its end: runs are missing"
        else:
            message = f"the last pull into `{name}` did not come to its end: some runs are newer than others"
        yield Diagnostic("RQL587", message, hints=(hint,))
    if listing.ended is None:
        return
    at = f"{listing.ended:%Y-%m-%d %H:%M} UTC"
    if number is not None:
        yield Diagnostic("RQL586", f"version {number:,} of the store: pulled at {at}")
        return
    age = (datetime.now(UTC) if now is None else now) - listing.ended
    if age >= STALE:
        hint = f"`{_again(origin, name)}` copies what changed since, and so does `fresh` in a question"
        yield Diagnostic("RQL586", f"pulled {in_units(age)} ago, at {at}", hints=(hint,))


def said_of_nothing(name: str, origin: str, *, number: int | None) -> Diagnostic:
    """That a version is that of a store in which nothing is yet."""
    if number is not None:
        return Diagnostic("RQL587", f"version {number:,} of the store is from before the first pull")
    return Diagnostic("RQL587", f"nothing was pulled into `{name}` yet", hints=(f"`{_again(origin, name)}` begins",))


def lacking_metadata(run_id: str, name: str, origin: str) -> RunMetadata:
    """What a store says of where a run ran that was pulled before that was kept."""
    name = name.removeprefix(STORE)
    why = "it was pulled by a version of RunQL that kept nothing of it, or that could not be read"
    message = f"the store `{name}` does not hold where run `{run_id}` ran: {why}"
    return RunMetadata({}, message, lacking=f"{message}; `{_again(origin, name)}` adds it")


def in_units(age: timedelta) -> str:
    """An age in its largest unit: `3 h`, `2 d`."""
    seconds = age.total_seconds()
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size):,} {unit}"
    return f"{int(seconds):,} s"


def _again(origin: str, name: str) -> str:
    """The command that pulls into a store again."""
    source = origin.partition(" on ")[0]
    return f"runql pull {source}" if source == name else f"runql pull {source} into {name}"
