"""What is known of a version before it is asked: its catalog, counted by SQL and kept in a file."""
