"""Why no run passes: a line a term of the condition, and never more requests than counts."""

from __future__ import annotations

from typing import Any

import pytest

from runql.advice.why_empty import MOST_TERMS
from runql.errors import Unreachable
from runql.plan.capabilities import Capabilities, Trust
from runql.session import Result
from tests.session.fixtures import Lined, Watched, ask, session


class Remote(Lined):
    """A source of which each page and each count is a request."""

    fails = False

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(Trust.EXACT, Trust.EXACT)

    def runs_page(self, request: Any) -> Any:
        self.line.requests += 1
        return super().runs_page(request)

    def count(self, entity: Any, project: Any, filters: Any) -> Any:
        self.line.requests += 1
        if self.fails:
            raise Unreachable.of("RQL404", "the network is gone")
        return super().count(entity, project, filters)


def ladder(text: str, service: Watched | None = None, **params: Any) -> list[str]:
    (notice,) = [notice for notice in ask(text, service, **params).notices if notice.code == "RQL307"]
    return list(notice.hints)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("config.lr > 5", "largest is 0.11"),
        ("5 < config.lr", "largest is 0.11"),
        ("config.lr <= -1", "smallest is 0"),
        ("config.lr = 0.055", "from 0 to 0.11"),
        ("config.lr between 3 and 4", "from 0 to 0.11"),
        ("config.lr in (7, 8)", "from 0 to 0.11"),
        ('config.opt = "Adam"', 'nearest: "adam" in 6 runs'),
        ('config.opt in ("sgdd", "x")', 'nearest: "sgd" in 3 runs'),
        ('config.opt contains "AD"', 'nearest: "adam" in 6 runs'),
        ('config.opt = "rmsprop"', 'it is "adam" in 6 runs, "sgd" in 3 runs'),
        ('tags has "swep"', 'nearest: "sweep" in 12 runs'),
        ("created > 2027-01-01", "latest is 2026-01-01T11:00Z"),
        ("created < 2020-01-01", "earliest is 2026-01-01T00:00Z"),
        ("missing(config.lr)", "12 runs have a value"),
        ("summary.loss is nan", "12 runs have a value"),
        ("group = 'a'", "no run has a value"),
    ],
)
def test_one_term_says_what_its_field_holds(condition: str, said: str) -> None:
    wanted = [f"{condition} → 0 of 12 ({said})"]
    assert ladder(f"runs where {condition}", Watched(tags=["sweep"])) == wanted
    assert ladder(f"runs | where {condition}", Watched(tags=["sweep"])) == wanted


def test_of_several_terms_those_that_nothing_passes_are_marked() -> None:
    assert ladder("runs where config.lr > 5 and (state = 'failed' and  config.lr > 0.02) keys loss") == [
        "✗ config.lr > 5    → 0 of 12 (largest is 0.11); without it 5",
        "  state = 'failed' → 6 of 12; without it 0",
        "  config.lr > 0.02 → 9 of 12; without it 0",
    ]


def test_of_rows_right_of_a_pipe_the_same_is_said() -> None:
    (result,) = session().run("runs keys loss scan | where loss > 100 and _step < 1 | group : count()")
    assert isinstance(result, Result)
    assert len(result) == 1
    lines = ladder("runs keys loss scan | where loss > 100 and _step < 1 | group : count()")
    assert lines[0].startswith("✗ loss > 100 → 0 of ")
    assert "without it" in lines[1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("runs | where config.opt != 'sgd'", "incl. 3 runs without `config.opt`"),
        ("runs | where config.opt not in ('sgd') | limit 20", "incl. 3 runs without `config.opt`"),
        ("runs | group config.opt : n = count() | where config.opt != 'sgd'", "incl. 1 row without `config.opt`"),
        ("runs | derive o = config.opt | where not (o ~ 'sgd')", "incl. 3 runs without `o`"),
        (
            "runs | where config.opt not between 'b' and 'c'",
            "left out: runs without `config.opt` (3 of 12), of which the test is unknown with `not` too",
        ),
    ],
)
def test_what_a_condition_right_of_a_pipe_does_with_missing_values_is_said(asked: str, said: str) -> None:
    assert [one.message for one in ask(asked).notices if one.code in ("RQL303", "RQL330")] == [said]


@pytest.mark.parametrize("more", ["missing(config.opt)", "config.opt is null"])
def test_what_a_condition_takes_in_itself_is_not_said_to_be_left_out(more: str) -> None:
    for end, said in (("", ["RQL330"]), (f" or {more}", [])):
        asked = ask(f"runs where not (config.opt between 'b' and 'c'){end}")
        assert [one.code for one in asked.notices if one.code == "RQL330"] == said


def test_terms_that_contradict_each_other_are_marked_together() -> None:
    result = ask("runs where config.lr > 0.1 and config.lr < 0.05 and state = 'failed'")
    assert [line[0] for line in ladder("runs where config.lr > 0.1 and config.lr < 0.05 and state = 'failed'")] == [
        "✗",
        "✗",
        " ",
    ]
    (notice,) = [notice for notice in result.notices if notice.code == "RQL307"]
    assert notice.message == (
        "no run passes all the terms; without one of these there are some: `config.lr > 0.1`, `config.lr < 0.05`"
    )


def test_the_message_stands_alone() -> None:
    def message(condition: str) -> str:
        notices = ask(f"runs where {condition}").notices
        return next(notice.message for notice in notices if notice.code == "RQL307")

    assert message("config.lr > 5") == "no run passes `config.lr > 5`: largest is 0.11"
    assert message("config.lr > 5 and config.lr < -5") == "no run passes `config.lr > 5` nor `config.lr < -5`"
    assert ask("runs", Watched(0)).footer()[:2] == ("0 runs", "no run was found in `memory`")


def test_a_term_over_histories_is_named_but_not_counted() -> None:
    service = Watched()
    assert ladder("runs where min(logged.loss) < -1 and state = 'failed'", service) == [
        "✗ min(logged.loss) < -1 → not counted; without it 6",
        "  state = 'failed'      → 6 of 12",
    ]
    assert service.history_ids == [f"r{number}" for number in (1, 3, 5, 7, 9, 11)]


def test_one_run_is_the_measure_where_one_was_named() -> None:
    assert ladder("run r3 where config.lr > 5 and state = 'failed'") == [
        "✗ config.lr > 5    → 0 of 1 (largest is 0.03); without it 1",
        "  state = 'failed' → 1 of 1; without it 0",
    ]


def test_counts_of_nothing_are_explained_where_that_is_free() -> None:
    assert ladder("count runs where config.opt = 'Adam'")
    remote = Remote()
    assert int(ask("count runs where config.opt = 'Adam' and config.lr > 0", remote)) == 0
    assert remote.asked == ["count"]


def test_a_server_is_asked_for_counts_alone_and_not_for_many() -> None:
    remote = Remote()
    terms = " and ".join(f"config.lr > {number}" for number in range(20, 32))
    result = ask(f"runs where {terms}", remote)
    lines = ladder(f"runs where {terms}", Watched())
    assert len(lines) == MOST_TERMS + 1
    assert lines[-1] == "  … and 4 more terms"
    assert result.ladder()[0].startswith("RQL307 ✗ config.lr > 20 → 0 of 12 (largest is 0.11)")
    assert remote.asked == ["page"] + ["count"] * (2 * MOST_TERMS)
    assert result.footer()[-1].startswith(f"{1 + 2 * MOST_TERMS} requests, ")


def test_a_server_that_cannot_count_now_does_not_take_the_answer_back() -> None:
    remote = Remote()
    remote.fails = True
    result = ask("runs where config.lr > 5 and state = 'failed'", remote)
    assert len(result) == 0
    assert all("not counted" in line for line in result.ladder())


def test_nothing_is_said_of_an_answer_that_was_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Watched, "runs_page", interrupted)
    result = ask("runs where config.lr > 5")
    with pytest.raises(KeyboardInterrupt):
        len(result)
    assert result.notices == ()


def test_an_answer_with_runs_has_no_ladder() -> None:
    result = ask("runs where config.lr > 0.05")
    assert len(result) == 6
    assert result.ladder() == ()
    assert "RQL307" not in {notice.code for notice in result.notices}


@pytest.mark.parametrize(
    ("stages", "is_said"),
    [
        ("runs where config.lr > 5 | assert count() = 0", False),
        ("runs | where config.lr > 5 | assert count() < 3", False),
        ("runs | assert count() > 3 | where config.lr > 5", True),
        ("runs where config.lr > 5 | assert config.lr < 9", True),
    ],
)
def test_where_an_assertion_asks_for_none_it_is_not_said_why_there_is_none(stages: str, is_said: bool) -> None:
    result = ask(stages)
    assert len(result) == 0
    assert ("RQL307" in {notice.code for notice in result.notices}) is is_said


def test_it_stands_under_the_table_in_python() -> None:
    (result,) = session().run("runs where config.lr > 5 select id")
    assert isinstance(result, Result)
    assert repr(result).endswith("\n  RQL307 config.lr > 5 → 0 of 12 (largest is 0.11)")


def test_a_day_is_one_term_though_it_has_two_ends() -> None:
    _, second = ladder('runs where name = "a" and created = 2027-01-01')
    assert second == "✗ created = 2027-01-01 → 0 of 12 (latest is 2026-01-01T11:00Z); without it 0"


def test_a_day_before_all_runs_is_said_by_the_earliest() -> None:
    assert ladder("runs where created = 2020-01-01")[0].endswith("→ 0 of 12 (earliest is 2026-01-01T00:00Z)")


@pytest.mark.parametrize(("text", "word"), [("base*", "glob"), ("%line", "like")])
def test_a_pattern_behind_an_equals_sign_is_said(text: str, word: str) -> None:
    assert ladder(f'runs where name = "{text}"')[-1] == f'`=` compares whole texts; a pattern is `{word} "{text}"`'
    assert f'"{text}"`' not in ladder(f'runs where name contains "{text}"')[-1]
