"""The stage `sql`: a table to DuckDB and its answer back. Needs the extra `store`."""
