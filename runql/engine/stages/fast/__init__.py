"""Stages of many rows, on NumPy arrays. The modules beside this package say what they must give."""
