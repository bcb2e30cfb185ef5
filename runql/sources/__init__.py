"""Sources of runs: the protocol, the names of sources, and those that exist."""
