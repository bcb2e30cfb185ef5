"""The words of the language as Emacs Lisp."""

from __future__ import annotations

from collections.abc import Iterable

from editors.generate import words as w
from runql.ide.semantic_tokens import Shade

_HEAD = """\
;;; rql-words.el --- The words of RunQL -*- lexical-binding: t; -*-

;;; Commentary:

;; Made by `python -m editors.generate': change that, not this.

;;; Code:

"""
_TAIL = """
(provide 'rql-words)
;;; rql-words.el ends here
"""


def _constant(name: str, text: str, words: Iterable[str]) -> str:
    spelled = " ".join(f'"{word}"' for word in dict.fromkeys(words))
    lines, line = [], "  '("
    for word in spelled.split():
        if len(line) + len(word) > 78:
            lines.append(line.rstrip())
            line = "    "
        line += f"{word} "
    lines.append(line.rstrip() + ")")
    return f"(defconst {name}\n" + "\n".join(lines) + f'\n  "{text}")\n'


def _of_shade(shade: Shade) -> list[str]:
    return [word for place, words in w.places().items() if place.shade is shade for word in words]


def words() -> str:
    """The whole file."""
    tables = (
        ("rql-words-statements", "Words that begin a statement.", _of_shade(Shade.STATEMENT)),
        ("rql-words-keywords", "Other keywords.", _of_shade(Shade.KEYWORD)),
        ("rql-words-stages", "Words that begin a stage, behind a pipe.", w.stage_words()),
        ("rql-words-constants", "Constants.", [*_of_shade(Shade.CONSTANT), *_of_shade(Shade.TIME)]),
        ("rql-words-functions", "Functions.", w.functions()),
        ("rql-words-namespaces", "What stands before the first dot of a field.", w.namespaces()),
        ("rql-words-run-fields", "Fields that every run has.", w.run_fields()),
        ("rql-words-sources", "Words that a source, or an id, stands behind.", w.source_words()),
    )
    return _HEAD + "\n".join(_constant(*table) for table in tables) + _TAIL
