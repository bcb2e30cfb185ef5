"""The formats that a frame is written in: CSV, JSON, Markdown, HTML, LaTeX, YAML, Parquet."""
