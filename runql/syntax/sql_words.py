"""The words of a question in SQL: no parser of SQL, but what is a name there, and what a parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from runql.text.frozen import frozen

_WORD: Final = re.compile(
    r"""
    (?P<skipped>
        --[^\n]* | /\*.*?(?:\*/|\Z)
        | [eE]'(?:\\.|''|[^'\\])*(?:'|\Z) | '(?:''|[^'])*(?:'|\Z)
        | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)
    )
    | "(?P<quoted>(?:""|[^"])*)"
    | \$(?P<parameter>[^\W\d]\w*)
    | (?P<bare>[^\W\d]\w*)
    | \d\w*
    """,
    re.VERBOSE | re.DOTALL,
)


class SqlWordKind(StrEnum):
    """What a word is: a name in double quotes, `$name`, or any other word."""

    QUOTED = "quoted"
    PARAMETER = "parameter"
    BARE = "bare"


@frozen
class SqlWord:
    """A word and where it stands, its quotes or its `$` included."""

    kind: SqlWordKind
    text: str
    start: int
    end: int


def sql_words(question: str) -> Iterator[SqlWord]:
    """The words of a question outside of its texts and comments, in order."""
    for found in _WORD.finditer(question):
        kind = next((one for one in SqlWordKind if found[one] is not None), None)
        if kind is not None:
            text = found[kind].replace('""', '"') if kind is SqlWordKind.QUOTED else found[kind]
            yield SqlWord(kind, text, *found.span())
