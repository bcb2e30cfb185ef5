"""Every fix holds: it parses, checks against the catalog, turns nothing round. Of the galleries, and of slips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runql.ide.code_actions import single_fixes
from runql.ide.context import Context
from runql.ide.diagnostics import diagnostics
from runql.text.diagnostic import Diagnostic, Severity
from runql.text.proof import applied, denials, is_of_name
from tests.cases.markdown import cases as of_syntax
from tests.semantic.markdown_cases import cases as of_names
from tests.semantic.world import COMPLETE, NOW

HERE = Path(__file__).parents[1]
CONTEXT = Context(catalog=COMPLETE, now=NOW)
GALLERY = [
    *(case.query.text for path in sorted((HERE / "cases").glob("errors_*.md")) for case in of_syntax(path)),
    *(case.query for case in of_names(HERE / "semantic" / "mistakes.md")),
]
RIGHT = (
    'runs where config.lr > 0.01 and state = "finished" order -summary.loss limit 5',
    'runs where tags has "a" and summary.acc is finite order summary.acc',
    'runs where exists(config.optimizer) and name contains "vit" select name, config.lr',
    'runs where name startswith "a" or config.optimizer in ("adam", "sgd") limit 3',
    "runs where config.lr is not null and summary.val/loss between 0.1 and 0.5",
    "runs where config.use_amp = true keys loss, val/loss sample 100",
    "runs | group config.optimizer : n = count(), m = mean(summary.acc) | order -m | limit 5",
    "runs keys loss scan | where loss < 1 | derive d = loss * 2",
    'runs where created > 7d ago and not name glob "*x" order created',
    "count runs where runtime > 2h",
)
AFFIXES = ("not", "not_", "non", "un", "in", "n", "no", "is not ", "hasn't ", "dis", "no_")
IDIOMS = (
    *((" = ", " == "), (" = ", " === "), (" and ", " && "), (" and ", " & "), ("order ", "order by "), ('"', "“")),
    *((" limit ", " top "), (" > ", " => "), (" where ", " filter "), ("(", "["), (")", "]"), (" in ", " isin ")),
    *((" | ", " |> "), (" has ", " hasn't "), (" is ", " isn't "), (" and ", " "), (", ", " "), (" > ", " not > ")),
)


def said(text: str) -> list[Diagnostic]:
    return [one for one in diagnostics(text, CONTEXT) if one.severity is not Severity.NOTICE]


def errors(text: str) -> list[Diagnostic]:
    """What is wrong, but for names that the project does not have: of those, whoever wrote them is told as well."""
    return [one for one in said(text) if one.is_error and not is_of_name(one)]


def firsts(found: list[Diagnostic], text: str) -> str:
    return applied(text, [edit for one in found if one.is_error and one.fixes for edit in one.fixes[0].edits])


def holds(text: str) -> None:
    """All first fixes together leave only what had none; of one mistake each is right by itself; no denial is lost."""
    found = said(text)
    before = [one for one in found if one.is_error and not is_of_name(one)]
    together = errors(firsts(found, text))
    assert len(together) <= sum(not one.fixes for one in before), (text, firsts(found, text))
    edits, fixed = single_fixes(found)
    assert len(errors(applied(text, edits))) <= sum(one not in fixed for one in before), (text, applied(text, edits))
    for one in found:
        for fix in one.fixes:
            made = applied(text, fix.edits)
            assert made != text
            others = any(each.is_error for each in found if each is not one)
            assert others or not errors(made), (text, made)
            gone = "".join(text[edit.span.start : edit.span.end] for edit in fix.edits)
            put = "".join(edit.text for edit in fix.edits)
            assert denials(gone) % 2 == 0 or denials(put) or "untagged" in put or not put, (text, made)


@pytest.mark.parametrize("text", GALLERY)
def test_every_fix_of_the_galleries(text: str) -> None:
    holds(text)


@st.composite
def slips(draw: st.DrawFn) -> str:
    """A right query with one or two slips."""
    text = draw(st.sampled_from(RIGHT))
    for _ in range(draw(st.integers(1, 2))):
        text = draw(st.sampled_from([*_slips(text, draw(st.integers(0, len(text) - 1)))]))
    return text


def _slips(text: str, at: int) -> Iterator[str]:
    yield text[:at] + text[at + 1 :]
    yield text[:at] + text[at] + text[at:]
    yield text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    for old, new in IDIOMS:
        if old in text:
            yield text.replace(old, new, 1)


@settings(deadline=None, max_examples=250)
@given(slips())
@example('runs where tags hasn\'t "a" and summary.acc is infinite order by summary.acc')
@example("runs where config.lr > 0.01 ordr")
@example("runs |> head(5)")
def test_every_fix_of_a_slip(text: str) -> None:
    holds(text)


@pytest.mark.parametrize("text", RIGHT)
@pytest.mark.parametrize("affix", AFFIXES)
def test_no_fix_takes_a_denial_away(text: str, affix: str) -> None:
    """A word that is denied is never written without that: no fix gives the text that says the opposite."""
    for word in ("has", "is", "exists", "contains", "startswith", "finite", "in", "between", "finished", "use_amp"):
        for before, after in ((" ", " "), (" ", "("), ('"', '"'), (".", " ")):
            plain, denied = f"{before}{word}{after}", f"{before}{affix}{word}{after}"
            if plain not in text:
                continue
            written = text.replace(plain, denied, 1)
            found = said(written)
            made = [applied(written, fix.edits) for one in found for fix in one.fixes]
            assert text not in {*made, firsts(found, written)}, written
