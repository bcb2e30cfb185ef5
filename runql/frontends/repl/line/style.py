"""How the prompt looks: in the terminal's own colours, on a dark or a light ground, or without any."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from prompt_toolkit.styles import Style

if TYPE_CHECKING:
    from runql.ide.palette import Paint

_FORMS: Final[Mapping[str, str]] = {
    "prompt": "bold",
    "continuation": "",
    "wrong": "underline",
    "doubtful": "underline",
    "suggestion": "italic",
    "matching-bracket.cursor": "bold underline",
    "matching-bracket.other": "bold underline",
    "bottom-toolbar": "noreverse",
    "toolbar.error": "bold",
    "toolbar.count": "bold",
    "toolbar.active": "bold underline",
    "completion-menu.match": "bold underline",
    "completion-menu.completion.current": "reverse",
    "completion-menu.meta.completion.current": "reverse",
    "completion-menu": "noreverse",
    "search-toolbar": "bold",
    "aborting": "",
    "exiting": "",
}
"""What holds without colours too."""

_COLORS: Final[Mapping[str, tuple[str, str, str]]] = {
    # in the colours of the terminal, on a dark ground, on a light ground
    "command": ("ansimagenta", "#c971ed", "#942db8"),
    "prompt": ("ansigreen", "#8fc97f", "#2f7a24"),
    "continuation": ("ansibrightblack", "#7c859b", "#757d8c"),
    "suggestion": ("ansibrightblack", "#6c7489", "#8b93a1"),
    "aborting": ("ansibrightblack", "#7c859b", "#757d8c"),
    "wrong": ("ansired", "#f0767a", "#b4232a"),
    "doubtful": ("ansiyellow", "#e5b567", "#8f5f00"),
    "toolbar.error": ("ansired", "#f0767a", "#b4232a"),
    "toolbar.warning": ("ansiyellow", "#e5b567", "#8f5f00"),
    "toolbar.quiet": ("ansibrightblack", "#8b93a7", "#6a7280"),
    "toolbar.active": ("ansicyan", "#62c3c8", "#0f6f76"),
    "completion-menu.match": ("ansicyan", "#62c3c8", "#0f6f76"),
}

_GROUNDS: Final[Mapping[str, Mapping[str, str]]] = {
    "auto": {
        "completion-menu": "bg:default fg:default",
        "completion-menu.meta.completion": "bg:default fg:ansibrightblack",
        "completion-menu.meta.completion.current": "bg:default fg:default",
        "scrollbar.background": "bg:ansibrightblack",
        "scrollbar.button": "bg:ansiwhite",
    },
    "dark": {
        "completion-menu": "bg:#2a2f3c fg:#d6dae4",
        "completion-menu.meta.completion": "bg:#2a2f3c fg:#8b93a7",
        "completion-menu.completion.current": "noreverse bg:#46506a fg:#ffffff",
        "completion-menu.meta.completion.current": "noreverse bg:#46506a fg:#d6dae4",
        "scrollbar.background": "bg:#363c4b",
        "scrollbar.button": "bg:#6c7489",
    },
    "light": {
        "completion-menu": "bg:#eceff4 fg:#20242c",
        "completion-menu.meta.completion": "bg:#eceff4 fg:#6a7280",
        "completion-menu.completion.current": "noreverse bg:#c9d6ef fg:#000000",
        "completion-menu.meta.completion.current": "noreverse bg:#c9d6ef fg:#20242c",
        "scrollbar.background": "bg:#d9dde5",
        "scrollbar.button": "bg:#8b93a1",
    },
}


@cache
def style_of(name: str, *, with_language: bool = True) -> Style:
    """The style of a setting: `auto`, `dark`, `light` or `none`.

    `with_language`: with the colours of the language, whose palette is only loaded behind the first prompt.
    """
    plain = [(key, form) for key, form in _FORMS.items() if form]
    if name == "none":
        grounds = {"completion-menu": "bg:default fg:default", "completion-menu.meta.completion": "bg:default"}
        return Style([*plain, *grounds.items()])
    column = list(_GROUNDS).index(name)
    colors = [(key, f"fg:{shades[column]}") for key, shades in _COLORS.items()]
    language = _language(name) if with_language else []
    return Style([*language, *_GROUNDS[name].items(), *colors, *plain])


def _language(name: str) -> list[tuple[str, str]]:
    from runql.ide.palette import DARK, LIGHT, TERMINAL

    palette = {"auto": TERMINAL, "dark": DARK, "light": LIGHT}[name]
    return [(str(shade), _written(look)) for shade, look in palette.looks.items()]


def _written(look: Paint) -> str:
    color = look.color if look.color.startswith("#") else f"ansi{look.color.replace('_', '')}"
    forms = {"bold": look.bold, "italic": look.italic, "underline": look.underline}
    return " ".join([*([f"fg:{color}"] if look.color else []), *(form for form, holds in forms.items() if holds)])
