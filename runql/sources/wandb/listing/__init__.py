"""Listings of runs: pages, their order, counts, and what a server orders otherwise than RunQL."""
