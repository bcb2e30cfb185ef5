"""Conditions as W&B's Mongo filters, as far as these mean the same."""
