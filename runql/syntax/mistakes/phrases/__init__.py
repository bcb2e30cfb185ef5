"""Phrases of other languages that are more than a word."""
