"""Charts: what `plot` draws, as plain data, and those who draw it."""
