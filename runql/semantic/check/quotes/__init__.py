"""Texts without quotes where a value stands, and names of fields in quotes."""
