"""Where the floors meet: sources, catalogs, parameters, statements, and the answers."""

from runql.session.result import Explanation, Result
from runql.session.session import Session

__all__ = ["Explanation", "Result", "Session"]
