"""How rows become the series and bars of a chart: by the keys of a `group`, by ranges of a number."""
