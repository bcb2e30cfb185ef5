"""Functions of texts and times over whole columns, by their different values."""
