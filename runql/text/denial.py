"""Whether a fix leaves what is denied denied: a word that says `not` is not lost."""

from __future__ import annotations

import re
from typing import Final

from runql.text.diagnostic import Fix

_STRINGS: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""")
_DENIALS: Final = re.compile(
    r"""!=|<>|!|≠|¬|∉
    |\b(?:not|isnt|hasnt|doesnt|isnot|hasnot|notin|nin|ne|neq|missing|absent|without|except|never|unlike)\b
    |\bnot_?(?=in\b|null|na\b|nan\b|contains|has\b|between|like|exists|empty|finite|equals?\b|startswith|endswith)
    |\b(?:is|has|does|do|are|was)n['’]?t\b""",
    re.IGNORECASE | re.VERBOSE,
)

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
            after += denials(edit.text)
    return before % 2 == 0 or after > 0
