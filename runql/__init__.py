"""RunQL: ask questions of machine-learning runs.

    import runql

    best = runql.query("runs where config.lr > $lr order summary.loss limit 10", source="demo", lr=0.01)
    best.pandas()

Everything here is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer than all else here, and Ctrl-C shows a traceback until it is loaded
if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from runql.api import Api as Api
    from runql.api import Connection as Connection
    from runql.api import connect as connect
    from runql.api import query as query
    from runql.errors import ArgumentError as ArgumentError
    from runql.errors import AssertionFailed as AssertionFailed
    from runql.errors import AuthError as AuthError
    from runql.errors import BackendError as BackendError
    from runql.errors import CommError as CommError
    from runql.errors import Error as Error
    from runql.errors import NotFound as NotFound
    from runql.errors import OutputError as OutputError
    from runql.errors import QueryError as QueryError
    from runql.errors import RateLimited as RateLimited
    from runql.errors import RunNotFoundError as RunNotFoundError
    from runql.errors import RunQLError as RunQLError
    from runql.errors import ServerError as ServerError
    from runql.errors import SettingsError as SettingsError
    from runql.errors import SourceError as SourceError
    from runql.errors import Unreachable as Unreachable
    from runql.errors import UntrustedFolder as UntrustedFolder
    from runql.results.frame import Frame as Frame
    from runql.semantic.values import MISSING as MISSING
    from runql.session import Result as Result
    from runql.syntax.foreign.mongo import from_mongo as from_mongo
    from runql.wandb_api.runs import Run as Run
    from runql.wandb_api.runs import Runs as Runs

__version__ = "0.1.0"

_HOMES = {
    "runql.api": ("Api", "Connection", "connect", "query"),
    "runql.errors": (
        "ArgumentError",
        "AssertionFailed",
        "AuthError",
        "BackendError",
        "CommError",
        "Error",
        "NotFound",
        "OutputError",
        "QueryError",
        "RateLimited",
        "RunNotFoundError",
        "RunQLError",
        "ServerError",
        "SettingsError",
        "SourceError",
        "Unreachable",
        "UntrustedFolder",
    ),
    "runql.results.frame": ("Frame",),
    "runql.wandb_api.runs": ("Run", "Runs"),
    "runql.semantic.values": ("MISSING",),
    "runql.syntax.foreign.mongo": ("from_mongo",),
    "runql.session": ("Result",),
}
_ROOMS = frozenset({"config", "demo"})
"""What our own imports look for here before they take the module of that name."""
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]  # noqa: PLE0604 - the names are texts


if not TYPE_CHECKING:  # a type checker would take any name for one that is there

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _MODULE_OF:
            if name.startswith("_") or name in _ROOMS:  # what imports and tools look for
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
            raise import_module("runql.wandb_api.explained").why_not_in_the_module(name)
        value = getattr(import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext runql` in a notebook: the magics `%rql` and `%%rql`."""
    from importlib import import_module

    import_module("runql.frontends.jupyter").load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext runql`: without them, and without what they opened."""
    from importlib import import_module

    import_module("runql.frontends.jupyter").unload(shell)
