"""What is run to work on RunQL, and is no part of it."""
