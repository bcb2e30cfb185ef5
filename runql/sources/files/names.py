"""Names of files and reasons of the system, as messages show them."""

from __future__ import annotations


def printable(text: str) -> str:
    """A name without anything that a terminal would take for a command."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def reason(problem: OSError) -> str:
    """Why the system refused, in lower case."""
    return (problem.strerror or str(problem)).lower()
