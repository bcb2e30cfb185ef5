"""Stores for tests: of runs at hand, and of the sample of the contract."""

from __future__ import annotations

from pathlib import Path

from runql.pull.pull import PullCounts, PullReport, pull
from runql.sources.open import SourcePlace
from runql.sources.protocol import ServiceApi
from runql.sources.store.service import StoreService


def pulled(service: ServiceApi, folder: Path, entity: str = "", project: str = "") -> PullReport:
    """Pull what a source holds into a store."""
    place = SourcePlace(service.name, service, entity, project)
    return pull(place, folder, folder.name, service.name, PullCounts())


def store_of(service: ServiceApi, folder: Path, entity: str = "", project: str = "") -> StoreService:
    """A new store of what a source holds."""
    pulled(service, folder, entity, project)
    return StoreService(folder, name=f"store:{folder.name}")
