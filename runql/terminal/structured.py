"""Diagnostics as JSON, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from runql.text.diagnostic import Diagnostic
from runql.text.source import NOWHERE, Source


def errors_json(diagnostics: Iterable[Diagnostic], source: Source | None) -> str:
    """Diagnostics as a JSON array: code, severity, message, place, what was expected, fixes as edits of the text."""
    return json.dumps([_diagnostic(one, source) for one in diagnostics], ensure_ascii=False, indent=2)


def _diagnostic(one: Diagnostic, source: Source | None) -> dict[str, Any]:
    has_place = source is not None and one.span != NOWHERE
    line, column = source.line_column(one.span.start) if source is not None and has_place else (None, None)
    return {
        "code": one.code,
        "severity": str(one.severity),
        "message": one.message,
        "source": source.name if source is not None else one.source_name,
        "span": [one.span.start, one.span.end] if has_place else None,
        "line": line,
        "column": column,
        "expected": list(one.expected),
        "hints": list(one.hints),
        "fixes": [
            {
                "title": fix.title,
                "edits": [{"span": [edit.span.start, edit.span.end], "text": edit.text} for edit in fix.edits],
            }
            for fix in one.fixes
        ],
    }
