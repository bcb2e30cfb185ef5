"""Copies the runs of any source to a store, and only what changed the next time."""
