"""Advice: what is worth saying of a query or of its answer, beyond what is wrong."""
