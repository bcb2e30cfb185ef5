"""What is said about a text: one code, one place, one sentence, and a way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from enum import StrEnum

from runql.text.codes import CODES
from runql.text.frozen import frozen
from runql.text.hidden import SecretText, struck
from runql.text.source import NOWHERE, Span


class Severity(StrEnum):
    """How much a diagnostic matters: an error stops the query, the others come with its answer."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@frozen
class Edit:
    """Replace the characters of `span` with `text`."""

    span: Span
    text: str


@frozen
class Fix:
    """A change of the text that a tool can apply, and its name in a menu."""

    title: str
    edits: tuple[Edit, ...]


@frozen
class Label:
    """A second place that belongs to a diagnostic, such as the first of two equal clauses."""

    span: Span
    text: str


@frozen
class Diagnostic:
    """One thing to say. `message` stands alone: lower case, no full stop, names in backticks.

    `hints` are further lines (`nearest: …`), `expected` the words that could stand there. `count` is how many rows it
    speaks of, for one that each run may have and that a whole answer sums up.

    One that tells of a file or a run, and not of the question, has the names of these in `names`, and in `many` the
    sentence for several, with `{n}` for their number: see `folded`.
    """

    code: str
    message: str
    span: Span = NOWHERE
    hints: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    labels: tuple[Label, ...] = ()
    expected: tuple[str, ...] = ()
    source_name: str | None = field(default=None, compare=False)
    count: int = field(default=0, compare=False)
    names: tuple[str, ...] = field(default=(), compare=False)
    many: str = field(default="", compare=False)

    @property
    def severity(self) -> Severity:
        return Severity(CODES[self.code].severity)

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def without_secrets(found: Iterable[Diagnostic], secrets: Sequence[SecretText]) -> Iterable[Diagnostic]:
    """The diagnostics in which no secret is said; a fix that would write one is left out."""
    return [_without(one, secrets) for one in found] if secrets else found


def _without(one: Diagnostic, secrets: Sequence[SecretText]) -> Diagnostic:
    def clean(text: str) -> str:
        return struck(text, secrets)

    fixes = (fix for fix in one.fixes if all(edit.text == clean(edit.text) for edit in fix.edits))
    return replace(
        one,
        message=clean(one.message),
        hints=tuple(map(clean, one.hints)),
        fixes=tuple(replace(fix, title=clean(fix.title)) for fix in fixes),
        labels=tuple(replace(label, text=clean(label.text)) for label in one.labels),
        many=clean(one.many),
    )


def folded(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics, those that tell the same of several files or runs as one, where the first of them stood."""
    alike: dict[tuple[str, str], list[Diagnostic]] = {}
    result: list[Diagnostic | tuple[str, str]] = []
    for one in found:
        if not one.many:
            result.append(one)
            continue
        key = (one.code, one.many)
        if key not in alike:
            result.append(key)
        alike.setdefault(key, []).append(one)
    return tuple(_as_one(alike[one]) if isinstance(one, tuple) else one for one in result)


def _as_one(alike: list[Diagnostic]) -> Diagnostic:
    first = alike[0]
    names = tuple(dict.fromkeys(name for one in alike for name in one.names))
    if len(names) < 2:
        return first
    hints = first.hints if all(one.hints == first.hints for one in alike) else ()
    return replace(first, message=first.many.replace("{n}", f"{len(names):,}"), hints=hints, names=names)


def without_echoes(found: Iterable[Diagnostic], wrong: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """What was found of a text, without what only repeats, of the same place, that it cannot be read."""
    places = [one.span for one in wrong if one.is_error and one.span.start < one.span.end]
    for one in found:
        if not any(place.start < one.span.end and one.span.start < place.end for place in places):
            yield one
