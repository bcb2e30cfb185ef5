"""Stores in object storage (S3, Google Cloud Storage, Azure): addresses, the door to them, and the copy here."""
