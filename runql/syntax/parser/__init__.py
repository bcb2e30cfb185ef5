"""The parser: from tokens to the tree, with recovery behind whatever is wrong."""
