"""Syntax: the grammar, the tokens, the tree, the parser with its messages, the formatter. Loads lark at first use."""

from runql.syntax.parse import Parsed, parse, parse_query, tokenize
from runql.syntax.tokens import Token, TokenKind

__all__ = ["Parsed", "Token", "TokenKind", "parse", "parse_query", "tokenize"]
