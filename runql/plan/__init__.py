"""Plans: which part of a query its source does, and which part is done here."""
