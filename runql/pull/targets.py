"""What is pulled where: the source as a store remembers it, and the store that it gets without being told one."""

from __future__ import annotations

import os
from pathlib import Path

from runql.config import STORE, TENSORBOARD, Settings
from runql.errors import SourceError
from runql.sources.names import DEMO
from runql.sources.open import SourcePlace
from runql.sources.store.places import StorePlace, place_of, without_version
from runql.text.frozen import frozen

_WANDB_FOLDERS = ("wandb", ".wandb")


@frozen
class PullTarget:
    """A store to pull into, and the source as it will remember it."""

    store: StorePlace
    origin: str


def target_of(place: SourcePlace, into: str | None, settings: Settings) -> PullTarget:
    """The store for a source: the one that is named, or that of its own name.

    Raises:
        SourceError: the name can be that of no store.
    """
    accounts = place.service.accounts
    if accounts is not None:
        path = f"{place.entity}/{place.project}"
        return PullTarget(_store(into or path, settings), f"{path} on {accounts.base_url}")
    if place.name == DEMO or place.name.startswith(STORE):
        return PullTarget(_store(into or place.name, settings), place.name)
    mark = TENSORBOARD if place.name.startswith(TENSORBOARD) else ""
    folder = Path(os.path.realpath(settings.folder / Path(place.name.removeprefix(mark)).expanduser()))
    own = folder.parent.name if folder.name in _WANDB_FOLDERS else folder.name
    if not (into or own):
        raise SourceError.of("RQL511", f"nothing names a store for `{place.name}`", "`--into NAME` names one")
    return PullTarget(_store(into or f"{STORE}{own}", settings), f"{mark}{folder}")


def _store(name: str, settings: Settings) -> StorePlace:
    """The store of a name. Raises `SourceError` for that of a version: none can be written."""
    base = without_version(name)
    if base is not None:
        message = f"`{name.removeprefix(STORE)}` names a version of the store `{base}`, and versions do not change"
        raise SourceError.of("RQL511", message, "`--into NAME` names one")
    return place_of(name, settings)
