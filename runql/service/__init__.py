"""The language service: what a prompt, an editor or a notebook asks about a text. Pure: offsets in, values out.

`at_hand` needs the engine, so it is imported by itself.
"""

from runql.service.coloring import SemanticToken, Shade, semantic_tokens
from runql.service.complete import complete
from runql.service.context import Context, Occurring, Text, ValuesOf
from runql.service.declared import definition, occurrences, rename
from runql.service.diagnose import diagnostics
from runql.service.edits import ActionKind, CodeAction, code_actions, formatting
from runql.service.hover import Hover, hover
from runql.service.index import index_of
from runql.service.inlay import Inlay, inlays
from runql.service.items import MOST_ITEMS, Completions, Item, ItemKind
from runql.service.signature import Signature, signature
from runql.service.structure import Fold, Symbol, SymbolKind, folds, symbols
from runql.service.unfinished import is_unfinished

__all__ = [
    "MOST_ITEMS",
    "ActionKind",
    "CodeAction",
    "Completions",
    "Context",
    "Fold",
    "Hover",
    "Inlay",
    "Item",
    "ItemKind",
    "Occurring",
    "SemanticToken",
    "Shade",
    "Signature",
    "Symbol",
    "SymbolKind",
    "Text",
    "ValuesOf",
    "code_actions",
    "complete",
    "definition",
    "diagnostics",
    "folds",
    "formatting",
    "hover",
    "index_of",
    "inlays",
    "is_unfinished",
    "occurrences",
    "rename",
    "semantic_tokens",
    "signature",
    "symbols",
]
