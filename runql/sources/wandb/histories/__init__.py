"""Histories from a server: sampled ones in batches, and scans of every row."""
