"""Words that deny each other are never offered for one another."""

from __future__ import annotations

import pytest

from runql.semantic.names.nearest import NameTable
from runql.text.nearest import nearest
from runql.text.opposite import are_opposite

DENIED = [
    *[("infinite", "finite"), ("hasnt", "has"), ("hasn't", "has"), ("hasn", "has"), ("notexists", "exists")],
    *[("isnot", "is"), ("isn", "is"), ("isnt", "is"), ("unfinished", "finished"), ("unfinishd", "finished")],
    *[("not_finished", "finished"), ("not-finished", "finished"), ("nonfinite", "finite"), ("nin", "in")],
    *[("ncontains", "contains"), ("noncontains", "contains"), ("!has", "has"), ("disable", "enable")],
    *[("diverge", "converge"), ("include", "exclude"), ("ascending", "descending"), ("max_lr", "min_lr")],
    *[("config.use_unnorm", "config.use_norm"), ("no_bias", "bias"), ("train/no_aug", "train/aug")],
    *[("inner", "outer"), ("maximum", "minimum"), ("unscaled_loss", "scaled_loss"), ("loss_max", "loss_min")],
]
SLIPS = [
    *[("learning_rat", "learning_rate"), ("ordr", "order"), ("finit", "finite"), ("wehre", "where")],
    *[("nam", "name"), ("iner", "inner"), ("lrr", "lr"), ("maxx", "max"), ("mim", "min"), ("layer", "layers")],
    *[("indx", "index"), ("contain", "contains"), ("val_los", "val_loss"), ("attentio", "attention")],
    *[("unti", "until"), ("inital_lr", "initial_lr"), ("dept", "depth"), ("node", "nodes")],
]
AFFIXES = ("in", "un", "non", "not", "n", "no", "dis", "not_", "non_", "no_", "not-", "non-", "!")


@pytest.mark.parametrize(("a", "b"), DENIED)
def test_what_denies(a: str, b: str) -> None:
    assert are_opposite(a, b)
    assert are_opposite(b, a)
    for word, other in ((a, b), (b, a)):
        assert other not in nearest(word, [other, "something_else"])
        assert other not in NameTable([other, "something_else"]).nearest(word)


@pytest.mark.parametrize(("slip", "meant"), SLIPS)
def test_a_slip_is_none(slip: str, meant: str) -> None:
    assert not are_opposite(slip, meant)


@pytest.mark.parametrize("word", ["finite", "finished", "contains", "exists", "normalized", "startswith", "missing"])
@pytest.mark.parametrize("affix", AFFIXES)
def test_a_negative_affix_in_both_directions(word: str, affix: str) -> None:
    for written, there in ((affix + word, word), (word, affix + word)):
        assert nearest(written, [there]) == ()
        assert NameTable([there]).nearest(written) == ()
        # A slip in the rest of the word does not make the denial one.
        assert nearest(written[:-1], [there]) == ()


def test_nothing_farther_away_than_the_opposite_is_offered() -> None:
    assert nearest("unfinished", ["finished", "unfinishes"]) == ("unfinishes",)
    assert nearest("infinite", ["finite", "definites"]) == ()
    assert NameTable(["no_bias", "x.bias"]).nearest("bias") == ("x.bias",)
