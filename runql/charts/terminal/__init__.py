"""A chart drawn with characters, as wide and as high as the terminal."""
