"""Calls of functions: those that there are, and those that are another language's or nobody's."""
