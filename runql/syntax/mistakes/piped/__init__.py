"""What is wrong with stages: the wrong side of a pipe, slips, curves, two tables, the names of other languages."""
