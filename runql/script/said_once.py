"""What was said of files and runs in a session, so that it is said once."""

from __future__ import annotations

from collections.abc import Iterable

from runql.text.diagnostic import Diagnostic


class Told:
    """Remembers of which files and runs something was said. What is said of a question is said each time."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str, str]] = set()

    def fresh(self, notices: Iterable[Diagnostic]) -> frozenset[Diagnostic]:
        """Those that speak of a question, or of anything of which the same was not said before; then it was."""
        new: set[Diagnostic] = set()
        for notice in notices:
            of = {(notice.code, notice.many, name) for name in notice.names}
            if not notice.many or not of <= self._said:
                new.add(notice)
            self._said |= of
        return frozenset(new)
