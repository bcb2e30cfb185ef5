"""A store asked through an engine of another machine: ClickHouse or Spark. See `docs/design/scale.md`."""
