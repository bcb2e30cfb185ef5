"""Lets the name `rql` mean RunQL to Pygments: `pygmentize -l rql`, and fences of documents that say `rql`.

Pygments has an RQL of its own, the Relation Query Language, under the same name and file ending, and what it brings
itself it finds before any plug-in. So the row of its table is replaced when the table is loaded. This module stands
beside the package and is imported when Python starts (`runql_pygments.pth`): it must do next to nothing, and imports
nothing that is not there already.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_TABLE = "pygments.lexers._mapping"
_ROW = (
    "runql.frontends.highlight.lexer",
    "RunQL",
    ("rql", "runql"),
    ("*.rql",),
    ("text/x-rql", "application/x-rql"),
)


class _Finder:
    """Finds one module, once, as Python would, and changes a row of it."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != _TABLE:
            return None
        from importlib.machinery import PathFinder, SourceFileLoader

        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            load = spec.loader.exec_module

            def load_and_change(module: ModuleType) -> None:
                load(module)
                module.LEXERS["RqlLexer"] = _ROW

            spec.loader.exec_module = load_and_change  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _Finder())
