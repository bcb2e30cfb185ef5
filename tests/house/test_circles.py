"""No import goes round: neither between modules nor between the rooms of a package, however late or only for types."""

from __future__ import annotations

import pytest

from tests.house.circles import between_rooms, circles, edges, imports, packages, room


def test_modules_do_not_import_each_other() -> None:
    assert not {circle: edges(circle, imports()) for circle in circles(imports())}


@pytest.mark.parametrize("package", packages())
def test_rooms_do_not_import_from_each_other(package: str) -> None:
    graph = between_rooms(package)
    assert not [edges(circle, graph) for circle in circles(graph)]


def test_a_circle_is_found() -> None:
    """A test of the test."""
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": {"d"}, "f": {"a"}, "g": {"h"}}
    assert circles(graph) == [("a", "b", "c"), ("d", "e")]
    assert edges(("d", "e"), graph) == ["d -> e", "e -> d"]


def test_every_kind_of_import_counts() -> None:
    assert "runql.frontends.cli.arguments" in imports()["runql.frontends.cli.main"]  # within a function
    assert "runql.text.source" in imports()["runql.text.diagnostic"]
    assert "yaml" not in imports()["runql.results.formats.yaml_text"]
    assert room("runql.sources.wandb.http.client", "runql.sources") == "runql.sources.wandb"
    assert room("runql.sources", "runql.sources") is None
