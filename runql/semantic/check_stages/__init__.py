"""The checker of table stages: each against the table that the stages before it give."""
