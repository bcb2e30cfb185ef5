"""Runs on disk: the files that the W&B SDK writes, read without it."""

from runql.sources.local.service import LocalService

__all__ = ["LocalService"]
