"""The names of stores, and the folders that they mean."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from runql.config import STORE, Settings
from runql.errors import RunQLError, SourceError
from runql.sources.store.layout import PARTITION, Fact
from runql.sources.store.objects.addresses import ObjectAddress, address_of, folder_of_file, is_address
from runql.sources.store.remote import remote_of
from runql.sources.store.table import LOG, is_store, is_there, number_at
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.nearest import nearest

_AGE: Final = re.compile(r"(\d{1,5})([mhdw])", re.ASCII)
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}", re.ASCII)
_MOST_NAMED: Final = 8
_NAME: Final = re.compile(r"[^/\\#?%:\x00-\x1f\x7f]+(/[^/\\#?%:\x00-\x1f\x7f]+)?")
"""What W&B allows in the names of its projects, with or without an entity."""


@frozen
class StorePlace:
    """A store by its name (as it is written behind `store:`), its folder, and a version if one is named.

    Of a store in an object store it is the folder of the copy here, and `said` is what is to be said of that.
    """

    name: str
    folder: Path
    version: int | None = None
    said: tuple[Diagnostic, ...] = ()


def place_of(name: str, settings: Settings) -> StorePlace:
    """What a name means: a path, or a store among those of the user.

    Behind `@` a number is a version, a date (`2026-11-01`, `2026-11-01T10:00`) or an age (`7d`, `12h`) the version that
    there was then.

    Raises:
        SourceError: it can be neither.
    """
    plain = name.removeprefix(STORE)
    base, at, number = plain.rpartition("@")
    if at and number.isascii() and number.isdigit():
        return StorePlace(plain, _folder_of(base, settings), int(number))
    moment = _moment_of(number) if at else None
    if moment is not None:
        folder = _folder_of(base, settings)
        return StorePlace(plain, folder, number_at(folder, base, moment) if is_there(folder) else None)
    return StorePlace(plain, _folder_of(plain, settings))


def without_version(name: str) -> str | None:
    """The name of the store of which a name means a version; `None` for that of a store."""
    base, at, number = name.removeprefix(STORE).rpartition("@")
    is_version = at and ((number.isascii() and number.isdigit()) or _moment_of(number) is not None)
    return base if is_version else None


def _moment_of(text: str) -> datetime | None:
    """The moment that a date (its beginning, where this computer is) or an age means; `None` for what is neither."""
    if match := _AGE.fullmatch(text):
        return datetime.now(UTC) - timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
    if not _DATE.match(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _folder_of(name: str, settings: Settings) -> Path:
    if is_address(name):
        folder = folder_of_file(name)
        return _copy_of(address_of(name), settings) if folder is None else _without_percent(folder)
    if name.startswith((".", "~", "/")) or Path(name).is_absolute():
        return _without_percent(settings.folder / Path(name).expanduser())
    if not _NAME.fullmatch(name) or not {".", ".."}.isdisjoint(name.split("/")):
        hint = f"a store is named `{STORE}acme/vision`, `{STORE}vision` or, by its path, `{STORE}./folder`"
        raise SourceError.of("RQL511", f"`{name}` names no store", hint)
    if settings.store_address is not None:
        return _copy_of(address_of(settings.store_address).below(name), settings)
    return _without_percent(home_of(settings) / name)


def _copy_of(address: ObjectAddress, settings: Settings) -> Path:
    from runql.sources.store.objects.known import mirror_of

    return mirror_of(address, settings).folder


def _without_percent(folder: Path) -> Path:
    """A folder that deltalake finds again: it takes `%25` in a path for `%`, and `%20` for a space."""
    if found := _ESCAPE.search(str(folder.absolute())):
        message = f"no store can be in `{folder}`: a `{found[0]}` is in its path"
        raise SourceError.of("RQL511", message, "name another folder")
    return folder


def home_of(settings: Settings) -> Path:
    """The folder of the user's stores, unless they are at an address.

    Raises:
        SourceError: the system has none.
    """
    if settings.stores is None:
        raise SourceError.of("RQL511", "no folder for stores is known", "`RUNQL_STORE` names one")
    return settings.folder / settings.stores


def existing(name: str, settings: Settings) -> StorePlace:
    """A store that is there. Raises `SourceError` for one that is not, with what is nearest."""
    place = place_of(name, settings)
    remote = remote_of(place.folder)
    if is_there(place.folder):
        if remote is None:
            return place
        from runql.sources.store.objects.known import said_of_copy

        if place.version is not None:
            remote.fetch_version(place.version)
        return replace(place, said=said_of_copy(place.folder))
    if remote is not None:
        raise _not_elsewhere(place, remote.shown, asks=remote.asks)
    names = [store.name for store in stores(settings)]
    hints = (*_instead(place.name, names), "`runql pull SOURCE` makes one")
    raise SourceError.of("RQL511", f"there is no store `{place.name}`", *hints)


def _instead(name: str, names: Sequence[str]) -> Iterator[str]:
    """The stores nearest to a name that none has, or else those that there are."""
    plain = name.casefold()
    near = nearest(name, names, most=1) or [one for one in names if plain and plain in one.casefold()]
    shown = ", ".join(f"`{STORE}{one}`" for one in (near or names)[:_MOST_NAMED])
    more = len(near or names) - _MOST_NAMED
    if shown:
        yield f"{'nearest' if near else 'there are'}: {shown}" + (f" and {more} more" if more > 0 else "")


def _not_elsewhere(place: StorePlace, shown: str, *, asks: bool) -> RunQLError:
    """That an object store has no store at an address, or that there is no copy here where it is not asked."""
    make = f"`runql pull SOURCE --into {place.name}` makes one"
    if is_store(place.folder):
        message = f"there is no store at `{shown}` any more"
        return SourceError.of("RQL511", message, "with `--offline` its copy on this computer still answers", make)
    if asks:
        return SourceError.of("RQL511", f"there is no store at `{shown}`", make)
    message = f"`{shown}` is not asked here, and this computer has no copy of it"
    return SourceError.of("RQL511", message, "without `--offline` it is fetched")


def stores(settings: Settings) -> Iterator[StorePlace]:
    """The user's stores, by their names. Of those in an object store the folders hold their logs alone."""
    if settings.store_address is not None:
        from runql.sources.store.objects.known import stores_below

        for name, folder in stores_below(address_of(settings.store_address), settings):
            yield StorePlace(name, folder)
        return
    try:
        home = home_of(settings)
    except SourceError:
        return
    for folder in _folders(home):
        if is_store(folder):
            yield StorePlace(folder.name, folder)
            continue
        for below in _folders(folder):
            if is_store(below):
                yield StorePlace(f"{folder.name}/{below.name}", below)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def drop(place: StorePlace) -> None:
    """Delete a store: what a store writes, and the folder if nothing else is in it. Raises `OSError`."""
    from runql.sources.store.age import LOOKED
    from runql.sources.store.statistics import kept_catalog, kept_points

    remote = remote_of(place.folder)
    if remote is not None:
        remote.drop()
        return
    (place.folder / LOOKED).unlink(missing_ok=True)
    for name in (LOG, kept_catalog.FOLDER, kept_points.FOLDER, *(f"{PARTITION}={fact.value}" for fact in Fact)):
        path = place.folder / name
        if path.is_dir():
            shutil.rmtree(path)
    for folder in (place.folder, place.folder.parent if "/" in place.name else place.folder):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
