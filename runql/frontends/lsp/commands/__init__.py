"""What an editor runs: a query of a document, its answer, and how that is shown."""
