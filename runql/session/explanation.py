"""What `explain` gives."""

from __future__ import annotations


class Explanation:
    """What a query becomes, as text; `str()` of it gives the text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text
