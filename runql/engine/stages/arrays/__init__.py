"""The stages of many rows, on NumPy arrays. `reference` says what they must give."""
