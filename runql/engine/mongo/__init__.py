"""W&B's Mongo filters and orders, evaluated over runs."""
