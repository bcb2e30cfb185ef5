"""What was read of a large folder, kept for the next process in a file of the user's own cache."""
