"""W&B's public classes over any source: `Api`, `Runs`, `Run`, `Sweep`."""
