"""Refusals of a document: which coordinates of W&B's schema a server turns out to lack, whatever its types are called.

Every implementation of GraphQL has its own words for the same refusals. Where the words are of no known kind, the
place in the document tells what was refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from runql.sources.wandb.schema.documents import GraphqlDocument
from runql.text.frozen import frozen


@frozen
class Said:
    """One error of a server. `line`: where in the document, counted from one, if it says so. `is_refusal`: it says
    that the document is not valid, whatever its words. `path`: where in the answer."""

    message: str
    line: int | None = None
    is_refusal: bool = False
    path: tuple[str | int, ...] = ()


@frozen
class Learned:
    """What some refusals tell. `types`: of a variable, as the server wants it."""

    lacks: frozenset[str] = frozenset()
    types: frozenset[tuple[str, str]] = frozenset()


_QUOTE = r"[\"'`]?"


def _pattern(text: str) -> re.Pattern[str]:
    """`<field>` stands for a name, `<<type>>` for a type with its brackets, both in quotes or not."""
    spelled = re.sub(r"<<(\w+)>>", rf"{_QUOTE}(?P<\1>[\\[\\]!\\w]+){_QUOTE}", text)
    return re.compile(re.sub(r"(?<!P)<(\w+)>", rf"{_QUOTE}\\$?(?P<\1>\\w+){_QUOTE}", spelled), re.I)


_FIELDS: Final = (
    _pattern(r"cannot query field <field> on (?:object )?type <type>"),
    _pattern(r"unknown field <field> on type <type>"),
    _pattern(r"field <field> (?:doesn't|does not) exist on type <type>"),
    _pattern(r"field <field> in type <type> is undefined"),
    _pattern(r"the field <field> does not exist on the type <type>"),
    _pattern(r"field <field> not found in type:? <type>"),
    _pattern(r"field <field> (?:of type \S+ )?must (?:not )?have a (?:selection|sub ?selection)"),
)
_ARGUMENTS: Final = (
    _pattern(r"unknown (?:field )?argument <argument> on field [\"'`](?P<type>\w+)\.(?P<field>\w+)"),
    _pattern(r"unknown (?:field )?argument <argument> on field <field>(?: (?:of|on) type <type>)?"),
    _pattern(r"field <field> (?:doesn't|does not) accept argument <argument>"),
    _pattern(r"<field> has no argument named <argument>"),
    _pattern(r"unknown (?:field )?argument <argument>"),
    _pattern(r"the argument <argument> does not exist"),
)
_POSITIONS: Final = (
    _pattern(r"variable <name> of type \S+ used in position expecting type <<type>>"),
    _pattern(r"(?:type|nullability) mismatch on variable <name> and argument \w+ \(\S+ / <<type>>\)"),
)
_UNKNOWN_TYPES: Final = (
    _pattern(r"unknown type <type>"),
    _pattern(r"<type> isn't a defined input type"),
)
_CODES: Final = re.compile(r"GRAPHQL_VALIDATION_FAILED|undefinedField|argumentNotAccepted|validation-failed", re.I)
_NOT_ITSELF: Final = re.compile(r"never used|declared by .* but not used|is not used", re.I)
"""What follows from another refusal, and so tells nothing."""

_SIMPLER: Final = {"Int64": "Int", "JSONString": "String", "DateTime": "String", "JSON": "String"}
"""Scalars of W&B's, and what a server that has none of that name may have."""

KINDS: Final = re.compile(
    "|".join(
        (
            r"cannot query field",
            r"(?:unknown|undefined) (?:field|type|argument|field argument)\b",
            r"(?:doesn't|does not) (?:exist on|accept argument)",
            r"in type \S+ is undefined",
            r"not found in type",
            r"has no argument named|the argument \S+ does not exist",
            r"used in position expecting|mismatch on variable",
            r"isn't a defined input type",
            r"must (?:not )?have a (?:sub ?)?selection",
            r"is required, but it was not provided",
        )
    ),
    re.I,
)
"""Words by which an error is known to refuse a document for what it asks."""


def read_refusals(errors: Iterable[Said], document: GraphqlDocument) -> Learned:
    """What the refusals of a document tell of the server."""
    lacks: set[str] = set()
    types: set[tuple[str, str]] = set()
    for error in errors:
        if _NOT_ITSELF.search(error.message):
            continue
        types |= set(_types(error.message, document))
        lacks |= _lacking(error, document)
    return Learned(frozenset(lacks), frozenset(types))


def _types(message: str, document: GraphqlDocument) -> Iterator[tuple[str, str]]:
    for pattern in _POSITIONS:
        for found in pattern.finditer(message):
            yield found["name"], found["type"]
    for pattern in _UNKNOWN_TYPES:
        for found in pattern.finditer(message):
            if found["type"] in _SIMPLER:
                declared = re.findall(rf"\$(\w+): (\S*\b{found['type']}\b\S*)", document.text)
                yield from ((name, text.replace(found["type"], _SIMPLER[found["type"]])) for name, text in declared)


def _lacking(error: Said, document: GraphqlDocument) -> set[str]:
    """The coordinates that an error names, or else what stands where it points."""
    found: set[str] = set()
    is_known = any(pattern.search(error.message) for pattern in (*_POSITIONS, *_UNKNOWN_TYPES))
    for pattern in _FIELDS:
        for match in pattern.finditer(error.message):
            is_known = True
            found |= _meant(match["field"], None, match.groupdict().get("type"), error.line, document)
    for pattern in _ARGUMENTS:
        for match in pattern.finditer(error.message) if not found else ():
            is_known = True
            named = match.groupdict()
            found |= _meant(named.get("field"), named["argument"], named.get("type"), error.line, document)
    if not found and not is_known and error.line is not None and (at := document.at_line(error.line)):
        found.add(at)
    return found


def _meant(
    field: str | None, argument: str | None, kind: str | None, line: int | None, document: GraphqlDocument
) -> set[str]:
    """The coordinates of the document that are meant by a member of a type of the server's."""
    suits = [each for each in document.coordinates if _suits(each, field, argument)]
    if argument is None:
        suits = list(dict.fromkeys(each.partition("(")[0] for each in suits))
    exact = {each for each in suits if kind is not None and each.startswith(f"{kind}.")}
    if exact:
        return exact
    here = document.at_line(line) if line is not None else None
    if here is not None:
        # An argument stands on the line of its field where both are asked for together.
        near = {here} if here in suits else {each for each in suits if each.partition("(")[0] == here.partition("(")[0]}
        if near:
            return near
    if len(suits) > 1 and kind is not None:
        likeness = {each: _likeness(each.partition(".")[0], kind) for each in suits}
        best = max(likeness.values())
        return {each for each in suits if likeness[each] == best}
    return set(suits)


def _suits(coordinate: str, field: str | None, argument: str | None) -> bool:
    owner, _, asked = coordinate.rstrip(")").partition("(")
    if field is not None and owner.rpartition(".")[2] != field:
        return False
    return argument is None or asked == argument


def _likeness(ours: str, theirs: str) -> int:
    """How much of a type's name stands in the name of another."""
    return len(ours) if ours.lower() in theirs.lower() else 0


def said_in(document: Any) -> tuple[Said, ...]:
    """The errors of an answer with their places, in any of the shapes that servers give."""
    errors = document.get("errors") if isinstance(document, Mapping) else None
    found = errors if isinstance(errors, list) else [] if errors is None else [errors]
    return tuple(_one(error) for error in found if error is not None)


def _one(error: Any) -> Said:
    if not isinstance(error, Mapping):
        return Said(str(error))
    places = error.get("locations")
    first = places[0] if isinstance(places, list) and places else None
    line = first.get("line") if isinstance(first, Mapping) else None
    is_line = isinstance(line, int) and not isinstance(line, bool)
    more = error.get("extensions")
    code = str(more.get("code")) if isinstance(more, Mapping) else ""
    path = error.get("path")
    steps = tuple(step for step in path if isinstance(step, str | int)) if isinstance(path, list) else ()
    return Said(str(error.get("message", error)), line if is_line else None, bool(_CODES.search(code)), steps)
