"""Runs as columns: answers that are made without a record for each run."""
