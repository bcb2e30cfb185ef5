"""The language service: what a prompt, an editor or a notebook asks about a text. Pure: offsets in, values out."""
