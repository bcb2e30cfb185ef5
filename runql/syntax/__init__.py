"""Syntax: the grammar, the tokens, the tree, the parser with its messages, the formatter. Loads its table when used."""

from runql.syntax.format import format_text
from runql.syntax.parse import Parsed, parse, parse_query, tokenize
from runql.syntax.printer.to_text import to_text
from runql.syntax.tokens import Token, TokenKind

__all__ = ["Parsed", "Token", "TokenKind", "format_text", "parse", "parse_query", "to_text", "tokenize"]
