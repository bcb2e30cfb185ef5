"""The language service: what a prompt, an editor or a notebook asks about a text. Pure: offsets in, values out.

Each is loaded when it is first used: a completion in a shell needs neither checks nor code actions.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` need not be loaded
if TYPE_CHECKING:
    from runql.ide.code_actions import ActionKind as ActionKind
    from runql.ide.code_actions import CodeAction as CodeAction
    from runql.ide.code_actions import code_actions as code_actions
    from runql.ide.code_actions import formatting as formatting
    from runql.ide.completion.complete import complete as complete
    from runql.ide.completion.index import index_of as index_of
    from runql.ide.completion.items import MOST_ITEMS as MOST_ITEMS
    from runql.ide.completion.items import Completions as Completions
    from runql.ide.completion.items import Item as Item
    from runql.ide.completion.items import ItemKind as ItemKind
    from runql.ide.context import Context as Context
    from runql.ide.context import Occurring as Occurring
    from runql.ide.context import Text as Text
    from runql.ide.context import ValuesOf as ValuesOf
    from runql.ide.declarations import definition as definition
    from runql.ide.declarations import occurrences as occurrences
    from runql.ide.declarations import rename as rename
    from runql.ide.diagnostics import diagnostics as diagnostics
    from runql.ide.diagnostics import is_unfinished as is_unfinished
    from runql.ide.hover import Hover as Hover
    from runql.ide.hover import hover as hover
    from runql.ide.inlay_hints import Inlay as Inlay
    from runql.ide.inlay_hints import inlays as inlays
    from runql.ide.semantic_tokens import SemanticToken as SemanticToken
    from runql.ide.semantic_tokens import Shade as Shade
    from runql.ide.semantic_tokens import semantic_tokens as semantic_tokens
    from runql.ide.signature_help import Signature as Signature
    from runql.ide.signature_help import signature as signature
    from runql.ide.symbols import FoldingRange as FoldingRange
    from runql.ide.symbols import Symbol as Symbol
    from runql.ide.symbols import SymbolKind as SymbolKind
    from runql.ide.symbols import folds as folds
    from runql.ide.symbols import symbols as symbols

_HOMES = {
    "runql.ide.code_actions": ("ActionKind", "CodeAction", "code_actions", "formatting"),
    "runql.ide.completion.complete": ("complete",),
    "runql.ide.completion.index": ("index_of",),
    "runql.ide.completion.items": ("MOST_ITEMS", "Completions", "Item", "ItemKind"),
    "runql.ide.context": ("Context", "Occurring", "Text", "ValuesOf"),
    "runql.ide.declarations": ("definition", "occurrences", "rename"),
    "runql.ide.diagnostics": ("diagnostics", "is_unfinished"),
    "runql.ide.hover": ("Hover", "hover"),
    "runql.ide.inlay_hints": ("Inlay", "inlays"),
    "runql.ide.semantic_tokens": ("SemanticToken", "Shade", "semantic_tokens"),
    "runql.ide.signature_help": ("Signature", "signature"),
    "runql.ide.symbols": ("FoldingRange", "Symbol", "SymbolKind", "folds", "symbols"),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - the names are texts


if not TYPE_CHECKING:  # a type checker would take any name for one that is there

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        value = getattr(import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value
