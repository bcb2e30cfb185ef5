"""What parts the rows of a table into bars and lines: ranges of a number, and the keys of a `group`."""
