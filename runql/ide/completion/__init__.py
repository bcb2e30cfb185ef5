"""Completion: what can stand at a place in a text, best first."""
