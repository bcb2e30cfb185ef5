"""The files of this folder that are made from the language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from editors.generate import emacs, embedded, textmate, vim

FOLDER = Path(__file__).resolve().parents[1]


def files() -> dict[str, str]:
    """Each file, by its path in `editors/`, and what must be in it."""
    return {
        "vscode/syntaxes/rql.tmLanguage.json": _json(textmate.grammar()),
        "vscode/syntaxes/rql-markdown.tmLanguage.json": _json(embedded.markdown()),
        "vscode/syntaxes/rql-python.tmLanguage.json": _json(embedded.python()),
        "vim/syntax/rql.vim": vim.syntax(),
        "emacs/rql-words.el": emacs.words(),
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
