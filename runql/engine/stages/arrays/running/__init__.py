"""What numbers come to up to each of them, group by group."""
