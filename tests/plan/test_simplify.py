"""Terms that stand twice are asked once, and those that only look alike to Python are kept."""

from __future__ import annotations

import pytest

from runql.session import Session

DEMO = Session("demo")


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("config.lr in (0.1, 0.2, 0.1, 0.2)", "config.lr in (0.1, 0.2)"),
        ("config.x = 1 or config.x = 2 or config.x = 1", "config.x = 1 or config.x = 2"),
        ("name = 'a' or name = 'b' or name = 'a'", "name = 'a' or name = 'b'"),
        ("config.lr > 1 or config.lr < 1 or config.lr > 1", "config.lr > 1 or config.lr < 1"),
    ],
)
def test_what_stands_twice_is_asked_once(condition: str, left: str) -> None:
    condition, left = (one.replace("config.x", "config.seed") for one in (condition, left))
    assert asked(condition) == asked(left)


def asked(condition: str) -> str:
    (explained,) = DEMO.explain(f"runs where {condition}")
    return explained.partition("filters=")[2].partition("order=")[0]
