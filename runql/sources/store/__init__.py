"""A store: runs copied to a Delta table on disk, and the source that reads them. Needs the extra `store`."""
