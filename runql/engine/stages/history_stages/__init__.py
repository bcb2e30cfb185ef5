"""The stages of histories: run by run along x."""
