"""Whole requests in English, read by a small grammar of nouns."""
