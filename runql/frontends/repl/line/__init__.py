"""The line of the prompt: what is typed, completed, coloured, and said below it."""
