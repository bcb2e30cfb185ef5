"""How strongly two columns go together: what is measured, and when there is nothing to measure."""

from __future__ import annotations

from runql.text.frozen import frozen

SPEARMAN, ETA = "spearman", "eta"
_FEWEST = 3
_MANY = 10
"""Of fewer rows nobody takes a category for a pattern."""


@frozen
class Measured:
    """How strongly a field goes with a value: the measure, its strength if there is one, of how many rows; why not.

    `categories`: how many there are, for `eta`.
    """

    measure: str
    strength: float | None
    count: int
    why: str = ""
    categories: int = 0

    @property
    def is_near_unique(self) -> bool:
        """Whether most rows have a category of their own, which then tells them apart and nothing else."""
        return self.count >= _MANY and 2 * self.categories > self.count


def refusal(count: int, different: int | None) -> str:
    """Why so many pairs, of which the one has so many different categories, tell nothing; empty if they do."""
    if count < _FEWEST:
        return "with fewer than three rows"
    if different == count:
        return "with another value in each row"
    return "without any variation" if different == 1 else ""
