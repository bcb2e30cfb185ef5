"""Names of fields that need backticks, found in a text that has them without: `summary.loss (train)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from runql.language.fields import Space
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.check_context import Report, rewrite
from runql.semantic.spelling import code, field_text, path_text
from runql.syntax import tree
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.source import Span

_QUOTED: Final = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`|#[^\n]*""")
_CLAUSE: Final = re.compile(r"(?i)\b(keys|x|where|order|select|derive|group|by|from)\b")
_LEAST: Final = 3


def odd_names(text: str, catalog: Catalog | None) -> tuple[Diagnostic, ...]:
    """Each place of a name that the catalog knows and that lacks its backticks, longest names first."""
    if catalog is None:
        return ()
    hidden = _QUOTED.sub(lambda match: "\0" * len(match[0]), text)
    found: dict[Span, Diagnostic] = {}
    there = [info for info in catalog.oddly_named if info.dotted in hidden]
    for info in sorted(there, key=lambda one: -len(one.dotted)):
        for match in _places(info, hidden):
            span = Span(*match.span())
            one = _said(info, match["space"], span, hidden)
            if one is not None and not any(other.start < span.end and span.start < other.end for other in found):
                found[span] = one
    return tuple(found.values())


def _places(info: FieldInfo, text: str) -> Iterator[re.Match[str]]:
    begin = r"(?<![\w./`])" if info.dotted[0].isalnum() or info.dotted[0] == "_" else r"(?<![./`])"
    end = r"(?![\w`])" if info.dotted[-1].isalnum() or info.dotted[-1] == "_" else ""
    pattern = rf"(?:(?P<space>config|summary|logged)\.{re.escape(info.dotted)}|{begin}{re.escape(info.dotted)}){end}"
    return re.finditer(pattern, text)


def _said(info: FieldInfo, prefix: str | None, span: Span, text: str) -> Diagnostic | None:
    """What to say of a name at a place; nothing where the name of another space stands, or a short one without any."""
    clauses = [match[1].lower() for match in _CLAUSE.finditer(text, 0, span.start)]
    of_histories = bool(clauses) and clauses[-1] in {"keys", "x"}
    if prefix is not None and prefix != info.space:
        return None
    if prefix is None and (len(info.dotted) < _LEAST or of_histories is not (info.space is Space.LOGGED)):
        return None
    bare = info.space is Space.LOGGED and prefix is None
    new = path_text(info.path) if bare else field_text(info.space, info.path)
    message = f"the name `{text[span.start : span.end]}` needs backticks: `` {new} ``"
    return Diagnostic("RQL101", message, span, fixes=(Fix(f"write {new}", (Edit(span, new),)),))


_NUMBER = re.compile(r"\d+(?:\.\d+)?\Z")


def divided(name: str, is_known: Callable[[str], bool]) -> str | None:
    """A name as a division of two names that are known, or of one by a number; `None` if it is none."""
    if "`" in name:
        return None
    for at, char in enumerate(name):
        left, right = name[:at], name[at + 1 :]
        if char == "/" and is_known(left) and (is_known(right) or _NUMBER.match(right)):
            return f"{left} / {right}"
    return None


def of_tags(path: tree.Path, source: str, span: Span, report: Report) -> None:
    """Report `tags[0]`, `tags.x`: the tags are a list, and have no fields."""
    hint = "its elements are asked with `has`, as in `tags has 'x'`; `| unnest tags as tag` gives each a row"
    at = path.segments[-1]
    element = f"element(tags, {at if isinstance(at, int) else 0})"
    fixes = rewrite(span, element) if isinstance(at, int) else ()
    message = f"no field {code(path_text(path.segments))}{source}"
    report.add("RQL201", message, span, hint, f"one of them: {code(element)}", fixes=fixes)
