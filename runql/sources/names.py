"""Names of sources: which words may be one, and which can be offered without knowing any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from runql.config import STORE, TENSORBOARD, Settings
from runql.errors import SourceError
from runql.text.nearest import nearest

DEMO: Final = "demo"
_LOG_FOLDERS: Final = ("runs", "logs", "lightning_logs", "tb_logs", "tensorboard")
"""What folders of event files are called by those who write them."""
_MOST_LOOKED_INTO: Final = 50
"""So many folders are looked into to say whether event files lie below one that was not asked for as such."""


def may_be_source(name: str, settings: Settings) -> bool:
    """Whether a name may be a source, by its looks or because it is one that is known."""
    is_known = name in settings.sources or name == DEMO or "/" in name
    is_known = is_known or name.startswith((".", "~", TENSORBOARD, STORE))
    return is_known or (settings.folder / name).exists()


def known_sources(settings: Settings) -> dict[str, str]:
    """The sources that can be named without knowing any, with what each means: for completion and lists."""
    logs = [name for name in _LOG_FOLDERS if has_event_files(settings.folder / name)]
    found = {f"{TENSORBOARD}./{name}": "the TensorBoard logs of this folder" for name in logs}
    copies = {f"{STORE}{name}": "a copy on this computer" for name in _stores(settings)}
    return {DEMO: "the runs that come with RunQL", **found, **copies, **settings.sources}


def near_sources(name: str, settings: Settings) -> tuple[str, ...]:
    """The source nearest to a name that is none: of the settings, the demo, a folder here, or one in a folder here."""
    parent, slash, last = name.rpartition("/")
    if slash:
        return tuple(f"{parent}/{one}" for one in nearest(last, _folders(settings.folder / parent), most=1))
    return nearest(name, dict.fromkeys((DEMO, *settings.sources, *_folders(settings.folder))), most=1)


def _folders(path: Path) -> list[str]:
    try:
        return [found.name for found in path.iterdir() if found.is_dir()]
    except OSError:
        return []  # what cannot be listed offers no name


def whence(path: Path) -> Iterator[str]:
    """How far the way to a path is there."""
    found = next((each for each in path.parents if each.is_dir()), Path())
    if found != path.parent:
        yield f"`{found}` is there, and has no folder `{path.relative_to(found).parts[0]}`"
    yield "runs are in the folder `wandb` of where they were started, or where `WANDB_DIR` says"


def _stores(settings: Settings) -> list[str]:
    if settings.store_address is not None:  # a list must not wait for an object store: those with a copy here
        from runql.sources.store.objects.addresses import address_of
        from runql.sources.store.objects.known import copies_below

        with suppress(SourceError):
            return [name for name, _ in copies_below(address_of(settings.store_address), settings)]
        return []
    if settings.stores is None or not (settings.folder / settings.stores).is_dir():
        return []
    from runql.sources.store.places import stores

    return [place.name for place in stores(settings)]


def has_event_files(path: Path) -> bool:
    """Whether event files of TensorBoard lie in a folder, or not far below."""
    if not path.is_dir():
        return False
    from runql.sources.tensorboard.discover import find_runs

    try:
        return bool(find_runs(path, most_folders=_MOST_LOOKED_INTO).runs)
    except SourceError:
        return False
