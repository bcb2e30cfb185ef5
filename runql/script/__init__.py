"""Scripts: names, parameters, options, saved queries, and the order of statements."""
