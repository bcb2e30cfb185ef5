"""Numbers and lengths of time that remember how they were written."""

from __future__ import annotations

from datetime import timedelta


class SpelledInt(int):
    """A whole number as it was given to the command: a parameter that is text takes its digits as they stand."""

    text: str


class SpelledFloat(float):
    """The same of any other number."""

    text: str


class SpelledDuration(timedelta):
    """The same of a length of time: `7d`."""

    text: str
