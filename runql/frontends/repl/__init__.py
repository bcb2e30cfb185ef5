"""The prompt: `runql` without words at a terminal."""
