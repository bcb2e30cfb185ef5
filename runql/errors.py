"""The exceptions of RunQL.

    RunQLError
    ├── QueryError            the text of a query, or its parameters, is wrong
    ├── SourceError           no source was named, or it is not one
    │   └── UntrustedFolder   a setting of a folder would count that nobody said yes to
    ├── SettingsError         a settings file cannot be read
    ├── OutputError           the result cannot be written where it was asked for
    ├── AssertionFailed       an `assert` of the query does not hold
    ├── ArgumentError         a bad argument of a Python call; also a ValueError
    └── BackendError          the source of the runs did not answer
        ├── AuthError         not signed in, or not allowed
        ├── NotFound          no such entity, project or run; also a ValueError
        │   └── RunNotFoundError   no such run
        ├── RateLimited       too many requests, and waiting did not help
        ├── Unreachable       no connection, or none in time
        └── ServerError       an answer that is an error, or no answer of the protocol

Each carries diagnostics; `str()` of one is their text without a picture, and the first way out
of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runql.text.diagnostic import Diagnostic
from runql.text.source import Source
from runql.text.visible import visible


class RunQLError(Exception):
    """The base of all. `diagnostics` holds at least one error; `source` is the text they point into."""

    def __init__(self, diagnostics: Iterable[Diagnostic], source: Source | None = None) -> None:
        self.diagnostics = tuple(diagnostics)
        self.source = source
        super().__init__("; ".join(visible(f"{d.code}: {d.message}") for d in self.diagnostics))

    def __str__(self) -> str:
        # A traceback shows no picture, so the way out must stand in the sentence itself. What is shown at a terminal is
        # made visible; as it came it stands in `diagnostics`.
        return "; ".join(visible(part) for d in self.diagnostics for part in (f"{d.code}: {d.message}", *d.hints[:1]))

    @classmethod
    def of(cls, code: str, message: str, *hints: str) -> RunQLError:
        """An error that no text holds: one diagnostic, without a place."""
        return cls([Diagnostic(code, message, hints=hints)])


class QueryError(RunQLError):
    """The text of a query, or what it was given, is wrong. Nothing was asked of any source."""


class SourceError(RunQLError):
    """No source was named, or what was named is not one."""


class UntrustedFolder(SourceError):  # noqa: N818 - it says what is so, not what failed
    """The settings file of a folder says where to ask, or how, and nobody said yes to it. Nothing was asked."""


class SettingsError(RunQLError):
    """A settings file cannot be read, or holds what is no setting."""


class OutputError(RunQLError):
    """The result cannot be written where, or as, it was asked for."""


class AssertionFailed(RunQLError):  # noqa: N818 - named after Python's own
    """An `assert` does not hold for the rows that came."""


class ArgumentError(RunQLError, ValueError):
    """A bad argument of a Python call: a filter, an order, a page size. Nothing was asked of any source."""

    @classmethod
    def because(cls, message: str, *hints: str) -> ArgumentError:
        """The one diagnostic that such an error has."""
        return cls([Diagnostic("RQL216", message, hints=hints)])

    def __str__(self) -> str:
        return "; ".join(visible(part) for d in self.diagnostics for part in (f"{d.code}: {d.message}", *d.hints))


class BackendError(RunQLError):
    """The source of the runs did not answer. `partial` is the frame of the rows that came before, if any did."""

    partial: Any = None


class AuthError(BackendError):
    """Not signed in, or not allowed."""


class NotFound(BackendError, ValueError):  # noqa: N818 - the field's own word
    """No such entity, project or run, or none that may be seen. A `ValueError` too, as it is in W&B's own client."""


class RunNotFoundError(NotFound):
    """No such run, or none that may be seen."""


class RateLimited(BackendError):  # noqa: N818
    """Too many requests, and waiting did not help."""


class Unreachable(BackendError):  # noqa: N818
    """No connection, or none in time."""


class ServerError(BackendError):
    """An answer that is an error, or no answer of the protocol."""


Error = RunQLError
"""What W&B's client calls it, for scripts that catch it by that name."""
CommError = BackendError
"""The same: what its `Api` raises where a server, or here any source of runs, did not answer."""


def wrong_call(message: str, *hints: str) -> RunQLError:
    """The command, or an option of it, was used wrongly."""
    return QueryError.of("RQL512", message, *hints)
