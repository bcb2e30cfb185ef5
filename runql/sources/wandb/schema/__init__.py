"""The GraphQL documents, the shapes of their answers, and what a server lacks of W&B's schema."""
