"""Results: the frame, what it converts to, the formats it is written in, and the view at a terminal."""
