"""What is to be said of a piece of a text, as the others declare names and as its source is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from runql.errors import BackendError, RunQLError, UntrustedFolder
from runql.frontends.lsp.document import Document, DocumentScript, Piece
from runql.frontends.lsp.world import Home, KnownSource, World
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Span

if TYPE_CHECKING:
    from runql.ide.context import Context
    from runql.ide.inlay_hints import Inlay
    from runql.script.saved import Loader
    from runql.semantic.catalog import Catalog
    from runql.syntax import tree

_T = TypeVar("_T")

EMPTY: Final = "RQL110"
UNUSED: Final = "RQL222"


@frozen
class Setting:
    """A piece in its place: the script around it, where it begins, its folder's settings."""

    script: DocumentScript
    start: int
    piece: Piece
    home: Home


class Analysis:
    """Answers about documents. What was worked out of a piece is kept with it, for as long as the rest stays alike."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.generation = 0
        """Counts the times at which files other than the open ones may have changed."""

    def setting(self, document: Document, script: DocumentScript, start: int, piece: Piece) -> Setting:
        return Setting(script, start, piece, self.world.home(folder_of(document.uri)))

    # ---------------------------------------------------------------- what a piece stands in

    def source(self, at: Setting) -> str | None:
        """The source of queries of a piece that name none."""
        ref = at.script.use_before(at.start)
        return at.home.default if ref is None else ref.name

    def sources(self, at: Setting) -> Mapping[str, str]:
        """The sources that a piece names, and those behind the queries that it goes on from: by the name written."""
        found = {}
        for name in at.piece.declared.froms:
            source = self._behind(at, name)
            if source is not None:
                found[name] = source
        return found

    def _behind(self, at: Setting, name: str) -> str | None:
        """The source that a name in `from` means in the end; none of a query with stages, which has its own columns."""
        from runql.syntax import tree as t

        seen: set[str] = set()
        while name in at.script.lets and name not in seen:
            seen.add(name)
            query = at.script.lets[name]
            clause = query.clause(t.FromClause)
            if query.stages or (clause is not None and len(clause.sources) != 1):
                return None
            if clause is None:
                return self.source(at)
            name = clause.sources[0].name
        return None if name in seen else name

    def context(self, at: Setting, *, typing: bool = False) -> Context:
        """What the language service is told for a piece. `typing`: with names of saved queries, which are files."""
        from runql.ide.context import Context
        from runql.session.time_zone import LOCAL

        lets, params = at.script.said
        given = self.world.given()
        known = self.world.known(at.home, self.source(at))
        return Context(
            catalog=known.catalog if known is not None else None,
            parameters={**dict.fromkeys(given, ""), **params},
            values=self._shown_values(at),
            sources=at.home.sources,
            lets=lets,
            saved=_saved(at.home) if typing else {},
            saved_query=_loader(at, given).query if typing else None,
            aliases=at.home.aliases,
            now=datetime.now(UTC),
            zone=LOCAL,
            source_name=known.name if known is not None else None,
            catalogs=self._catalogs(at),
            capabilities=known.capabilities if known is not None else None,
        )

    def _catalogs(self, at: Setting) -> Mapping[str, Catalog]:
        found = {name: self.world.known(at.home, source) for name, source in self.sources(at).items()}
        return {name: known.catalog for name, known in found.items() if known is not None and known.catalog is not None}

    def _values(self, at: Setting) -> dict[str, Any]:
        """The values of parameters: given ones, else their defaults."""
        from runql.script.parameters import declared, is_set
        from runql.session.time_zone import LOCAL

        given = dict(self.world.given())
        for name, statement in at.script.params.items():
            value, wrong = declared(statement, given, datetime.now(UTC), LOCAL)
            if wrong is None and is_set(statement, given):
                given[name] = value
        return given

    def _shown_values(self, at: Setting) -> dict[str, Any]:
        """The same without those that are secret: what the language service knows of a value it shows."""
        secret = {name for name, statement in at.script.params.items() if statement.type_name == "secret"}
        return {name: value for name, value in self._values(at).items() if name not in secret}

    def _key(self, at: Setting) -> object:
        """All that an answer about a piece depends on beside its own text, as a value."""
        declared = at.piece.declared
        source = self.source(at)
        plain = (source, self._serial(at.home, source), id(at.home), self.generation)
        if not (declared.froms or declared.used or declared.params or declared.goes_on):
            return plain
        names = self.sources(at)
        serials = tuple(self._serial(at.home, each) for each in names.values())
        known = tuple(at.script.lets)
        lets = tuple((name, *_meaning(at.script, name)) for name in sorted(declared.froms))
        params = tuple((name, at.script.params.get(name)) for name in sorted(declared.used))
        given = tuple((name, repr(self.world.given().get(name))) for name in sorted({*declared.used, *declared.params}))
        return (plain, tuple(names.items()), serials, known, lets, params, given, _query_before(at))

    def _serial(self, home: Home, source: str | None) -> int:
        known = self.world.known(home, source)
        return 0 if known is None else known.serial

    def _kept(self, what: str, at: Setting, make: Callable[[], _T]) -> _T:
        key = self._key(at)
        kept = at.piece.kept.get(what)
        if kept is None or kept[0] != key:
            at.piece.kept[what] = kept = (key, make())
        made: _T = kept[1]
        return made

    # ---------------------------------------------------------------- what is said of it

    def diagnostics(self, at: Setting) -> tuple[Diagnostic, ...]:
        """All that is to be said of a piece, but what only the whole text shows."""
        return self._kept("diagnostics", at, lambda: tuple(self._said(at)))

    def _said(self, at: Setting) -> Iterator[Diagnostic]:
        from runql.ide.diagnostics import diagnostics
        from runql.script.unknown_names import with_query_meant

        said = diagnostics(at.piece.parsed, self.context(at))
        found = dict.fromkeys(with_query_meant(said, at.script.lets, at.piece.parsed.source.text))
        found.update(dict.fromkeys(self._of_names(at)))
        found.update(dict.fromkeys(self._of_sources(at)))
        kept = (one for one in found if one.code not in {EMPTY, UNUSED})
        yield from sorted(kept, key=lambda one: (one.span.start, one.span.end))

    def _of_names(self, at: Setting) -> tuple[Diagnostic, ...]:
        """What is wrong with the names of queries, parameters and options: what a session finds before it asks."""
        if at.piece.declared.is_alone:
            return ()
        from runql.script.interpreter import Reader, ScriptState
        from runql.script.named_queries import LAST, NamedQuery
        from runql.session.time_zone import LOCAL
        from runql.sources.names import may_be_source

        given = self._values(at)
        own = at.piece.declared.lets
        lets = {name: NamedQuery(query) for name, query in at.script.lets.items() if name not in own}
        before = _query_before(at)
        if before is not None:
            lets[LAST] = NamedQuery(before)
        loader = _loader(at, given)
        settings = at.home.settings

        def is_source(name: str) -> bool:
            return may_be_source(name, settings)

        reader = Reader(
            at.piece.parsed, ScriptState(lets), dict(self.world.given()), loader.now, LOCAL, loader.load, is_source
        )
        return reader.read().diagnostics

    def _of_sources(self, at: Setting) -> Iterator[Diagnostic]:
        """Sources that a piece names and that could not be looked at."""
        from runql.script.unknown_names import said_of_unknown

        for ref in _refs(at.piece):
            source = self._behind(at, ref.name)
            known = self.world.known(at.home, source) if source == ref.name else None
            if known is not None and known.error is not None:
                said = _at(known.error, ref.span)
                saved = (f"@{name}" for name in _saved(at.home))
                yield said_of_unknown(said, ref.name, ref.span, (*at.script.lets, *saved), at.piece.parsed.source.text)

    def of_whole(self, script: DocumentScript) -> Iterator[tuple[int, Diagnostic]]:
        """What only the whole text shows: names declared twice, parameters that nothing uses. With their pieces."""
        seen: dict[str, str] = {}
        used = {name for piece in script.pieces for name in piece.declared.used}
        for start, piece in script.placed():
            if not piece.may_declare:
                continue
            for name, statement in piece.declared.params.items():
                if name in seen:
                    message = f"the parameter `${name}` is declared twice"
                    yield start, Diagnostic("RQL221", message, statement.name_span)
                elif name not in used:
                    message = f"the parameter `${name}` is declared and never used"
                    yield start, Diagnostic(UNUSED, message, statement.name_span)
                seen[name] = name
            for name, span in _named(piece):
                if f"={name}" in seen:
                    yield start, Diagnostic("RQL220", f"`{name}` is named twice", span)
                seen[f"={name}"] = name

    def inlays(self, at: Setting) -> tuple[Inlay, ...]:
        """The notes of a piece."""
        from runql.ide.inlay_hints import inlays

        return inlays(at.piece.parsed, self.context(at))

    def want(self, at: Setting) -> bool:
        """See to it that the sources of a piece are looked at; whether that goes on."""
        names = {self.source(at), *self.sources(at).values()}
        started = [self.world.want(at.home, name) for name in names]
        return any(started)

    def known(self, at: Setting) -> KnownSource | None:
        return self.world.known(at.home, self.source(at))


def folder_of(uri: str) -> Path:
    """The folder of a file; the working folder of what is none."""
    from pygls.uris import to_fs_path

    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path).parent if path else Path.cwd()


def _at(error: RunQLError, span: Span) -> Diagnostic:
    first = error.diagnostics[0]
    # That nobody answers just now is no mistake of the text.
    code = "RQL214" if isinstance(error, BackendError | UntrustedFolder) else first.code
    message = f"nothing is known of its fields: {first.message}" if code != first.code else first.message
    return Diagnostic(code, message, span, hints=first.hints)


def _refs(piece: Piece) -> Iterator[tree.SourceRef]:
    from runql.syntax import tree as t

    found = (node for node in piece.nodes if isinstance(node, t.SourceRef))
    return (ref for ref in found if ref.kind is t.SourceKind.NAME)


def _named(piece: Piece) -> Iterator[tuple[str, Span]]:
    from runql.syntax.tree import LetStatement

    statements = piece.parsed.script.statements
    return ((each.name, each.name_span) for each in statements if isinstance(each, LetStatement))


def _query_before(at: Setting) -> tree.Query | None:
    """The query that `_` means in a piece: the last one asked before it."""
    from runql.syntax import tree as t

    if not at.piece.declared.goes_on:
        return None
    for start, piece in reversed(list(at.script.placed())):
        if start >= at.start:
            continue
        for statement in reversed(piece.parsed.script.statements):
            if isinstance(statement, t.QueryStatement | t.ExplainStatement):
                return statement.query
    return None


def _meaning(script: DocumentScript, name: str) -> tuple[object, ...]:
    """The queries that a name goes on from, one behind the other."""
    from runql.syntax import tree as t

    found: list[object] = []
    while name in script.lets and len(found) <= len(script.lets):
        query = script.lets[name]
        found.append(query)
        clause = query.clause(t.FromClause)
        name = clause.sources[0].name if clause is not None else ""
    return tuple(found)


def _loader(at: Setting, given: Mapping[str, Any]) -> Loader:
    """What reads the saved queries that a piece names."""
    from runql.script.saved import Loader
    from runql.session.time_zone import LOCAL

    return Loader(at.home.settings.saved, dict(given), datetime.now(UTC), LOCAL)


def _saved(home: Home) -> dict[str, str]:
    from runql.script.saved import saved_queries

    return {saved.name: saved.comment for saved in saved_queries(home.settings.saved)}
