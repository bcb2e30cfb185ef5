"""What a source holds, as far as it is known at once: from the disk. No server is asked, and no folder is waited for.

Of a folder, logs or a store a process of its own learns it, which goes on when this one is done: the next Tab has it.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from runql.config import STORE, TENSORBOARD, Settings
from runql.errors import RunQLError
from runql.semantic.catalog import Catalog
from runql.sources.catalog_files import FORMAT, LONGEST_TEXT, file_name, read_catalog_file, to_document
from runql.sources.names import DEMO

_YOUNG_SECONDS: Final = 30.0
"""So long what was learned of a folder is not learned anew."""
_OLD_SECONDS: Final = 86_400.0
"""So long what was learned of the runs that come with RunQL, which change with RunQL alone."""
_MOST_SECONDS: Final = 60
"""So long a folder may take."""


def known_catalog(name: str, settings: Settings, wait_seconds: float) -> Catalog | None:
    """What is known of a source; of one on disk that is new it is waited for, no longer than that."""
    folder = settings.server.cache_folder
    if folder is None:
        return None
    meant = settings.sources.get(name, name)
    if not _is_local(meant, settings):
        return _of_server(meant, settings, folder)
    file = folder / "shells" / file_name("disk", str(settings.folder.absolute()) if meant != DEMO else "", meant)
    age = _age(file)
    if age is None or age > (_YOUNG_SECONDS if meant != DEMO else _OLD_SECONDS):
        _learn(lambda: write_catalog(name, settings, file), file, wait_seconds if age is None else 0.0)
    return read_catalog_file(file)


def _is_local(name: str, settings: Settings) -> bool:
    return name == DEMO or name.startswith((TENSORBOARD, STORE, ".", "~", "/")) or (settings.folder / name).exists()


def _of_server(name: str, settings: Settings, folder: Path) -> Catalog | None:
    """What an answer, or a prompt, has learned of a project of the server."""
    from urllib.parse import urlsplit

    from runql.wandb_settings.files import Surroundings, read_settings
    from runql.wandb_settings.urls import DEFAULT_BASE_URL, normal_base_url

    entity, slash, project = name.removeprefix("wandb:").rpartition("/")
    entity = entity if slash else settings.entity or ""
    around = Surroundings(settings.server.env, settings.server.home, settings.folder, settings.server.trust)
    try:
        own = read_settings(around).trusted("base_url")
        url = normal_base_url(settings.server.env.get("WANDB_BASE_URL") or own or DEFAULT_BASE_URL)
    except RunQLError:
        return None
    return read_catalog_file(folder / "catalogs" / file_name(urlsplit(url).netloc, entity, project))


def _age(file: Path) -> float | None:
    try:
        return time.time() - file.stat().st_mtime
    except OSError:
        return None


def _learn(work: Callable[[], None], file: Path, wait_seconds: float) -> None:
    """Start the work in a process of its own, unless one is at it, and wait a little for its end."""
    if not hasattr(os, "fork"):
        return
    lock = file.with_suffix(".lock")
    lock_age = _age(lock)
    if lock_age is not None and lock_age < _MOST_SECONDS:
        return
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.touch()
    except OSError:
        return
    reading, writing = os.pipe()
    if os.fork() == 0:
        _go_on_alone(writing)
        try:
            work()
        finally:
            lock.unlink(missing_ok=True)
            os._exit(0)
    os.close(writing)
    if wait_seconds > 0:
        select.select([reading], [], [], wait_seconds)
    os.close(reading)


def _go_on_alone(kept: int) -> None:
    """Part from the shell: it waits for whoever holds its pipe, and a Ctrl-C is not for us. `kept` tells of the end."""
    import signal

    os.setsid()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_MOST_SECONDS)
    nothing = os.open(os.devnull, os.O_RDWR)
    for handle in range(3):
        if handle != kept:
            os.dup2(nothing, handle)
    os.nice(5)


def write_catalog(name: str, settings: Settings, file: Path) -> None:
    """Learn a source on disk and keep what it holds, readable by the user alone."""
    from runql.session.session import Session
    from runql.text.replace import replace_with

    with Session(name, settings) as session:
        try:
            catalog = session.catalog(metrics=True)
        except RunQLError:
            return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, "catalog": to_document(catalog, LONGEST_TEXT)}, default=str)
    replace_with(file, text.encode(), mode=0o600)
