"""The operations of the stages on NumPy arrays, for many rows. `reference` says what they must give."""
