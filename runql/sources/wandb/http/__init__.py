"""The HTTP client: one transport, retries, limits, who asks, and what can go wrong."""
