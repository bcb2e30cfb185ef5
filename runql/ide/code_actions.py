"""Changes of a text: its canonical form, the fixes of what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from runql.ide.context import Context, Text, parsed
from runql.ide.diagnostics import diagnostics
from runql.syntax.format import format_text
from runql.text.diagnostic import Diagnostic, Edit
from runql.text.frozen import frozen
from runql.text.source import Span


class ActionKind(StrEnum):
    """What an action is for: to put one thing right, to write a right thing more plainly, or to put all right."""

    QUICK_FIX = "quickfix"
    REWRITE = "rewrite"
    FIX_ALL = "fix_all"


@frozen
class CodeAction:
    """A change that is offered. `is_preferred`: it is the only one for what it puts right."""

    title: str
    kind: ActionKind
    edits: tuple[Edit, ...]
    diagnostic: Diagnostic | None = None
    is_preferred: bool = False


def formatting(text: Text) -> tuple[Edit, ...]:
    """What brings a text into canonical form; nothing if it is there already, or has errors."""
    whole = parsed(text)
    written = whole.source.text
    if not whole.ok:
        return ()
    end = "\n" if written.endswith("\n") else ""
    return _difference(written, format_text(whole.source) + end)


def _difference(before: str, after: str) -> tuple[Edit, ...]:
    """The one edit that makes one text of another, no longer than it must be."""
    if before == after:
        return ()
    start = _common(before, after)
    same = _common(before[start:][::-1], after[start:][::-1])
    return (Edit(Span(start, len(before) - same), after[start : len(after) - same]),)


def _common(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return next((index for index, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def code_actions(text: Text, span: Span, context: Context) -> tuple[CodeAction, ...]:
    """What can be done about what is said of a part of a text, errors first; then everything at once."""
    return actions(diagnostics(text, context), span)


def actions(found: Sequence[Diagnostic], span: Span) -> tuple[CodeAction, ...]:
    """The same where the diagnostics of a text are known."""
    touching = [each for each in found if each.span.start <= span.end and span.start <= each.span.end]
    touching.sort(key=lambda each: not each.is_error)
    return (*(action for each in touching for action in _fixes(each)), *_fix_all(found, touching))


def _fixes(diagnostic: Diagnostic) -> Iterator[CodeAction]:
    kind = ActionKind.QUICK_FIX if diagnostic.is_error else ActionKind.REWRITE
    is_only = len(diagnostic.fixes) == 1 and diagnostic.is_error
    for fix in diagnostic.fixes:
        yield CodeAction(fix.title, kind, fix.edits, diagnostic, is_only)


def _fix_all(found: Sequence[Diagnostic], touching: Sequence[Diagnostic]) -> Iterator[CodeAction]:
    """All errors that have one fix, put right together, where that is more than the fix of one."""
    edits, fixed = single_fixes(found)
    if len(fixed) > 1 and any(each in fixed for each in touching):
        yield CodeAction(f"put {len(fixed)} mistakes right", ActionKind.FIX_ALL, edits)


def single_fixes(found: Sequence[Diagnostic]) -> tuple[tuple[Edit, ...], tuple[Diagnostic, ...]]:
    """The edits that put right, together, the errors that have one fix, and these errors."""
    single = [each for each in found if each.is_error and len(each.fixes) == 1]
    edits: list[Edit] = []
    fixed: list[Diagnostic] = []
    for each in single:
        if all(_apart(edit, kept) for edit in each.fixes[0].edits for kept in edits):
            edits.extend(each.fixes[0].edits)
            fixed.append(each)
    return tuple(sorted(edits, key=lambda edit: edit.span)), tuple(fixed)


def _apart(a: Edit, b: Edit) -> bool:
    return a.span.end < b.span.start or b.span.end < a.span.start
