"""How the prompt looks: in the terminal's own colours, on a dark or a light ground, or without any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prompt_toolkit.styles import Style

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

_SHADES: Final[Mapping[str, tuple[str, str, str]]] = {
    # shade: in the colours of the terminal, on a dark ground, on a light ground
    "keyword": ("ansiblue", "#7aa8ff", "#0b4fc4"),
    "statement": ("ansiblue", "#7aa8ff", "#0b4fc4"),
    "stage": ("ansimagenta", "#c792ea", "#7b30b0"),
    "command": ("ansimagenta", "#c792ea", "#7b30b0"),
    "constant": ("ansicyan", "#62c3c8", "#0f6f76"),
    "function": ("ansimagenta", "#c792ea", "#7b30b0"),
    "namespace": ("ansibrightblack", "#8b93a7", "#6a7280"),
    "metric": ("", "", ""),
    "number": ("ansicyan", "#62c3c8", "#0f6f76"),
    "string": ("ansigreen", "#8fc97f", "#2f7a24"),
    "regex": ("ansigreen", "#8fc97f", "#2f7a24"),
    "time": ("ansicyan", "#62c3c8", "#0f6f76"),
    "parameter": ("ansiyellow", "#e5b567", "#8f5f00"),
    "source": ("ansigreen", "#8fc97f", "#2f7a24"),
    "comment": ("ansibrightblack", "#7c859b", "#757d8c"),
    "error": ("ansired", "#f0767a", "#b4232a"),
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


def style_of(name: str) -> Style:
    """The style of a setting: `auto`, `dark`, `light` or `none`."""
    plain = [(key, form) for key, form in _FORMS.items() if form]
    if name == "none":
        grounds = {"completion-menu": "bg:default fg:default", "completion-menu.meta.completion": "bg:default"}
        return Style([*plain, *grounds.items()])
    column = list(_GROUNDS).index(name)
    colors = [(key, f"fg:{shades[column]}") for key, shades in _SHADES.items() if shades[column]]
    return Style([*_GROUNDS[name].items(), *colors, *plain])
