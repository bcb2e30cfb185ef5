"""The door through which every fix goes before it is offered: it is applied, and what comes of it is read and checked.

A fix is proven if the text that it makes has no error but those that the text had before, without the one that it puts
right. The first fixes of all that is wrong are proven together, so that they may be applied together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto
from functools import cached_property
from itertools import pairwise
from typing import Final, TypeAlias

from runql.text.diagnostic import Diagnostic, Edit, Fix, Severity
from runql.text.source import Span

ErrorsOf: TypeAlias = Callable[[str], Iterable[Diagnostic] | None]
"""What is wrong with a text; `None` if too much was looked at already."""

Unproven: TypeAlias = dict[Diagnostic, tuple[Fix, ...]]
"""Diagnostics, each with those of its fixes that do not hold."""

_MOST: Final = 80
_BEHIND: Final = re.compile(r", (?:not `|but the text ends)")
_OF_NAMES: Final = frozenset({"RQL201", "RQL202", "RQL207", "RQL208", "RQL214", "RQL217", "RQL218", "RQL219", "RQL220"})
_NO_FUNCTION: Final = ("no function ", "no aggregate ")
_SYNTAX: Final = "RQL1"
_JOINT: Final = re.compile(r"(?i)[,;|]|\b(?:and|or|where|order|limit|keys|select|group|derive|from|sample|scan)\b")
_NEAREST: Final = "nearest: "
_ITEM: Final = re.compile(r"(?:`` (?P<long>.+?) ``|`(?P<short>[^`]*)`)(?: \([^)]*\))?")


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits made, from the last place to the first."""
    for edit in sorted(edits, key=lambda one: (one.span.start, one.span.end), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def are_apart(edits: Sequence[Edit]) -> bool:
    """Whether no two edits touch one place, so that their order does not matter."""
    ordered = sorted(edits, key=lambda one: (one.span.start, one.span.end))
    pairs = pairwise(ordered)
    return all(a.span.end <= b.span.start and a.span != b.span for a, b in pairs)


class Verdict(Enum):
    """What comes of a fix: a right text; one that keeps an unknown name beside it; one that makes such a name; one that
    lacks something; a wrong one.
    """

    HOLDS = auto()
    UNKNOWN = auto()
    MISNAMES = auto()
    LACKS = auto()
    WRONG = auto()


_RIGHT: Final = (Verdict.HOLDS, Verdict.UNKNOWN)
_UNSURE: Final = (Verdict.LACKS, Verdict.UNKNOWN, Verdict.MISNAMES)


class Proof:
    """The proof of the fixes of one text."""

    def __init__(self, text: str, found: Iterable[Diagnostic], errors_of: ErrorsOf) -> None:
        self._text = text
        self._errors_of = errors_of
        self.lacking: set[Diagnostic] = set()
        """Those of which a fix is not wrong, but no text for it to be offered either."""
        self.nearest: dict[Diagnostic, tuple[str, ...]] = {}
        """Where each way to read a text makes a name of it that is none: the names that are near."""
        self._seen: dict[str, tuple[Diagnostic, ...]] = {}
        self._is_spent = False
        """Whether so many texts were looked at that no other one is."""
        # A notice says how a text was read: what it offers is that, written out.
        self._found = [one for one in dict.fromkeys(found) if one.fixes and one.severity is not Severity.NOTICE]

    @cached_property
    def unproven(self) -> Unproven:
        """The fixes that do not hold."""
        firsts = self._firsts([one for one in self._found if one.is_error])
        wrong: Unproven = {}
        together = self._verdict(firsts) if firsts else Verdict.WRONG
        for one in self._found:
            # With the others, the first fix of one of them is all of them: that is judged once.
            verdicts = {
                fix: together if fix == firsts.get(one) else self._verdict({**firsts, one: fix}) for fix in one.fixes
            }
            bad = [fix for fix in one.fixes if verdicts[fix] not in _RIGHT and fix != firsts.get(one)]
            if Verdict.HOLDS in verdicts.values():
                # Of several, one that names what is there is better than one that does not.
                bad = [fix for fix in one.fixes if verdicts[fix] is not Verdict.HOLDS]
            elif Verdict.MISNAMES in verdicts.values():
                # Of several readings none names what is there: none is offered, and what is near is said.
                bad = list(one.fixes)
                self.nearest[one] = tuple(self._names_near(bad))
            if bad:
                wrong[one] = tuple(bad)
            unsure = _UNSURE if Verdict.HOLDS not in verdicts.values() else (Verdict.LACKS, Verdict.UNKNOWN)
            if any(verdicts[fix] in unsure for fix in bad) and not self.nearest.get(one):
                self.lacking.add(one)
        return wrong

    def _firsts(self, errors: Sequence[Diagnostic]) -> dict[Diagnostic, Fix]:
        """The first fix of each error, as far as they hold together."""
        wanted = {one: one.fixes[0] for one in errors}
        if not wanted or self._holds(wanted):
            return wanted
        if len(wanted) == 1:
            return {}
        for one in wanted if len(wanted) < _MOST else ():
            without = {other: fix for other, fix in wanted.items() if other is not one}
            if self._is_spent:
                return {}
            if self._holds(without):
                return without
        kept: dict[Diagnostic, Fix] = {}
        for one, fix in wanted.items():
            if self._is_spent:
                break
            if self._holds({**kept, one: fix}):
                kept[one] = fix
        return kept

    def _holds(self, fixes: dict[Diagnostic, Fix]) -> bool:
        return self._verdict(fixes) in _RIGHT

    def _verdict(self, fixes: dict[Diagnostic, Fix]) -> Verdict:
        if self._is_spent:
            return Verdict.WRONG
        edits = [edit for fix in fixes.values() for edit in fix.edits]
        if not are_apart(edits) or not all(keeps_denials(self._text, fix) for fix in fixes.values()):
            return Verdict.WRONG
        made = applied(self._text, edits)
        before, after = self._errors(self._text), self._errors(made)
        if before is None or after is None or made == self._text:
            return Verdict.WRONG
        gone = Counter(_said(one) for one in fixes if one.is_error)
        if new := _count(after) - (_count(before) - gone):
            added = [one for one in after if _said(one) in new]
            beside = [one for one in added if _is_beside(one.span, _places(edits), made)]
            return Verdict.MISNAMES if beside == added and all(map(is_of_name, added)) else Verdict.WRONG
        near = [one for one in after if _is_beside(one.span, _places(edits), made)]
        beside = [one for one in near if not is_of_name(one)]
        if not beside:
            return Verdict.UNKNOWN if near else Verdict.HOLDS
        return Verdict.LACKS if all(one.code.startswith(_SYNTAX) for one in beside) else Verdict.WRONG

    def _names_near(self, fixes: Iterable[Fix]) -> Iterator[str]:
        """What is said to be near of the names that fixes make, once each."""
        hints: dict[str, None] = {}
        for fix in fixes:
            made = applied(self._text, fix.edits)
            for one in self._errors(made) or ():
                if is_of_name(one) and _is_beside(one.span, _places(fix.edits), made):
                    hints.update(dict.fromkeys(hint for hint in one.hints if hint.startswith(_NEAREST)))
        yield from hints

    def _errors(self, text: str) -> tuple[Diagnostic, ...] | None:
        """The errors of a text; none if too many texts were looked at: what is not proven does not hold."""
        if text not in self._seen:
            found = None if len(self._seen) >= _MOST else self._errors_of(text)
            if found is None:
                self._is_spent = True
                return None
            self._seen[text] = tuple(dict.fromkeys(one for one in found if one.is_error))
        return self._seen[text]


def _count(errors: Iterable[Diagnostic]) -> Counter[str]:
    return Counter(map(_said, errors))


def _places(edits: Iterable[Edit]) -> list[Span]:
    """Where edits stand in the text that they make."""
    places, moved = [], 0
    for edit in sorted(edits, key=lambda one: (one.span.start, one.span.end)):
        start = edit.span.start + moved
        if edit.text.strip() != ";":
            places.append(Span(start, start + len(edit.text)))
        moved += len(edit.text) - (edit.span.end - edit.span.start)
    return places


def _is_beside(span: Span, places: Iterable[Span], text: str) -> bool:
    """Whether an error stands in the term that a fix was made in, so that the fix may have made it."""
    if text[span.start : span.end] in {";", "|", ","}:
        return False
    for place in places:
        low, high = sorted((span, place), key=lambda one: one.start)
        if not _JOINT.search(text[low.end : high.start]):
            return True
    return False


def is_of_name(one: Diagnostic) -> bool:
    """Whether an error is about a name that is none, whatever stands around it."""
    return one.code in _OF_NAMES or one.message.startswith(_NO_FUNCTION)


def _said(one: Diagnostic) -> str:
    """What is said, without what happens to stand behind the place."""
    return _BEHIND.split(one.message)[0]


def without(found: Iterable[Diagnostic], proof: Proof) -> tuple[Diagnostic, ...]:
    """Diagnostics without fixes that do not hold, and without the hints that write out wrong ones."""
    unproven = proof.unproven
    return tuple(
        _stripped(one, unproven[one], one in proof.lacking, proof.nearest.get(one, ())) if one in unproven else one
        for one in found
    )


def proven(text: str, found: Iterable[Diagnostic], errors_of: ErrorsOf) -> tuple[Diagnostic, ...]:
    """What was found of a text, with those fixes that hold."""
    kept = tuple(found)
    return without(kept, Proof(text, kept, errors_of))


def _stripped(one: Diagnostic, bad: tuple[Fix, ...], is_lacking: bool, nearest: tuple[str, ...]) -> Diagnostic:
    fixes = tuple(fix for fix in one.fixes if fix not in bad)
    if is_lacking:
        return replace(one, fixes=fixes)
    good = {edit.text.strip() for fix in fixes for edit in fix.edits}
    wrong = {edit.text.strip() for fix in bad for edit in fix.edits} - good - {""}
    hints = (_hint_without(hint, wrong) for hint in one.hints)
    return replace(one, fixes=fixes, hints=(*(hint for hint in hints if hint), *nearest))


def _hint_without(hint: str, wrong: set[str]) -> str:
    """A hint without the texts that do not hold; nothing if it is about such a text."""
    items = list(_ITEM.finditer(hint))
    bad = [item for item in items if (item["long"] or item["short"] or "").strip() in wrong]
    if not bad:
        return hint
    kept = [item[0] for item in items if item not in bad]
    return _NEAREST + ", ".join(kept) if hint.startswith(_NEAREST) and kept else ""


_STRINGS: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""")
_DENIALS: Final = re.compile(
    r"""!=|<>|!|≠|¬|∉
    |\bjoin\s+anti\b
    |\bdistinct\s+from\b
    |\b(?:not|isnt|hasnt|doesnt|isnot|hasnot|notin|nin|ne|neq|missing|absent|without|except|never|unlike)\b
    |\bnot_?(?=in\b|null|na\b|nan\b|contains|has\b|between|like|exists|empty|finite|equals?\b|startswith|endswith)
    |\b(?:is|has|does|do|are|was)n['’]?t\b""",
    re.IGNORECASE | re.VERBOSE,
)

_UNTAGGED: Final = re.compile(r"\buntagged\b")
"""A denial where it is put in the place of one, as of `without tags`; written twice it is a word too many."""
_OTHER_WORDS: Final = re.compile(r"\w")


def denials(text: str) -> int:
    """How many words and signs of a piece of a query deny; what stands in quotes says nothing."""
    return len(_DENIALS.findall(_STRINGS.sub('""', text)))


def keeps_denials(text: str, fix: Fix) -> bool:
    """Whether a fix that takes out a denial puts another one in; two that go together deny nothing.

    What is left out as a whole, such as the second of two equal clauses, says by its name that it goes.
    """
    before = after = 0
    for edit in fix.edits:
        gone = text[edit.span.start : edit.span.end]
        if edit.text or not _OTHER_WORDS.search(_DENIALS.sub(" ", gone)):
            before += denials(gone)
            after += denials(edit.text) + len(_UNTAGGED.findall(edit.text))
    return before % 2 == 0 or after > 0
