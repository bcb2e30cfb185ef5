"""Where the floors meet: sources, catalogs, parameters, statements, and the answers.

A result is loaded with the first answer: to check a text needs no engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runql.session.checked_query import Explanation
from runql.session.session import Session

if TYPE_CHECKING:
    from runql.session.result import Result as Result

__all__ = ["Explanation", "Result", "Session"]


if not TYPE_CHECKING:  # a type checker would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name == "Result":
            from runql.session.result import Result

            return Result
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
