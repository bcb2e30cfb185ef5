"""What can be said of the files of a Delta log without Delta Lake."""
