"""What the language says of a word, as Markdown: in a menu, and under the pointer."""

from __future__ import annotations

from runql.language.entry import Entry, Function
from runql.text.markdown import block, code

LANGUAGE = "rql"
"""What editors call the language of a fence."""


def entry_markdown(entry: Entry | Function) -> str:
    """The form, the sentence, and the example."""
    return f"{block(entry.form, LANGUAGE)}\n\n{entry.doc}\n\n{code(entry.example)}"
