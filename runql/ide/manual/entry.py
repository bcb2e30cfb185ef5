"""What a page of the manual is made of."""

from __future__ import annotations

from runql.text.frozen import frozen


@frozen
class Entry:
    """One form: how it is written, what it means, and a statement that runs on the demo.

    `needs`: what the source has to hold for the example; the demo has it if this is empty.
    """

    syntax: str
    doc: str
    example: str
    needs: str = ""


@frozen
class Section:
    """Forms of one kind under a heading; `doc` says what holds for all of them."""

    title: str
    entries: tuple[Entry, ...]
    doc: str = ""


@frozen
class Page:
    """A topic of `\\help`. `name` is the word that asks for it."""

    name: str
    title: str
    doc: str
    sections: tuple[Section, ...]
