"""Frames as pandas, polars and Arrow tables."""
