"""Fixes of a text, tried against what is known of its sources before they are offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from runql.errors import RunQLError
from runql.script.interpreter import QueryTask, ScriptPlan
from runql.semantic.catalog import Catalog
from runql.semantic.names.odd_names import odd_names
from runql.sources.catalogs import learned_for, remembered
from runql.sources.open import SourcePlace
from runql.syntax import tree
from runql.syntax.parse import Parsed, parse_proven, parse_untried
from runql.text.diagnostic import Diagnostic
from runql.text.proof import proven
from runql.text.source import Source

_NEEDS_CATALOG = "RQL202"


class Trials:
    """Tries the fixes of one text. Nothing is asked of a server for it: what is not known is not looked up.

    Args:
        script_of: The statements of a text with all names put in.
        places_of: The places of a source by its name.
        check: What the checker says of a query whose sources are known, or not.
    """

    def __init__(
        self,
        script_of: Callable[[Parsed], ScriptPlan],
        places_of: Callable[[str | None], Sequence[SourcePlace]],
        check: Callable[[QueryTask, Sequence[SourcePlace], Catalog | None, Source], Iterable[Diagnostic]],
    ) -> None:
        self._script_of = script_of
        self._places_of = places_of
        self._check = check

    def parsed(self, parsed: Parsed) -> Parsed:
        """What a text was parsed to, with those of its fixes that hold."""
        if parsed.ok:
            return parsed
        names = odd_names(parsed.source.text, self._catalog_of(parsed))
        if not names and not any(one.fixes for one in parsed.diagnostics):
            return parsed
        return parse_proven(parsed.source, partial(self._errors, known=parsed), parsed, names)

    def _catalog_of(self, parsed: Parsed) -> Catalog | None:
        """What is known of the source of the first query of a text."""
        first = next((item for item in self._script_of(parsed).items if isinstance(item, QueryTask)), None)
        return None if first is None else self._known(first)[1]

    def proven(self, source: Source, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """What was found of a text, with those fixes that hold."""
        return proven(source.text, found, self._errors)

    def _errors(self, text: str, known: Parsed | None = None) -> Iterable[Diagnostic]:
        is_known = known is not None and known.source.text == text
        parsed = known if known is not None and is_known else parse_untried(Source(text))
        script = self._script_of(parsed)
        yield from parsed.diagnostics
        yield from script.diagnostics
        for item in script.items:
            if isinstance(item, QueryTask):
                places, catalog = self._known(item)
                for one in self._check(item, places, catalog, parsed.source):
                    if catalog is not None or one.code != _NEEDS_CATALOG:
                        yield one

    def _known(self, item: QueryTask) -> tuple[Sequence[SourcePlace], Catalog | None]:
        """The places of a query, and what is known of them without a request."""
        clause = item.query.clause(tree.FromClause)
        names = dict.fromkeys(ref.name for ref in clause.sources) if clause else (item.source,)
        if any(name is not None and "*" in name for name in names):
            return (), None
        try:
            places = tuple(dict.fromkeys(place for name in names for place in self._places_of(name)))
            if not places:
                return (), None
            if all(place.service.capabilities.cheap_pages for place in places):
                return places, learned_for(item.query, places)
            known = remembered(places, metrics=True) or remembered(places, metrics=False)
        except RunQLError:
            # No source, or none that opens: said where the query is asked. Its fixes are tried without it.
            return (), None
        return places, known.catalog if known is not None else None
