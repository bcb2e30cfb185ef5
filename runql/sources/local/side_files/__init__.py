"""What lies beside a log, or in its place: plain JSON and YAML in a run's folder."""
