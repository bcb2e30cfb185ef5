"""Front ends: adapters between a session and whoever asks. They hold no logic and don't know each other."""
