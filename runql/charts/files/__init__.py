"""A chart as a file: `write.chart_bytes`. SVG, PNG and HTML need the extra `charts`, JSON nothing."""
