"""A dark and a light style, from the palettes that the prompt has too; for other languages as well."""

from __future__ import annotations

from typing import ClassVar, Final

from pygments import token
from pygments.style import Style
from pygments.token import _TokenType

from runql.frontends.highlight.lexer import TYPES
from runql.ide.palette import DARK, LIGHT, Paint, Palette
from runql.ide.semantic_tokens import Shade

_ELSEWHERE: Final = {
    token.Comment: Shade.COMMENT,
    token.Keyword.Pseudo: Shade.STAGE,
    token.Name.Builtin: Shade.FUNCTION,
    token.Name.Class: Shade.SOURCE,
    token.Name.Constant: Shade.CONSTANT,
    token.Name.Decorator: Shade.STAGE,
    token.Name.Exception: Shade.SOURCE,
    token.Name.Tag: Shade.KEYWORD,
    token.Operator.Word: Shade.KEYWORD,
    token.String.Escape: Shade.REGEX,
    token.Literal: Shade.NUMBER,
    token.Generic.Deleted: Shade.ERROR,
    token.Generic.Emph: Shade.RUN_FIELD,
    token.Generic.Error: Shade.ERROR,
    token.Generic.Heading: Shade.STATEMENT,
    token.Generic.Inserted: Shade.STRING,
    token.Generic.Output: Shade.TEXT,
    token.Generic.Prompt: Shade.PUNCTUATION,
    token.Generic.Traceback: Shade.TEXT,
}
"""What RunQL has no pieces of, so that a page with other languages is of one look."""


def _written(look: Paint) -> str:
    """A look as Pygments spells it; one type takes nothing over from another."""
    flags = ("bold", "italic", "underline")
    return " ".join(["noinherit", look.color, *(flag for flag in flags if getattr(look, flag))])


def _styles(palette: Palette) -> dict[_TokenType, str]:
    shades = {**_ELSEWHERE, **{kind: shade for shade, kind in TYPES.items()}}
    return {token.Token: palette.ink} | {kind: _written(palette.looks[shade]) for kind, shade in shades.items()}


class RunqlDarkStyle(Style):
    """Light letters on a dark ground."""

    name = "runql-dark"
    background_color = DARK.background
    line_number_color = DARK.looks[Shade.COMMENT].color
    styles: ClassVar[dict[_TokenType, str]] = _styles(DARK)


class RunqlLightStyle(Style):
    """Dark letters on a light ground."""

    name = "runql-light"
    background_color = LIGHT.background
    line_number_color = LIGHT.looks[Shade.COMMENT].color
    styles: ClassVar[dict[_TokenType, str]] = _styles(LIGHT)
