"""Questions as pandas and polars ask them of a table, read by Python's own parser: `df[df.acc > 0.9].head(3)`."""
