"""What a server lacks of W&B's schema: read from its refusals, and said."""
