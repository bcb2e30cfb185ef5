"""What a check is given, and where it puts what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType

from runql.semantic.questions import InnerTableOf
from runql.semantic.spelling import code as code_of
from runql.syntax import tree
from runql.text.diagnostic import Diagnostic, Edit, Fix, Label
from runql.text.frozen import changeable, frozen
from runql.text.source import NOWHERE, Span

LOOK_AROUND = "`show fields"
"""How the last of ways out begins, where no name is near."""

_ABOUT_TYPES = frozenset({"RQL203", "RQL212"})
_EMPTY: Mapping[str, object] = MappingProxyType({})
_NO_ALIASES: Mapping[str, tree.Expr] = MappingProxyType({})
_NO_FILES: Mapping[str, str] = MappingProxyType({})


@frozen
class CheckContext:
    """What a query means depends on: parameters, the time, the zone of times without one, and the aliases.

    `now` is aware. `source_name` is what messages call the source, `text` the text that the spans point into
    (columns without a name are called as they are written there). `alias_files`: the settings files of aliases.
    `inner`: what is known of the table of an inner question; by default it is checked against the same source. `depth`:
    inside how many questions this one stands.
    """

    params: Mapping[str, object] = field(default_factory=lambda: _EMPTY)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    zone: tzinfo = UTC
    source_name: str | None = None
    aliases: Mapping[str, tree.Expr] = field(default_factory=lambda: _NO_ALIASES)
    text: str | None = None
    alias_files: Mapping[str, str] = field(default_factory=lambda: _NO_FILES)
    inner: InnerTableOf | None = field(default=None, compare=False)
    depth: int = 0


@changeable
class Report:
    """The diagnostics of one check, as they were `found`.

    Inside an `alias` every place is where the alias was used: its own text is not the query's. `unreadable`: the parser
    left a hole in the tree; it has said so itself. `expanded`: how many terms the aliases stand for so far.
    `records`: where a field stands that holds a record in every run, with some fields inside of it, the way out of an
    error about its type.
    """

    found: list[Diagnostic] = field(default_factory=list)
    unreadable: bool = False
    alias: tuple[str, Span] | None = None
    expanded: int = 0
    aliases_said: set[str] = field(default_factory=set)
    records: dict[Span, tuple[str, ...]] = field(default_factory=dict)

    def place(self, span: Span) -> Span:
        return span if self.alias is None else self.alias[1]

    @contextmanager
    def inside_alias(self, name: str, span: Span) -> Iterator[None]:
        before = self.alias
        self.alias = self.alias or (name, span)
        try:
            yield
        finally:
            self.alias = before

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        *hints: str,
        fixes: Iterable[Fix] = (),
        labels: tuple[Label, ...] = (),
    ) -> None:
        inside = self.records.get(span, ()) if code in _ABOUT_TYPES else ()
        if inside:
            # Which of several is meant nobody can say.
            hints, fixes = (
                (f"it holds {', '.join(map(code_of, inside))}",),
                rewrites(span, inside) if len(inside) == 1 else (),
            )
        if self.alias is not None:
            hints = (*hints, f"in the alias `{self.alias[0]}`")
            fixes = ()
        diagnostic = Diagnostic(code, message, self.place(span), hints, tuple(fixes), labels)
        if diagnostic not in self.found:
            self.found.append(diagnostic)

    def add_way_out(self, hint: str, fixes: Iterable[Fix] = ()) -> None:
        """One more way out of what was found last."""
        last = self.found[-1]
        self.found[-1] = replace(last, hints=(*last.hints, hint), fixes=(*last.fixes, *fixes))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take over what another check found."""
        self.found += [one for one in diagnostics if one not in self.found]

    def erred(self, since: int) -> bool:
        """Whether there came an error since there were so many."""
        return self.unreadable or any(one.is_error for one in self.found[since:])

    def amend(self, since: int, codes: Iterable[str], hints: tuple[str, ...], fixes: tuple[Fix, ...]) -> None:
        """Put another way out before those of the diagnostics of these codes that came since there were so many."""
        if self.alias is not None:
            return
        for index in range(since, len(self.found)):
            one = self.found[index]
            if one.code in codes:
                kept = (hint for hint in one.hints if not hint.startswith(LOOK_AROUND))
                self.found[index] = replace(one, hints=(*hints, *kept), fixes=(*fixes, *one.fixes))

    def soften(self, since: int, codes: Iterable[str], code: str) -> bool:
        """Make notices of the diagnostics of these codes that came since there were so many: whether there are any."""
        places = [index for index in range(since, len(self.found)) if self.found[index].code in codes]
        for index in places:
            self.found[index] = replace(self.found[index], code=code, fixes=())
        return bool(places)

    def take_back(self, since: int, code: str) -> None:
        """Say nothing of this code that came since there were so many: something else is said in its place."""
        self.found[since:] = [one for one in self.found[since:] if one.code != code]

    @property
    def has_errors(self) -> bool:
        return self.unreadable or any(d.is_error for d in self.found)


def rewrite(span: Span, text: str, title: str | None = None) -> tuple[Fix, ...]:
    """The fix that writes `text` at a place; none if the place is nowhere."""
    return () if span == NOWHERE else (Fix(title or f"write {code_of(text)}", (Edit(span, text),)),)


def rewrites(span: Span, texts: Iterable[str]) -> tuple[Fix, ...]:
    """One such fix for each text."""
    return tuple(fix for text in texts for fix in rewrite(span, text))


def insertion(offset_after: Span, text: str, title: str) -> tuple[Fix, ...]:
    """The fix that puts `text` right behind a place."""
    end = Span(offset_after.end, offset_after.end)
    return () if offset_after == NOWHERE else (Fix(title, (Edit(end, text),)),)
