"""What a query means, tested against the page that says so."""
