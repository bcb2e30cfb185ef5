"""W&B's filters and orders: MongoDB's query language over runs, read into a tree."""
