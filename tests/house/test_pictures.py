"""The pictures of the documents hold in every program: each word stands at its own place."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.house.sources import ROOT
from tools.generate import COMMAND, GENERATORS, changes

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))
_CELL = 12.2
_SVG = "{http://www.w3.org/2000/svg}"


def test_the_pictures_show_what_is_shown_now() -> None:
    [pictures] = [one for one in GENERATORS if one.name == "pictures"]
    assert not [*changes(pictures)], f"stale: `{COMMAND}` writes it anew"


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_each_word_stands_at_its_own_place(path: object) -> None:
    """Programs that know neither `textLength` nor spaces at the ends of a text would move what follows them."""
    root = ElementTree.fromstring(ROOT.joinpath(str(path)).read_text(encoding="utf-8"))
    texts = [one for one in root.iter(f"{_SVG}text") if one.get("clip-path")]
    assert len(texts) > 20
    assert not [one.text for one in texts if re.search(r"\s", one.text or "")]
    places = [float(one.get("x", "nan")) / _CELL for one in texts]
    assert all(abs(place - round(place)) < 0.01 for place in places)
