"""From the name of a source to the service that holds its runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from os import PathLike
from pathlib import Path
from typing import Final

from runql import config
from runql.config import LAKE, STORE, TENSORBOARD, Settings
from runql.errors import ArgumentError, NotFound, RunQLError, SourceError
from runql.sources.names import DEMO, has_event_files, near_sources, whence
from runql.sources.protocol import ServiceApi
from runql.sources.trusted import credentials_for
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.nearest import nearest
from runql.text.visible import short_repr

ON_SERVER = "wandb:"
"""Before the name of a project it says that no folder is meant."""
_ONE_WORD = frozenset("/:\\")
"""What a name of the settings does not hold."""
_ON_SERVER = re.compile(r"[\w.-]+(/[\w.*-]+)?\Z")
_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss"})
_AFTER_MARK = re.compile(r"[^/\\#?%:\s]+(/[^/\\#?%:\x00-\x1f\x7f]+)?\Z|[^/\\#?%:\x00-\x1f\x7f]+\Z")
"""What W&B itself allows in the name of a project."""


@frozen
class SourcePlace:
    """Where runs are asked for. `name` is as a user writes it; an empty entity or project means all that there is.

    `said`: what is to be said of how the name was read.
    """

    name: str
    service: ServiceApi
    entity: str = ""
    project: str = ""
    said: tuple[Diagnostic, ...] = ()


def named(source: str | PathLike[str] | ServiceApi | None) -> str | ServiceApi | None:
    """A source as a name, or as the service that holds its runs. A path is never the name of anything else.

    Raises:
        ArgumentError: none of these.
    """
    if isinstance(source, PathLike):
        path = str(Path(source))
        return path if path.startswith((".", "~", "/")) or Path(path).is_absolute() else f"./{path}"
    if source is None or isinstance(source, str | ServiceApi):
        return source
    hint = "a source is a folder (`./wandb`), `demo`, a name of the settings, or a service such as `MemoryService`"
    if isinstance(source, list | tuple):
        hint = 'runs in memory are `runql.sources.memory.MemoryService([{"id": …, "config": {…}}, …])`'
    raise ArgumentError.because(f"`{short_repr(source)}` is no source", hint)


def open_place(name: str, settings: Settings) -> SourcePlace:
    """Open a source by its name: of the settings, `demo`, a folder, TensorBoard logs, a store, a project of a server.

    Raises:
        SourceError: no such source, or one that this version cannot open.
    """
    is_set = name in settings.sources
    meant = _through_settings(name, settings) if is_set else name
    marked = next((opener for mark, opener in _OPENERS.items() if meant.startswith(mark)), None)
    if meant == DEMO:
        from runql import demo
        from runql.sources.local import LocalService

        place = SourcePlace(DEMO, LocalService(Path(demo.__path__[0]) / "wandb", name=DEMO))
    elif marked is not None:
        place = marked(meant, settings)
    elif _is_path(meant, settings):
        place = _open_folder(meant, settings)
    elif _is_project(meant, settings):
        place = _open_on_server(meant, settings)
    else:
        raise _unknown(name, settings)
    return replace(place, said=(*said_of_name(name, settings), *place.said)) if is_set else place


def matching_projects(place: SourcePlace) -> tuple[SourcePlace, ...]:
    """The projects of its entity that the `*` of a place matches, by name; itself, if it has none.

    Raises:
        NotFound: there is none.
    """
    if "*" not in place.project:
        return (place,)
    from runql.engine.patterns import star_matcher

    matches = star_matcher(place.project)
    projects = [*place.service.projects(place.entity)]
    said = tuple(dict.fromkeys(notice for project in projects for notice in project.said))
    names = sorted(project.name for project in projects)
    found = [name for name in names if matches(name)]
    if not found:
        near = nearest(place.project.replace("*", ""), names, most=1)
        hints = [f"nearest: `{place.entity}/{near[0]}`"] if near else []
        raise NotFound.of("RQL402", f"no project of `{place.entity}` is like `{place.project}`", *hints)
    # What could not be read may be one of them.
    return tuple(SourcePlace(f"{place.entity}/{name}", place.service, place.entity, name, said) for name in found)


def default_name(settings: Settings) -> str:
    """The source of a query that names none. Raises `SourceError` if nothing says which."""
    name = settings.default_source()
    if name is None:
        raise SourceError.of(
            "RQL511",
            "no source is named: there is no `./wandb` here, and the settings name none",
            f'try it on runs that come with RunQL: `-s {DEMO}`, or `source="{DEMO}"` in Python',
            f"runs on disk: `-s path/to/wandb` or `-s {TENSORBOARD}path/to/logs`; on a W&B server: `-s entity/project`",
        )
    return name


def _through_settings(name: str, settings: Settings) -> str:
    """What a name of the settings stands for; a name may stand for another one."""
    seen: list[str] = []
    while name in settings.sources and not means_itself(name) and name not in seen:
        seen.append(name)
        name = settings.sources[name]
    if name in seen and settings.sources[name] != name:
        raise SourceError.of("RQL511", f"the source `{name}` of the settings stands for itself")
    return name


def means_itself(name: str) -> bool:
    """Whether a name is never one of the settings: the demo, a path, or a project with its owner."""
    return name == DEMO or name.startswith((".", "~")) or not _ONE_WORD.isdisjoint(name)


def said_of_name(name: str, settings: Settings) -> Iterator[Diagnostic]:
    """What to say of a name that the settings have."""
    meant = f"`{settings.sources[name]}`"
    if means_itself(name):
        why = "the demo" if name == DEMO else "a path or a project"
        message = f"`{name}` is {why}: that the settings call {meant} so does not count"
        yield Diagnostic("RQL533", message, hints=("a name of the settings is one word without `/` and `:`",))
    elif (settings.folder / name).exists():
        message = f"`{name}` was read as the settings have it: {meant}"
        yield Diagnostic("RQL533", message, hints=(f"`./{name}` is the folder of that name",))


def _open_tensorboard(name: str, settings: Settings) -> SourcePlace:
    plain = name.removeprefix(TENSORBOARD)
    if not plain:
        raise SourceError.of("RQL511", f"`{TENSORBOARD}` names no folder", f"write `{TENSORBOARD}./logs`")
    path = _existing(plain, settings, TENSORBOARD)
    from runql.sources.tensorboard import TensorboardService

    try:
        return SourcePlace(name, TensorboardService(path, name=name))
    except SourceError as error:
        if (path / "wandb").is_dir() or path.name == "wandb":
            raise _with_hint(error, f"runs of W&B are asked for without `{TENSORBOARD}`: `{plain}`") from error
        raise


def _with_hint(error: SourceError, hint: str) -> RunQLError:
    first = error.diagnostics[0]
    return SourceError.of(first.code, first.message, *first.hints, hint)


def _open_store(name: str, settings: Settings) -> SourcePlace:
    from runql.sources.store.places import existing
    from runql.sources.store.service import StoreService

    place = existing(name, settings)
    service = StoreService(place.folder, name=name, number=place.version)
    return SourcePlace(name, service, said=place.said)


def _open_lake(name: str, settings: Settings) -> SourcePlace:
    from runql.sources.store.lake.service import open_lake

    service = open_lake(name, settings)
    return SourcePlace(service.name, service)


def _open_offline(name: str, settings: Settings) -> SourcePlace:
    """The store of a project of a server, by the name that it has without being told another one."""
    from runql.sources.store.places import existing
    from runql.sources.store.service import StoreService

    path = name if "/" in name or not settings.entity else f"{settings.entity}/{name}"
    try:
        store = existing(path, settings)
        service = StoreService(store.folder, name=name)
    except SourceError as error:
        hint = f"`runql pull {path}` copies it, while its server can be reached"
        raise _with_hint(error, hint) from error
    if not service.about.origin.startswith(f"{path} on "):
        message = f"the store `{path}` holds runs of `{service.about.origin}`"
        raise SourceError.of("RQL511", message, "`runql store list`")
    return SourcePlace(name, service, said=store.said)


def _is_path(name: str, settings: Settings) -> bool:
    return name.startswith((".", "~", "/")) or (not name.startswith(ON_SERVER) and (settings.folder / name).exists())


def _path(name: str, settings: Settings) -> Path:
    try:
        path = Path(name).expanduser()
    except RuntimeError as error:
        raise SourceError.of("RQL511", f"no folder `{name}`: {error}") from error
    return path if path.is_absolute() or settings.folder == Path() else settings.folder / path


def _open_folder(name: str, settings: Settings) -> SourcePlace:
    from runql.sources.local import LocalService

    path = _existing(name, settings)
    cache = settings.server.cache_folder if settings.keep else None  # where what was read of a large folder is kept
    try:
        return SourcePlace(name, LocalService(path, name=name, cache=cache), said=tuple(_hidden(name, settings)))
    except SourceError as error:
        if has_event_files(path):
            raise _with_hint(error, f"TensorBoard logs are there: `{TENSORBOARD}{name}`") from error
        raise


def _existing(name: str, settings: Settings, mark: str = "") -> Path:
    """The path that a name means. Raises `SourceError` if nothing is there, with what is nearest."""
    path = _path(name, settings)
    if not path.exists():
        near = [found.name for found in path.parent.iterdir()] if path.parent.is_dir() else []
        start = name[: -len(path.name)] if name.endswith(path.name) else ""
        hints = [f"nearest: `{mark}{start}{each}`" for each in nearest(path.name, near, most=1)]
        raise SourceError.of("RQL511", f"there is no folder `{name}`", *(hints or whence(path)))
    return path


def knows_server(settings: Settings) -> bool:
    """Whether there is a key for the W&B server, or an address of it is set: no request is sent to know that."""
    server = settings.server
    if server.base_url or server.api_key or server.env.get("WANDB_BASE_URL"):
        return True
    try:
        return credentials_for(settings).auth is not None
    except RunQLError:
        return True  # there is a key, if one that is wrong: said when the server is asked


def _hidden(name: str, settings: Settings) -> Iterator[Diagnostic]:
    """What to say of a folder that is called as a project may be, where a server is known."""
    if "/" not in name or "*" in name or not _ON_SERVER.match(name) or name.startswith("."):
        return
    if knows_server(settings):
        hints = (f"`{ON_SERVER}{name}` is the project on the server, `./{name}` the folder",)
        yield Diagnostic("RQL516", f"`{name}` was read as the folder of that name", hints=hints)


def server_hosts(settings: Settings) -> tuple[str, ...]:
    """The hosts of the W&B server that the settings name, with their ports: of its API first, then of its pages."""
    from urllib.parse import urlsplit

    from runql.wandb_settings.urls import FORGE_HOSTS, app_url_of, normal_base_url

    credentials = credentials_for(settings)
    base_url = normal_base_url(credentials.base_url)
    hosts = {urlsplit(url).netloc: None for url in (base_url, app_url_of(base_url, credentials.app_url))}
    for front, upstream in FORGE_HOSTS.items():
        plain = upstream.removeprefix("api.")
        family = (front, f"api.{front}", upstream, plain, f"app.{plain}")
        if not hosts.keys().isdisjoint(family):
            hosts.update(dict.fromkeys(family))
    return tuple(hosts)


def open_server(settings: Settings, name: str = "", entity: str = "", project: str = "") -> SourcePlace:
    """The W&B server that the settings name, and one of its projects if one is named.

    Raises:
        AuthError: a key that can't be one, or that would travel in the open.
        SourceError: a base URL that is none.
        UntrustedFolder: a setting of the folder would count that nobody said yes to, or no server may be asked here.
    """
    from runql.sources.wandb import LineSettings, ServiceOptions, WandbService

    server = settings.server
    credentials = credentials_for(settings)
    entity = entity or settings.entity or credentials.entity or ""
    cache = server.cache_folder / "catalogs" if server.cache_folder else None
    line = LineSettings()
    if server.timeout_seconds:
        line = replace(line, attempt_seconds=min(server.timeout_seconds, line.attempt_seconds))
    if server.most_answer_mb:
        line = replace(line, most_bytes=int(server.most_answer_mb * 1_000_000))
    reopen = partial(_reopened, credentials.base_url, name, entity, project, server.timeout_seconds)
    options = ServiceOptions(
        name, entity, project, cache_folder=cache, on_wait=server.on_wait, reopen=reopen, line=line
    )
    service = WandbService(credentials, options)
    said = (*(Diagnostic("RQL531", warning) for warning in credentials.warnings), *service.said)
    return SourcePlace(name or service.name, service, entity, project, said)


@lru_cache(maxsize=8)
def _reopened(base_url: str, name: str, entity: str, project: str, timeout: float | None) -> ServiceApi:
    """The service of a pickle, with the key that is found where it is read: one for all that a process reads."""
    settings = config.load()
    server = replace(settings.server, base_url=base_url, timeout_seconds=timeout)
    return open_server(replace(settings, server=server), name, entity, project).service


def _folder_meant(name: str, settings: Settings) -> Iterator[Diagnostic]:
    """What to say of a project that is called nearly as a folder here. Raises `SourceError` if no server is known."""
    for near in near_sources(name, settings):
        hints = (f"nearest folder: `{near}`", f"`{ON_SERVER}{name}` is the project, and nothing else")
        if not knows_server(settings):
            raise SourceError.of("RQL511", f"there is no folder `{name}`, and no key for a server", *hints)
        yield Diagnostic("RQL516", f"`{name}` was read as a project of the server", hints=hints)


def _open_on_server(name: str, settings: Settings) -> SourcePlace:
    """A project of the server. A name without an entity means the user's own."""
    is_marked = name.startswith(ON_SERVER)
    name = name.removeprefix(ON_SERVER)
    if settings.offline:
        return _open_offline(name, settings)
    entity, _, project = name.rpartition("/")
    may_be_folder = not is_marked and bool(entity) and (settings.folder / entity).is_dir()
    said = tuple(_folder_meant(name, settings)) if may_be_folder else ()
    place = open_server(settings, name, entity, project)
    place = replace(place, said=(*said, *place.said))
    if place.entity:
        return place
    accounts = place.service.accounts
    own = None if accounts is None else accounts.default_entity()
    if not own:
        hint = "write `entity/project`, or set `WANDB_ENTITY`"
        raise SourceError.of("RQL511", f"`{name}` names no entity, and nobody is signed in", hint)
    return replace(place, entity=own)


def opens_unasked(name: str, settings: Settings) -> bool:
    """Whether a source opens without a request, and without reading a folder: a project of a server, with its owner."""
    meant = _through_settings(name, settings)
    return "/" in meant and _is_project(meant, settings) and not _is_path(meant, settings)


def _is_project(name: str, settings: Settings) -> bool:
    """`entity/project`, `wandb:entity/project`, or the project that the environment names."""
    plain = name.removeprefix(ON_SERVER)
    if plain != name:
        return _AFTER_MARK.match(plain) is not None
    return _ON_SERVER.match(plain) is not None and ("/" in name or name == settings.project)


_OPENERS: Final[Mapping[str, Callable[[str, Settings], SourcePlace]]] = {
    TENSORBOARD: _open_tensorboard,
    STORE: _open_store,
    LAKE: _open_lake,
}
"""Who opens names that begin with which mark."""


def _unknown(name: str, settings: Settings) -> RunQLError:
    near = near_sources(name, settings)
    hints = [f"nearest: `{near[0]}`"] if near else []
    if name.partition("://")[0].lower() in _OBJECT_STORES:
        hints = [f"a store in an object store is `{STORE}{name}`"]
    if name.lower().startswith(("http://", "https://")):
        hints = ["the address of a page of W&B is a query by itself, not a source"]
    return SourceError.of(
        "RQL511",
        f"no source `{name}`",
        *hints,
        f"a source is a folder (`./wandb`), TensorBoard logs (`{TENSORBOARD}./logs`), a store (`{STORE}acme/vision`), "
        f"`entity/project` of a W&B server, `{DEMO}`, or a name of the settings",
    )
