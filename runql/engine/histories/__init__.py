"""Histories: tables of rows, their alignment, samples and single values."""
