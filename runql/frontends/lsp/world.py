"""What the server knows besides texts: settings by folder, and catalogs, which load beside the typing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runql import config
from runql.errors import RunQLError, UntrustedFolder
from runql.frontends.lsp.settings import Wishes
from runql.text.collector import keep_for_good
from runql.trust import PROJECT_FILE

if TYPE_CHECKING:
    from runql.plan.capabilities import Capabilities
    from runql.semantic.catalog import Catalog
    from runql.syntax import tree

_SETTINGS_SECONDS: Final = 5.0
_CATALOG_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class KnownSource:
    """What is known of a source; `serial` tells two states of it apart. `error`: why it could not be looked at."""

    serial: int
    name: str
    catalog: Catalog | None = None
    capabilities: Capabilities | None = None
    error: RunQLError | None = None
    since: float = 0.0


@dataclass(slots=True)
class Home:
    """A folder's settings. `default` is the source of queries that name none; `trouble` is what is wrong with them."""

    settings: config.Settings
    default: str | None
    trouble: RunQLError | None = None
    aliases: Mapping[str, tree.Expr] = field(default_factory=dict)
    read_at: float = 0.0
    _named: tuple[float, Mapping[str, str]] | None = None

    @property
    def sources(self) -> Mapping[str, str]:
        """The sources that can be named here, as they were when the settings were read: it takes looks at files."""
        from runql.sources.names import known_sources

        if self._named is None or self._named[0] != self.read_at:
            self._named = (self.read_at, known_sources(self.settings))
        return self._named[1]


class World:
    """Settings and catalogs. Asked from one thread only; `call` hands a function over to it from another one."""

    def __init__(self, call: Callable[[Callable[[], None]], None], on_change: Callable[[], None]) -> None:
        self.wishes = Wishes()
        self.source: str | None = None
        """The source that the server was started with; that of the editor's settings goes before it."""
        self.roots: list[Path] = []
        self.serial = 0
        self.is_trusted = False
        """Whether the editor vouches for the folders that are open. Without it only those count that the user said yes
        to: a text that is opened makes no request by itself."""
        self._call = call
        self._on_change = on_change
        self._homes: dict[Path, Home] = {}
        self._known: dict[tuple[Path, str], KnownSource] = {}
        self._loading: set[tuple[Path, str]] = set()

    # ---------------------------------------------------------------- settings

    def home(self, folder: Path) -> Home:
        """The settings for files in a folder. They are read again now and then, and after `forget`."""
        home = self._homes.get(folder)
        if home is not None and time.monotonic() - home.read_at < _SETTINGS_SECONDS:
            return home
        fresh = self._read(folder)
        if home is not None and _same(home, fresh):
            home.read_at = fresh.read_at
            return home
        if home is not None:
            self._drop(home.settings.folder)
        self._homes[folder] = fresh
        self.serial += 1
        return fresh

    def _read(self, folder: Path) -> Home:
        read_at = time.monotonic()
        try:
            settings = config.load(folder=folder)
        except RunQLError as error:
            # Where the settings cannot be read, it is not known which server is meant.
            nothing = config.Settings(folder=folder, server=config.ServerSettings(may_ask=False))
            return Home(nothing, self.wishes.source, error, read_at=read_at)
        if not (folder / PROJECT_FILE).is_file():
            settings = replace(settings, folder=self._root(folder))
        settings = replace(settings, server=replace(settings.server, may_ask=self._may_ask(settings, folder)))
        default = self.wishes.source or settings.default_source()
        try:
            from runql.session import Session

            return Home(settings, default, None, Session(default, settings).aliases, read_at)
        except RunQLError as error:
            return Home(settings, default, error, read_at=read_at)

    def _may_ask(self, settings: config.Settings, folder: Path) -> bool:
        from runql.sources.trusted import is_covered

        return self.is_trusted or is_covered(settings, folder)

    def _root(self, folder: Path) -> Path:
        """The folder that the editor has open and that a folder lies in: paths in queries are meant from there."""
        above = [root for root in self.roots if folder.is_relative_to(root)]
        return max(above, key=lambda root: len(root.parts), default=folder)

    def forget(self) -> None:
        """Read settings again, and try again what could not be looked at."""
        for home in self._homes.values():
            home.read_at = float("-inf")
        for key in [key for key, known in self._known.items() if known.error is not None]:
            del self._known[key]
        self.serial += 1

    def refresh(self) -> None:
        """Read settings and catalogs again. What is known stays until the new is there."""
        self.forget()
        for key, known in self._known.items():
            self._known[key] = replace(known, since=float("-inf"))

    def _drop(self, folder: Path) -> None:
        for key in [key for key in self._known if key[0] == folder]:
            del self._known[key]

    # ---------------------------------------------------------------- catalogs

    def known(self, home: Home, name: str | None) -> KnownSource | None:
        """What is known of a source just now; nothing is asked for."""
        return self._known.get((home.settings.folder, name)) if name is not None else None

    def warnings(self, home: Home) -> Iterator[str]:
        """What is to be said of a folder whatever its texts are: what does not count, and that no server is asked."""
        yield from (f"{one.code}: {'; '.join((one.message, *one.hints))}" for one in home.settings.said)
        known = self.known(home, home.default)
        if known is not None and isinstance(known.error, UntrustedFolder):
            yield from (f"{one.code}: {'; '.join((one.message, *one.hints))}" for one in known.error.diagnostics)

    def want(self, home: Home, name: str | None) -> bool:
        """See to it that a source is looked at; whether that goes on now."""
        if name is None:
            return False
        key = (home.settings.folder, name)
        known = self._known.get(key)
        is_old = known is None or time.monotonic() - known.since > _CATALOG_SECONDS
        if key not in self._loading and is_old:
            self._loading.add(key)
            threading.Thread(target=self._load, args=(key, home.settings), daemon=True).start()
        return key in self._loading

    @property
    def is_loading(self) -> bool:
        return bool(self._loading)

    def _load(self, key: tuple[Path, str], settings: config.Settings) -> None:
        """Look at a source, first without what was logged: that may take reading everything."""
        from runql.ide.completion.index import index_of
        from runql.session import Session

        def tell(known: KnownSource, *, is_last: bool) -> None:
            self._call(lambda: self._arrived(key, known, is_last=is_last))

        try:
            with Session(key[1], settings) as session:
                for metrics in (False, True):
                    catalog = session.catalog(metrics=metrics)
                    index_of(catalog)
                    keep_for_good()
                    places = session.places()
                    name = ", ".join(place.name for place in places)
                    known = KnownSource(0, name, catalog, places[0].service.capabilities)
                    tell(known, is_last=metrics)
        except RunQLError as error:
            tell(KnownSource(0, key[1], error=error), is_last=True)
        except Exception as error:  # noqa: BLE001 - a source that breaks us must not end the server: it is said
            fault = RunQLError.of("RQL901", f"{type(error).__name__}: {error}")
            tell(KnownSource(0, key[1], error=fault), is_last=True)

    def _arrived(self, key: tuple[Path, str], known: KnownSource, *, is_last: bool) -> None:
        if is_last:
            self._loading.discard(key)
        before = self._known.get(key)
        self.serial += 1
        if known.error is not None and before is not None and before.catalog is not None:
            known = replace(before, error=known.error)
        self._known[key] = replace(known, serial=self.serial, since=time.monotonic())
        self._on_change()

    def given(self) -> Mapping[str, Any]:
        """The values of parameters that the editor's settings give."""
        return self.wishes.params


def _same(a: Home, b: Home) -> bool:
    said = [None if home.trouble is None else str(home.trouble) for home in (a, b)]
    return (a.settings, a.default, a.aliases) == (b.settings, b.default, b.aliases) and said[0] == said[1]
