"""Requests in English: whatever is put together of their nouns, what is offered can be read and says each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from runql.syntax.parse import parse
from runql.text.diagnostic import Diagnostic, Fix

_NOUNS: Final[Mapping[str, tuple[str, ...]]] = {
    "runs": (),
    "all runs": (),
    "every run": (),
    "the 3 best runs by acc": ("order -acc", "limit 3"),
    "the last two runs": ("order -created", "limit 2"),
    "failed runs": ('state = "failed"',),
    "the worst run by val loss": ("order -val/loss", "limit 1"),
}
_MODIFIERS: Final[Mapping[str, tuple[str, ...]]] = {
    " with lr above 0.01": ("lr > 0.01",),
    " that took longer than an hour": ("runtime > 1h",),
    " whose name starts with swift": ('name startswith "swift"',),
    " with optimizer adam or sgd": ('optimizer in ("adam", "sgd")',),
    " tagged baseline": ('tags has "baseline"',),
    " with the lowest loss": ("order loss",),
    " sorted by acc descending": ("order -acc",),
    " where the loss is nan and lr is between 1 and 2": ("loss is nan", "lr between 1 and 2"),
}
_EACH: Final[Mapping[str, tuple[str, ...]]] = {
    "": (),
    " per optimizer": ("optimizer",),
    " for each model and seed": ("model", "seed"),
    " grouped by week": ("week(created)",),
}
_ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    "{}": (),
    "how many {}": (),
    "mean loss of {}": ("mean(", "loss)"),
    "final acc of {}": ("select name, acc",),
    "loss curves of {}": ("keys loss",),
    "plot acc of {}": ("keys acc", "plot"),
    "percentage of {}": ("share",),
    "config of {}": ("config.*",),
    "smooth loss of {}": ("keys loss", "smooth"),
    "what changed between {}": ("diff",),
    "loss after 100 steps of {}": ("at(logged.loss, 100)",),
}


def _whole(text: str, found: tuple[Diagnostic, ...]) -> list[str]:
    """The texts that are offered for all of a text."""
    fixes: list[Fix] = [fix for one in found for fix in one.fixes if (one.span.start, one.span.end) == (0, len(text))]
    return [edit.text for fix in fixes for edit in fix.edits if len(fix.edits) == 1]


@given(
    asked=st.sampled_from([*_ASKED]),
    noun=st.sampled_from([*_NOUNS]),
    modifiers=st.lists(st.sampled_from([*_MODIFIERS]), max_size=2, unique=True),
    each=st.sampled_from([*_EACH]),
)
def test_what_is_offered_says_each_of_them(asked: str, noun: str, modifiers: list[str], each: str) -> None:
    text = asked.format(noun + "".join(modifiers)) + each
    wanted = [*_ASKED[asked], *_NOUNS[noun], *_EACH[each], *(one for each in modifiers for one in _MODIFIERS[each])]
    for offered in _whole(text, parse(text).diagnostics):
        assert parse(offered).ok
        assert [one for one in wanted if one not in offered] == [], (text, offered)


_SOME: Final = ("loss", "val", "runs", "best", "of", "the", "per", "which", "has", "5", "and", "with", "?", "by", "is")


@given(st.lists(st.sampled_from(_SOME), max_size=9))
def test_any_words_are_read_to_an_end(words: list[str]) -> None:
    parse(" ".join(words))
