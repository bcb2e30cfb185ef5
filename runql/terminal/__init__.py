"""What a terminal shows, whoever drives it: standard output, standard error, and how results are written there."""
