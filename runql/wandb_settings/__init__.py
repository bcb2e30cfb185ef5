"""Where a server and a key are looked for: W&B's settings files and netrc."""
