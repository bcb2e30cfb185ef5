"""A chart as a dictionary of Vega-Lite: `spec.vega_lite`. Nothing is installed for it."""
