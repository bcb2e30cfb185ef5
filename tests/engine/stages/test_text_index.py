"""The index of texts: the same as a dictionary, and never unlike texts as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.engine.stages.arrays.text_index import TextIndex
from runql.engine.stages.shared.rows import NotHeld

SHORT = st.text("ab1", max_size=3)
LONG = st.builds("".join, st.lists(st.sampled_from(["a" * 7, "b" * 8, "1", "a" * 60]), max_size=3))
TEXTS = st.one_of(
    st.lists(SHORT, max_size=60),
    st.lists(SHORT | LONG, max_size=60),
    st.lists(st.text("ab\0Ä", max_size=3), max_size=60),
)


@given(TEXTS, TEXTS)
def test_equal_texts_have_one_code_and_others_none(texts: list[str], others: list[str]) -> None:
    index = TextIndex(texts)
    assert [texts[code] for code in index.codes.tolist()] == texts
    assert len(set(index.codes.tolist())) == len(set(texts))
    places = dict(zip(texts, index.codes.tolist(), strict=True))
    assert index.places(others).tolist() == [places.get(other, -1) for other in others]


def test_many_texts_share_their_buckets() -> None:
    texts = [f"run{at}" for at in range(20_000)]
    index = TextIndex([*texts, *texts])
    assert (index.codes[:20_000] == index.codes[20_000:]).all()
    assert (index.places(["run7", "no", "run19999"]) == [index.codes[7], -1, index.codes[19_999]]).all()


class Colliding(str):
    """A text with the hash of all others of its kind."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 7


def test_unlike_texts_of_one_hash_are_left_to_the_reference() -> None:
    with pytest.raises(NotHeld):
        TextIndex([Colliding("é"), Colliding("b")])
    index = TextIndex([Colliding("é"), Colliding("é")])
    with pytest.raises(NotHeld):
        index.places([Colliding("b")])


def test_a_text_that_is_too_long_or_of_other_letters_matches_no_short_one() -> None:
    index = TextIndex(["", "run1", "twelve chars"])
    others = [
        "run1",
        "run1\0",
        "\0",
        "",
        "rün1",
        "twelve chars",
        "twelve charsss",
        "a text of more than two words",
        "x",
    ]
    assert index.places(others).tolist() == [1, -1, -1, 0, -1, 2, -1, -1, -1]
