"""What filters and orders mean, run by run."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runql.plan.selectors import wandb_selector
from runql.wandb_api.runs import Runs
from tests.contract.backends import LABELS, Source
from tests.contract.sample import IDS

CASES: list[tuple[dict[str, Any], str]] = [
    ({}, "alpha beta gamma delta epsilon zeta eta theta"),
    # numbers, text, bools, null and missing never meet
    ({"config.lr": 0.1}, "alpha"),
    ({"config.lr.value": 0.1}, "alpha"),
    ({"config.lr": 1}, "zeta"),
    ({"config.lr": 1.0}, "zeta"),
    ({"config.lr": True}, "eta"),
    ({"config.lr": "auto"}, "gamma"),
    ({"config.lr": None}, "delta epsilon theta"),
    ({"config.lr": {"$gt": 0.01}}, "alpha zeta"),
    ({"config.lr": {"$gte": 0.01, "$lt": 1}}, "alpha beta"),
    ({"config.lr": {"$gt": 1, "$lt": 2}}, ""),
    ({"config.lr": {"$lte": "b"}}, "gamma"),
    ({"config.lr": {"$ne": 0.1}}, "beta gamma delta epsilon zeta eta theta"),
    ({"config.lr": {"$not": {"$gt": 0.01}}}, "beta gamma delta epsilon eta theta"),
    ({"config.lr": {"$in": [0.1, "auto", None]}}, "alpha gamma delta epsilon theta"),
    ({"config.lr": {"$nin": [0.1, "auto", None]}}, "beta zeta eta"),
    ({"config.lr": {"$exists": True}}, "alpha beta gamma epsilon zeta eta"),
    ({"config.lr": {"$exists": False}}, "delta theta"),
    ({"config.amp": True}, "alpha delta"),
    ({"config.amp": 1}, "zeta"),
    # nested and dotted names, in all spellings
    ({"config.model.depth": 18}, "alpha"),
    ({"config.model.value.depth": {"$gte": 18}}, "alpha beta"),
    ({"config.model.depth.value": {"$gte": 50}}, "beta"),
    ({"config.model": "resnet"}, "gamma"),
    ({"config.data.path": {"$regex": "^/data"}}, "alpha"),
    ({"config.data.path.value": "/data/a"}, "alpha"),
    # lists hold a value if they are it or have it
    ({"config.layers": 64}, "alpha"),
    ({"config.layers": [64, 32]}, "alpha eta"),
    ({"config.layers": []}, "epsilon"),
    ({"config.layers": {"$gt": 100}}, "gamma"),
    ({"config.layers.0": 64}, "alpha eta"),
    ({"config.layers": {"$ne": 64}}, "beta gamma delta epsilon zeta eta theta"),
    # summary
    ({"summary_metrics.loss": {"$lt": 0.5}}, "alpha zeta"),
    ({"summary_metrics.loss": {"$gt": 0.5}}, "beta gamma epsilon"),
    ({"summary_metrics.loss": math.nan}, "delta"),
    ({"summary_metrics.loss": {"$exists": False}}, "eta theta"),
    ({"summary_metrics.val/loss": -3.0}, "alpha"),
    ({"summary_metrics.net.a": 18}, "alpha"),
    # run fields
    ({"state": "failed"}, "beta"),
    ({"name": {"$in": ["eta", "beta", "nobody"]}}, "beta eta"),
    ({"displayName": {"$regex": "^warm-1"}}, "alpha zeta"),
    ({"display_name": {"$regex": "^WARM", "$options": "i"}}, "alpha beta zeta eta"),
    ({"displayName": "Ünïcode"}, "epsilon"),
    ({"displayName": {"$not": {"$regex": "warm|cold"}}}, "epsilon theta"),
    ({"group": "g2"}, "gamma delta"),
    ({"group": None}, "epsilon zeta eta theta"),
    ({"jobType": "train"}, "alpha"),
    ({"tags": "paper"}, "alpha beta theta"),
    ({"tags": {"$in": ["baseline"]}}, "alpha zeta"),
    ({"tags": {"$nin": ["paper"]}}, "gamma delta epsilon zeta eta"),
    ({"tags": {"$ne": "paper"}}, "gamma delta epsilon zeta eta"),
    ({"$and": [{"tags": "paper"}, {"tags": "baseline"}]}, "alpha"),
    ({"createdAt": {"$gt": "2020-01-01"}}, "alpha beta gamma delta epsilon zeta eta theta"),
    ({"created_at": {"$lt": "2020-01-01T00:00:00Z"}}, ""),
    # what was logged
    ({"keys_info.keys.acc": {"$exists": True}}, "alpha epsilon eta"),
    ({"keys_info.keys.net.a": {"$exists": True}}, "alpha"),
    # what was logged and what a run holds, in one negation: a server cannot be left to it
    ({"$nor": [{"keys_info.keys.acc": {"$exists": True}}, {"config.lr": {"$exists": True}}]}, "delta theta"),
    # logic
    ({"$or": [{"config.lr": 0.1}, {"state": "failed"}]}, "alpha beta"),
    ({"$nor": [{"config.lr": {"$exists": True}}, {"tags": "paper"}]}, "delta"),
    ({"$and": [{"config.seed": {"$gt": 1}}, {"$or": [{"group": "g1"}, {"config.amp": True}]}]}, "beta delta"),
]


def needed(text: str) -> list[pytest.MarkDecorator]:
    """What a source has to hold for these filters or this order to mean anything."""
    return [pytest.mark.needs("labels")] if any(label in text for label in LABELS) else []


@pytest.mark.parametrize(
    ("filters", "ids"),
    [pytest.param(filters, ids, id=str(filters), marks=needed(str(filters))) for filters, ids in CASES],
)
def test_filter(source: Source, filters: dict[str, Any], ids: str) -> None:
    runs = Runs(source.service, source.entity, source.project, filters)
    assert [run.id for run in runs] == ids.split()
    assert source.service.count(source.entity, source.project, wandb_selector(filters)) in (None, len(ids.split()))


ORDERS = [
    ("+created_at", " ".join(IDS)),
    ("created_at", " ".join(IDS)),
    ("-createdAt", " ".join(reversed(IDS))),
    # numbers, bools, texts, null, missing: in both directions
    ("config.lr", "beta alpha zeta eta gamma epsilon delta theta"),
    ("-config.lr.value", "zeta alpha beta eta gamma epsilon delta theta"),
    # infinity is a number, NaN is behind all of them
    ("+summary_metrics.loss", "alpha zeta gamma beta epsilon delta eta theta"),
    ("-summary_metrics.loss", "epsilon beta gamma zeta alpha delta eta theta"),
    ("-config.model.depth", "beta alpha gamma delta epsilon zeta eta theta"),
    ("displayName", "gamma delta theta alpha zeta beta eta epsilon"),
    ("-group", "gamma delta alpha beta epsilon zeta eta theta"),
    ("group,-config.seed", "beta alpha delta gamma epsilon zeta eta theta"),
]


@pytest.mark.parametrize(("order", "ids"), [pytest.param(*each, marks=needed(each[0])) for each in ORDERS])
@pytest.mark.parametrize("per_page", [1, 3, 50])
def test_order(source: Source, order: str, ids: str, per_page: int) -> None:
    runs = Runs(source.service, source.entity, source.project, order=order, per_page=per_page)
    assert [run.id for run in runs] == ids.split()
