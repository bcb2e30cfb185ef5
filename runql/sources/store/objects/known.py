"""The copies of stores in object storage that this computer has, and stores below an address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runql.config import Settings, endpoints
from runql.errors import SourceError
from runql.sources.store.age import in_units
from runql.sources.store.objects import log
from runql.sources.store.objects.addresses import ObjectAddress
from runql.sources.store.objects.bucket import Bucket
from runql.sources.store.objects.mirror import ObjectMirror
from runql.sources.store.remote import attach, remote_of
from runql.sources.store.table import LOG, newest_number
from runql.text.diagnostic import Diagnostic

_FOLDER = "objects"


def mirror_of(address: ObjectAddress, settings: Settings) -> ObjectMirror:
    """The copy of the store at an address, which is attached to its folder. No request is sent.

    Raises:
        SourceError: nobody knows a folder for copies.
    """
    folder = _home(settings) / address.folder_name(endpoints())
    asks = settings.server.may_ask and not settings.offline
    held = remote_of(folder)
    if isinstance(held, ObjectMirror) and held.asks == asks:
        return held
    seconds = settings.server.timeout_seconds
    mirror = ObjectMirror(address, folder, asks=asks, seconds=seconds, on_wait=settings.server.on_wait)
    attach(folder, mirror)
    return mirror


def _home(settings: Settings) -> Path:
    if settings.server.cache_folder is None:
        raise SourceError.of("RQL511", "no folder for copies of stores is known", "`RUNQL_CACHE` names one")
    return (settings.folder / settings.server.cache_folder / _FOLDER).absolute()


def said_of_copy(folder: Path) -> tuple[Diagnostic, ...]:
    """What to say of a copy that answers without a look at its store: of which version it is, and how old."""
    from datetime import UTC, datetime

    remote = remote_of(folder)
    if not isinstance(remote, ObjectMirror) or remote.asks:
        return ()
    note = log.read_note(folder)
    if note is None or note.looked is None:
        return ()
    age = in_units(datetime.now(UTC) - note.looked)
    message = (
        f"`{remote.shown}` was not asked: this is the copy on this computer, version {newest_number(folder):,}, "
        f"{age} old"
    )
    return (Diagnostic("RQL586", message),)


def stores_below(home: ObjectAddress, settings: Settings) -> Iterator[tuple[str, Path]]:
    """The stores below an address, by their names, with folders that hold their logs alone.

    Without a request, those of which there is a copy here.
    """
    if not settings.server.may_ask or settings.offline:
        for name, folder in copies_below(home, settings):
            yield name, folder
        return
    bucket = Bucket(home, settings.server.timeout_seconds)
    for first in bucket.folders():
        names = [first] if bucket.files(f"{first}/{LOG}") else [f"{first}/{each}" for each in bucket.folders(first)]
        for name in names:
            mirror = mirror_of(home.below(name), settings)
            if mirror.look_at_log():
                yield name, mirror.folder / log.KNOWN


def copies_below(home: ObjectAddress, settings: Settings) -> Iterator[tuple[str, Path]]:
    """The stores below an address of which there is a copy here, by their names."""
    try:
        folders = sorted(path for path in _home(settings).iterdir() if path.is_dir())
    except (OSError, SourceError):
        return
    for folder in folders:
        note = log.read_note(folder)
        name = "" if note is None else note.address.removeprefix(f"{home.shown}/")
        if note is not None and name != note.address and folder.name == home.below(name).folder_name(endpoints()):
            yield name, folder
