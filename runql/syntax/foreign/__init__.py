"""Filters of other tools that stand in no query, read as one: of W&B's workspaces, of LEET, of Neptune."""
