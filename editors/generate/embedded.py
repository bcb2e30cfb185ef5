"""RunQL inside other languages, for VS Code: fences of Markdown, and strings of Python behind a comment `# rql`."""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]

_RQL: Rule = {"include": "source.rql"}
_NAMES = "(?i:rql|runql)"


def markdown() -> Rule:
    """Fences that begin with ```rql or ```runql; what stands behind the word does not matter."""
    fence = {
        "begin": rf"(^|\G)(\s*)(`{{3,}}|~{{3,}})\s*(?:\{{\s*\.?)?({_NAMES})(?=$|[\s,:{{}}?])([^`]*)$",
        "end": r"(^|\G)(\2|\s{0,3})(\3)\s*$",
        "name": "markup.fenced_code.block.markdown",
        "beginCaptures": {
            "3": {"name": "punctuation.definition.markdown"},
            "4": {"name": "fenced_code.block.language.markdown"},
            "5": {"name": "fenced_code.block.language.attributes.markdown"},
        },
        "endCaptures": {"3": {"name": "punctuation.definition.markdown"}},
        "patterns": [
            {
                "begin": r"(^|\G)(\s*)(.*)",
                "while": r"(^|\G)(?!\s*([`~]{3,})\s*$)",
                "contentName": "meta.embedded.block.rql",
                "patterns": [_RQL],
            }
        ],
    }
    return {
        "name": "RunQL in Markdown",
        "scopeName": "markdown.rql.codeblock",
        "injectionSelector": "L:text.html.markdown",
        "patterns": [{"include": "#fence"}],
        "repository": {"fence": fence},
    }


def python() -> Rule:
    """The string behind a comment `# rql`, on its line or the next ones, up to an empty line."""
    begin = {"1": {"name": "storage.type.string.python"}, "2": {"name": "punctuation.definition.string.begin.python"}}
    end = {"1": {"name": "punctuation.definition.string.end.python"}}

    def string(quote: str, *, is_long: bool) -> Rule:
        return {
            "begin": rf"(?i:\b([rfbu]{{1,2}}))?({quote})",
            "end": f"({quote})" if is_long else f"({quote})|$",
            "name": f"string.quoted.{'docstring' if is_long else 'single'}.python",
            "beginCaptures": begin,
            "endCaptures": end,
            "contentName": "meta.embedded.inline.rql",
            "patterns": [
                {"match": r"\\.", "name": "constant.character.escape.python"},
                {"match": r"\{\{|\}\}", "name": "constant.character.escape.python"},
                {
                    "begin": r"\{",
                    "end": r"\}",
                    "name": "meta.fstring.python",
                    "patterns": [{"include": "source.python#expression"}],
                },
                _RQL,
            ],
        }

    strings = [string(quote * 3, is_long=True) for quote in "\"'"] + [string(quote, is_long=False) for quote in "\"'"]
    # Not all of Python between the comment and its string: a string that begins a line would be a docstring there.
    marked = {
        "begin": rf"(#\s*{_NAMES}\b.*)$",
        "end": r"(?<=[\"'])|^(?=\s*$)",
        "beginCaptures": {"1": {"name": "comment.line.number-sign.python"}},
        "patterns": [{"include": "#string"}, {"include": "source.python#expression"}],
    }
    return {
        "name": "RunQL in Python",
        "scopeName": "python.rql.string",
        "injectionSelector": "L:source.python -string -comment",
        "patterns": [{"include": "#marked"}],
        "repository": {"marked": marked, "string": {"patterns": strings}},
    }
