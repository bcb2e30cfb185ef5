"""What other languages write where RunQL has a function: casts, `case`, slices, methods of texts and times."""
