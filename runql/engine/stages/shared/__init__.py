"""What both rooms and the stages share: groups of rows, what aggregates take, statistics, the names in expressions."""
