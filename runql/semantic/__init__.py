"""Meaning: fields, types, records and the catalog; names, and the checker from the tree to the typed tree."""
