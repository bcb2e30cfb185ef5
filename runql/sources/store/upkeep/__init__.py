"""What looks after stores: damage, and files that no version has."""
