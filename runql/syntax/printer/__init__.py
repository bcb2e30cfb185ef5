"""The printer: a tree as text in canonical form, and the formatter of whole texts."""
