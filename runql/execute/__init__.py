"""The executor: pages of runs, residual filters, limits, histories and stages, up to the table."""
