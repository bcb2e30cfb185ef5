"""Filters of other tools, read as trees: Mongo, MLflow, W&B's workspaces, LEET, Neptune."""
