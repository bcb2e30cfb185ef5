"""Values in bulk: columns as vectors."""
