"""All that the language service answers, under one name: for the prompt, which loads it behind the first line.

Others import what they ask from where it is: a shell that completes a word loads neither hover nor code actions.
"""

from runql.ide.code_actions import ActionKind, CodeAction, code_actions, formatting
from runql.ide.completion.complete import complete
from runql.ide.completion.index import index_of
from runql.ide.completion.items import MOST_ITEMS, Completions, Item, ItemKind
from runql.ide.context import Context, Occurring, Text, ValuesOf
from runql.ide.declarations import definition, occurrences, rename
from runql.ide.diagnostics import diagnostics, is_unfinished
from runql.ide.hover import Hover, hover
from runql.ide.inlay_hints import Inlay, inlays
from runql.ide.semantic_tokens import SemanticToken, Shade, semantic_tokens
from runql.ide.signature_help import Signature, signature
from runql.ide.symbols import FoldingRange, Symbol, SymbolKind, folds, symbols

__all__ = [
    "MOST_ITEMS",
    "ActionKind",
    "CodeAction",
    "Completions",
    "Context",
    "FoldingRange",
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
