"""What a magic was called with."""

from __future__ import annotations

import re

from runql.errors import wrong_call
from runql.text.frozen import frozen

_OPTION = re.compile(r"""\s*(?P<name>-\w+|--[\w-]+)(?:(?:\s+|=)(?P<value>"[^"]*"|'[^']*'|[^\s'"]+))?""")
_SOURCE = frozenset({"-s", "--source"})


@frozen
class MagicCall:
    """What a magic was called with; `start` is where the rest of its line begins, in characters."""

    source: str | None
    rest: str
    start: int


def called(line: str) -> MagicCall:
    """Read the options at the front of a magic's line. Raises `RunQLError` for one that there is not."""
    source, at = None, 0
    while (found := _OPTION.match(line, at)) is not None:
        name, value = found["name"], found["value"]
        if name not in _SOURCE:
            raise wrong_call(f"`%rql` has no option `{name}`", "it has `-s SOURCE`")
        if value is None:
            raise wrong_call(f"`{name}` wants the name of a source", "such as `%rql -s demo`")
        source, at = value.strip("\"'"), found.end()
    rest = line[at:]
    return MagicCall(source, rest.strip(), at + len(rest) - len(rest.lstrip()))
