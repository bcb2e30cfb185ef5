"""The backslash commands of the prompt: their table, and what each does."""
