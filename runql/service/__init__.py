"""The language service: what an editor or a prompt asks about a text that is being written. Not built yet."""
