"""Names: which field a path means, and which names are near to one that means none."""
