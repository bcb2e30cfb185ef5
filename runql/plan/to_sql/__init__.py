"""The part of a plan that a store answers in SQL: exactly, or not at all. See `docs/design/store.md`."""
