"""What is offered for a mistake is right, runs, and says what was meant: rows as people of other tools write them."""

from __future__ import annotations

import pytest

from runql.session import Session
from runql.text.diagnostic import Diagnostic
from runql.text.proof import applied

OFFERED = [
    # What is written, and what the first fix of each mistake makes of it together.
    ('runs where tags hasnt "a"', 'runs where tags !has "a"'),
    ('runs where tags hasn\'t "a"', 'runs where tags !has "a"'),
    ('runs where tags has not "a"', 'runs where tags !has "a"'),
    ('runs where tags doesn\'t have "a"', 'runs where tags !has "a"'),
    ('runs where tags does not contain "a"', 'runs where tags not contains "a"'),
    ('runs where tags without "a"', 'runs where tags !has "a"'),
    ('runs where name does not contain "a"', 'runs where name not contains "a"'),
    ("runs where notexists(config.lr)", "runs where missing(config.lr)"),
    ("runs where config.lr notexists", "runs where missing(config.lr)"),
    ("runs where config.lr is not set", "runs where missing(config.lr)"),
    ("runs where config.lr is set", "runs where exists(config.lr)"),
    ("runs where config.lr isnot null", "runs where config.lr is not null"),
    ("runs where config.lr isn't null", "runs where config.lr is not null"),
    ("runs where state isnt finished", 'runs where state != "finished"'),
    ("runs where config.lr not > 0.1", "runs where not config.lr > 0.1"),
    ("runs where config.lr is not less than 0.1", "runs where not config.lr < 0.1"),
    ("runs where isinf(summary.acc)", "runs where summary.acc in (inf, -inf)"),
    ('runs where config.optimizer = ["adam"]', 'runs where config.optimizer in ("adam")'),
    ('runs where config.optimizer = ["adam", "sgd"]', 'runs where config.optimizer in ("adam", "sgd")'),
    ('runs where "lr" in config', "runs where exists(config.lr)"),
    ("runs where 'lr' not in config", "runs where missing(config.lr)"),
    ('runs where "a" not in tags', 'runs where tags !has "a"'),
    ('runs where "ada" in config.optimizer', 'runs where config.optimizer contains "ada"'),
    ("runs where config.model.depth // 2 = 1", "runs where floor(config.model.depth / 2) = 1"),
    ("runs where config.lr > 1 // words", "runs where config.lr > 1 # words"),
    ("runs select count(*)", "count runs"),
    ("runs where config.lr > 0.1 select count(*)", "count runs where config.lr > 0.1"),
    ("runs | group config.optimizer : n = count(*)", "runs | group config.optimizer : n = count()"),
    ("runs top 5 by summary.acc", "runs order -summary.acc limit 5"),
    ("runs | top 5 by summary.acc", "runs | order -summary.acc | limit 5"),
    ("runs bottom 5 by summary.acc", "runs order summary.acc limit 5"),
    ("runs[:5]", "runs limit 5"),
    ("runs[0]", "runs limit 1"),
    ("runs where created is today", "runs where created = today"),
    ("runs where created is not today", "runs where created != today"),
    ("runs keys loss, config.lr", "runs keys loss select config.lr"),
    ("runs keys config.lr", "runs select config.lr"),
    ('runs where metric.name == "loss"', "runs where exists(logged.loss)"),
    ('runs where config.lr = "NaN"', "runs where config.lr is nan"),
    ('runs where config.lr != "nan"', "runs where config.lr is not nan"),
    ('runs where name ~ "*a"', 'runs where name glob "*a"'),
    (
        "runs select summary.acc as hi, summary.loss as base | derive a = hi/base",
        "runs select summary.acc as hi, summary.loss as base | derive a = hi / base",
    ),
    ("runs where summary.acc/summary.loss > 1", "runs where summary.acc / summary.loss > 1"),
    ("runs where has config.lr", "runs where exists(config.lr)"),
    ('runs where config.optimizer nin ("a")', 'runs where config.optimizer not in ("a")'),
    ('runs where name ~ "x"i', 'runs where name ~* "x"'),
    ("runs keys max(loss)", "runs select max(logged.loss)"),
    ("runs[5:10]", "runs limit 5 offset 5"),
    ('api.run("demo/ujehh0om")', "run ujehh0om from demo"),
    ("runs where config.lr > 0.1 or or config.lr < 3", "runs where config.lr > 0.1 or config.lr < 3"),
    ("runs where config.lr > 0.1 and and state = 'failed'", "runs where config.lr > 0.1 and state = 'failed'"),
    ("runs where config.lr in [0.01..0.1]", "runs where config.lr between 0.01 and 0.1"),
    ("runs where created > 2026-01-12 10:00", "runs where created > 2026-01-12T10:00"),
    ("runs where created > 1736000000", "runs where created > 2025-01-04T14:13:20Z"),
    ("runs where created > 1736000000000", "runs where created > 2025-01-04T14:13:20Z"),
    ("runs where tags has none", "runs where len(tags) = 0"),
    ("runs where created > last 7 days", "runs where created > 7d ago"),
    ("runs where config.lr ＞ 0.1", "runs where config.lr > 0.1"),
    ('runs where config.lr>0.1and state="finished"', 'runs where config.lr>0.1 and state="finished"'),
    ("SELECT DISTINCT config.optimizer FROM runs", "runs | select config.optimizer | distinct"),
    ('runs where config.optimizer %in% c("adam", "sgd")', 'runs where config.optimizer in ("adam", "sgd")'),
    # Several slips in one line.
    ('runs wher tags hasnt "a" and created is today ordr by -created', None),
    ('runs where "lr" in config and config.lr isnot null and state isnt finished top 5 by summary.acc', None),
    ('use demo; runs where tags hasnt "a"; runs wher "lr" not in config', None),
]
NOTHING = [
    # What cannot be written yet, or was not one thing: a sentence, and no edit that would mean another.
    *[
        "runs keys loss*2 scan",
        'delete runs where state = "failed"',
        'update runs set name = "x"',
        "runs where summary.acc is nonfinite",
    ],
    *['runs where state = "unfinished"', "runs where frobnicate(config.lr) > 1", "runs where config.lr != 0.1 or 0.2"],
]


@pytest.fixture(scope="module")
def session() -> Session:
    return Session("demo")


def errors(session: Session, text: str) -> list[Diagnostic]:
    return [one for one in session.check(text) if one.is_error]


@pytest.mark.parametrize(("written", "right"), OFFERED, ids=[written for written, _ in OFFERED])
def test_what_is_offered_is_right_and_runs(session: Session, written: str, right: str | None) -> None:
    edits = [
        edit for one in session.check(written) if one.severity != "notice" and one.fixes for edit in one.fixes[0].edits
    ]
    made = applied(written, edits)
    assert right is None or made == right
    if made != written:
        assert not errors(session, made)
        session.run(made)


@pytest.mark.parametrize("written", NOTHING)
def test_nothing_is_offered_that_means_something_else(session: Session, written: str) -> None:
    found = [one for one in session.check(written) if one.severity != "notice"]
    assert len(found) == 1
    assert found[0].hints or "only reads" in found[0].message or "must follow" in found[0].message
    assert not found[0].fixes
    assert "functions are" not in "".join(found[0].hints)


@pytest.mark.parametrize(
    "written",
    [
        "runs | derive m = bad | where m > 1",
        "runs | derive m = bad, k = m * 2 | where k > 1 | order m",
        "runs select bad as m | where m > 1",
        "runs | group bad as b : n = count() | order b",
        "runs | rename bad as b | where b > 1",
    ],
)
def test_what_follows_from_a_mistake_is_not_said(session: Session, written: str) -> None:
    assert len(errors(session, written)) == 1


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("runs where summary.val-acc > 0.5", "nearest: `summary.val/acc` (61 of 64 runs)"),
        ("runs where config.batch-size > 4", "nearest: `config.batch_size` (64 of 64 runs)"),
        ("runs order val-loss", "nearest: `summary.val/loss` (61 of 64 runs)"),
        ("runs where loss-acc > 0", "the subtraction is written `loss - acc`"),
    ],
)
def test_of_two_readings_one_with_known_names_is_offered_or_what_is_near(
    session: Session, written: str, hint: str
) -> None:
    (found,) = errors(session, written)
    assert found.hints == (hint,)
    assert len(found.fixes) == (not hint.startswith("nearest"))
