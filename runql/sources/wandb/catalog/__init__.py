"""The catalog of a project on a server: its fields, their types and how many runs have them."""
