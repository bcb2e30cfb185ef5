"""A chart as a file: `write.chart_bytes`. SVG, PNG, PDF and HTML need the extra `charts`, JSON nothing."""
