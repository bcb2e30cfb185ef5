"""Numbers that remember how they were written."""

from __future__ import annotations


class SpelledInt(int):
    """A whole number as it was given to the command: a parameter that is text takes its digits as they stand."""

    text: str


class SpelledFloat(float):
    """The same of any other number."""

    text: str
