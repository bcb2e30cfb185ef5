"""`runql pull`, which copies runs to a store, and `runql store`, which looks after stores."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runql.config import STORE, Settings
from runql.errors import OutputError, SourceError, wrong_call
from runql.frontends.cli.command_table import Arguments
from runql.terminal import stderr, stdout
from runql.terminal.progress import Progress, Waiting
from runql.terminal.stderr import Voice
from runql.text.diagnostic import Severity
from runql.text.nearest import nearest
from runql.text.render import clean

if TYPE_CHECKING:
    from runql.pull.pull import PullReport
    from runql.sources.open import SourcePlace
    from runql.sources.store.places import StorePlace

_DAMAGED = 3
"""As of a source that cannot be read."""


def perform_pull(
    settings: Settings, voice: Voice, waiting: Waiting, arguments: Arguments, looking: AbstractContextManager[object]
) -> int:
    """Copy what changed in a source to its store, and give the exit status. `looking`: the line while it is opened."""
    from runql.sources.open import default_name, matching_projects, open_place
    from runql.sources.store.duck import check_extra

    words = list(arguments.words)
    if len(words) >= 2 and words[-2] == "into" and arguments.into is None:  # as the statement has it
        *words, _, into = words
        arguments = arguments._replace(into=into)
    name = arguments.source or (words.pop(0) if words else default_name(settings))
    if words:
        raise wrong_call(f"`{words[0]}` is one word too many", "write `runql pull [--into STORE] SOURCE`")
    check_extra()
    with looking:  # of a large folder all logs are read then
        place = open_place(name, settings)
    try:
        places = matching_projects(place)
        if arguments.into and len(places) > 1:
            raise wrong_call(f"`{name}` is {len(places)} projects, and `--into` names one store", "leave `--into` out")
        for one in places:
            _pull(one, settings, voice, waiting, arguments)
    finally:
        place.service.close()
    return stderr.OK


def _pull(place: SourcePlace, settings: Settings, voice: Voice, waiting: Waiting, arguments: Arguments) -> None:
    from runql.execute.progress import RunProgress
    from runql.pull.pull import PullCounts, pull
    from runql.pull.targets import target_of
    from runql.session.pull import going_of
    from runql.sources.time_limit import Limits

    target = target_of(place, arguments.into, settings)
    counts = PullCounts()
    is_seen = stderr.is_terminal() and not arguments.quiet and not settings.dumb_terminal
    pace = RunProgress(lambda: going_of(counts))
    shown = Progress(pace, waiting=waiting, timed=False, color=settings.color) if is_seen else nullcontext()
    try:
        with Limits().within(arguments.timeout, [place.service]), shown:
            report = pull(place, target.store.folder, target.store.name, target.origin, counts)
    except BaseException:
        if counts.written and not arguments.quiet:
            voice.say(counts.broken_off)
        raise
    voice.diagnostics(one for one in report.said if not (arguments.quiet and one.severity is Severity.NOTICE))
    if not arguments.quiet:
        stdout.say("\n".join(map(clean, _report(place.name, target.store, report))))


def _report(name: str, store: StorePlace, report: PullReport) -> Iterator[str]:
    counts = report.counts
    changes = {"new": counts.new, "changed": counts.changed, "as they were": counts.same}
    said = ", ".join(f"{count:,} {what}" for what, count in changes.items() if count) or "none"
    yield f"{name}: {_runs(counts.listed)} ({said}), {counts.values:,} values read"
    if counts.exported:
        yield f"the histories of {_runs(counts.exported)} came as files that the server had exported"
    if counts.gone:
        yield f"{_runs(counts.gone)} of the store {'is' if counts.gone == 1 else 'are'} gone from there, and kept"
    if report.swept:
        yield f"{report.swept:,} files that a killed pull left were deleted"
    yield f'ask the copy: runql -s {_quoted(f"{STORE}{store.name}")} "runs"   (version {report.version})'


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)


def _runs(count: int) -> str:
    return f"{count:,} run{'s' * (count != 1)}"


# ---------------------------------------------------------------- the stores


def perform_store(settings: Settings, voice: Voice, arguments: Arguments) -> int:
    """Carry out `runql store`, and give the exit status."""
    from runql.sources.store.duck import check_extra

    words = arguments.words or ("list",)
    verb = words[0]
    if verb == "list" and len(words) == 1:
        check_extra()
        stdout.say("\n".join(map(clean, _listed(settings))))
        return stderr.OK
    if verb not in _VERBS:
        near = [f"nearest: `{each}`" for each in nearest(verb, ("list", *_VERBS), most=1)]
        raise wrong_call(f"`runql store` has no `{verb}`", *near, "`runql store --help`")
    if len(words) != 2:
        raise wrong_call(f"`runql store {verb}` takes the name of one store", "`runql store list` names them")
    from runql.sources.store.places import existing

    check_extra()
    return _VERBS[verb](existing(words[1], settings), settings, voice, arguments)


def _listed(settings: Settings) -> Iterator[str]:
    from runql.sources.store import table
    from runql.sources.store.places import home_of, stores

    rows = [("STORE", "SIZE", "VERSION", "COPIED FROM")]
    for place in stores(settings):
        try:
            version = table.version(place.folder, place.name)
            origin = table.about(place.folder, place.name).origin
        except SourceError as error:
            rows.append((f"{STORE}{place.name}", "", "", error.diagnostics[0].message))
            continue
        rows.append((f"{STORE}{place.name}", _size(sum(p.size for p in version.parts)), str(version.number), origin))
    if len(rows) == 1:
        yield f"no stores in {settings.store_address or home_of(settings)}; `runql pull SOURCE` makes one"
        return
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _info(place: StorePlace, settings: Settings, voice: Voice, arguments: Arguments) -> int:  # noqa: ARG001
    from runql.sources.store import table
    from runql.sources.store.layout import Fact
    from runql.sources.store.remote import place_shown
    from runql.sources.store.snapshot import StoreSnapshot

    about = table.about(place.folder, place.name)
    snapshot = StoreSnapshot(place.folder, place.name, place.version)
    runs = snapshot.runs.values()
    gone = sum(run.gone is not None for run in runs)
    listing = snapshot.newest_listing
    lines = [
        f"store       {STORE}{place.name}",
        f"folder      {place_shown(place.folder)}",
        f"copied from {about.origin}",
        f"layout      {about.layout}, version {snapshot.number}",
        f"pulled      {'never to its end' if listing.ended is None else _ago(listing.ended)}",
        f"runs        {len(runs):,}" + (f", of which {gone:,} are gone from where they were copied" if gone else ""),
    ]
    for fact in Fact:
        parts = snapshot.version.of(fact)
        size, rows = sum(part.size for part in parts), sum(part.rows for part in parts)
        lines.append(f"  {fact.value:<13} {rows:>12,} rows  {len(parts):>4} files  {_size(size):>9}")
    stdout.say("\n".join(map(clean, lines)))
    voice.diagnostics(snapshot.said)
    snapshot.close()
    return stderr.OK


def _check(place: StorePlace, settings: Settings, voice: Voice, arguments: Arguments) -> int:  # noqa: ARG001
    from runql.sources.store import table
    from runql.sources.store.delta.entries import damaged_entries
    from runql.sources.store.upkeep.check import damages
    from runql.sources.store.upkeep.leftovers import orphans

    entries = [f"{table.LOG}/{one.name}: {one.trouble}" for one in damaged_entries(place.folder / table.LOG)]
    try:
        version = table.version(place.folder, place.name, place.version)
    except SourceError:
        stdout.say("\n".join(map(clean, entries)))
        raise
    voice.diagnostics(version.said)
    parts = [f"{one.part.path}: {one.trouble} ({one.part.rows:,} rows)" for one in damages(place.folder, version)]
    # What an entry has added that cannot be read, nobody knows.
    left = [] if place.version is not None or entries else orphans(place.folder, version)
    broken = [*entries, *parts]
    lines = [*broken]
    if left:
        whose = "a killed pull left them, or one is at work; a pull deletes them after a day"
        lines.append(f"files of no version: {len(left):,} ({whose})")
    is_whole = not (broken or version.said)
    found = "all as they were written" if is_whole else f"{len(broken):,} damaged"
    lines.append(f"{STORE}{place.name}: {len(version.parts):,} files of version {version.number}, {found}")
    stdout.say("\n".join(map(clean, lines)))
    return stderr.OK if is_whole else _DAMAGED


def _drop(place: StorePlace, settings: Settings, voice: Voice, arguments: Arguments) -> int:  # noqa: ARG001
    from runql.sources.store.places import drop
    from runql.sources.store.remote import place_shown

    if place.version is not None:
        whole = place.name.rpartition("@")[0]
        raise wrong_call("a version cannot be dropped, only the whole store", f"`runql store drop {whole}`")
    if not arguments.yes:
        if not stderr.is_terminal() or sys.stdin is None or not sys.stdin.isatty():
            raise wrong_call(
                f"`{STORE}{place.name}` is not deleted: without a terminal nobody can be asked", "`--yes` deletes it"
            )
        stderr.raw(f"delete {clean(place_shown(place.folder))} for good? [y/N] ")
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            return stderr.OK
    try:
        drop(place)
    except OSError as error:
        raise OutputError.of("RQL506", f"`{place.folder}` cannot be deleted: {error.strerror or error}") from error
    stdout.say(f"deleted: {clean(f'{STORE}{place.name}')}")
    return stderr.OK


def _compact(place: StorePlace, settings: Settings, voice: Voice, arguments: Arguments) -> int:  # noqa: ARG001
    from runql.sources.store.compact import compact

    if place.version is not None:
        raise wrong_call("a version cannot be compacted, only the store", "leave out what stands behind `@`")
    done = compact(place.folder, place.name)
    lines = [f"{STORE}{place.name}: {done.before:,} files are {done.after:,} now (version {done.version})"]
    if done.dropped:
        lines.append(f"{done.dropped:,} rows were let go of that later pulls have read anew")
    if done.deleted:
        lines.append(f"{done.deleted:,} files of earlier versions were deleted")
    stdout.say("\n".join(map(clean, lines)))
    return stderr.OK


def _history(place: StorePlace, settings: Settings, voice: Voice, arguments: Arguments) -> int:  # noqa: ARG001
    from runql.sources.store import table

    rows = [("VERSION", "WHEN", "WHAT")]
    for one in table.history(place.folder, place.name):
        rows.append((str(one.number), f"{one.when:%Y-%m-%d %H:%M:%S} UTC", one.what))
    widths = [max(len(row[at]) for row in rows) for at in range(2)]
    lines = ["  ".join([row[0].rjust(widths[0]), row[1].ljust(widths[1]), row[2]]) for row in rows]
    stdout.say("\n".join(map(clean, lines)))
    return stderr.OK


_VERBS: Mapping[str, Callable[[StorePlace, Settings, Voice, Arguments], int]] = {
    "info": _info,
    "check": _check,
    "compact": _compact,
    "history": _history,
    "drop": _drop,
}


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _ago(moment: datetime) -> str:
    from runql.execute.progress import in_words

    return f"{in_words((datetime.now(UTC) - moment).total_seconds())} ago, at {moment:%Y-%m-%d %H:%M} UTC"
