"""Runs on a W&B server, over GraphQL."""

from runql.sources.wandb.http.transport import LineSettings
from runql.sources.wandb.network.credentials import Credentials, discover
from runql.sources.wandb.service import ServiceOptions, WandbService

__all__ = ["Credentials", "LineSettings", "ServiceOptions", "WandbService", "discover"]
