"""What of an entry may be written to the history: nothing that is secret."""

from __future__ import annotations

import re
from typing import Final

_KEY: Final = re.compile(
    r"(?<![\w-])(?:[a-z]+-)?[0-9a-f]{40}(?![\w-])"  # what W&B gave for years, that of a server of one's own included
    r"|wandb_v\d+_\w{20,}"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*",  # a signed token
    re.ASCII | re.IGNORECASE,
)
STRUCK_OUT: Final = "…"
_TYPE: Final = "secret"


def without_secrets(text: str) -> str:
    """A text without keys of W&B, and without the values of parameters that it declares to be secret.

    `param token: secret = "abc"` becomes `param token: secret`; wherever else the value stands, it is struck out.
    """
    if _TYPE in text:
        text = _without_declared(text)
    return _KEY.sub(STRUCK_OUT, text)


def _without_declared(text: str) -> str:
    from runql.syntax import parse, tree
    from runql.syntax.stage_tree import ParamStatement

    values: list[str] = []
    cuts: list[tuple[int, int]] = []
    for statement in parse(text).script.statements:
        if isinstance(statement, ParamStatement) and statement.type_name == _TYPE and statement.default is not None:
            span = statement.default.span
            start = text.rindex("=", statement.span.start, span.start)
            cuts.append((len(text[:start].rstrip()), max(span.end, statement.span.end)))
            if isinstance(statement.default, tree.Literal):
                values.append(str(statement.default.value))
    for start, end in reversed(cuts):
        text = text[:start] + text[end:]
    for value in values:
        text = text.replace(value, STRUCK_OUT) if value else text
    return text
