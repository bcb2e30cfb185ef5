"""Mistakes of a text: what is known of slips and of other languages, and how it is written here."""
