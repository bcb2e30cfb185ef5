"""The checker of queries: clauses, expressions, tests and calls."""
