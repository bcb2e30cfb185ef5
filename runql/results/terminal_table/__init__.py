"""A frame as a table at a terminal."""
