"""The reference evaluator: what a query means. A backend may only be faster."""
