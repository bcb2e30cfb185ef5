"""RunQL: ask questions of machine-learning runs."""
