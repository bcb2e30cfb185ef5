"""What is pasted from elsewhere is read as a query, and said before it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runql
from runql.config import ServerSettings, Settings
from runql.errors import QueryError, SourceError
from runql.script.pasted import Foreign, check_server, read
from runql.syntax import parse

W = "https://wandb.ai/acme/vision"
READ = [
    (W, "runs from acme/vision"),
    (f"{W}/", "runs from acme/vision"),
    (f"{W}/workspace?nw=abc", "runs from acme/vision"),
    (f"{W}/table", "runs from acme/vision"),
    (f"{W}/runs/x1y2z3", "run x1y2z3 from acme/vision"),
    (f"{W}/runs/x1y2z3/logs?nw=nwuserada", "run x1y2z3 from acme/vision"),
    (f"{W}/sweeps", "runs from acme/vision with sweeps"),
    (f"{W}/sweeps/q7", "sweep q7 from acme/vision"),
    (f"{W}/groups/seed%20study/workspace", 'runs from acme/vision where group = "seed study"'),
    ("wandb.ai/acme/my-proj/runs/a", "run a from acme/my-proj"),
    ("http://127.0.0.1:8080/acme/vision/runs/a", "run a from acme/vision"),
    ("https://forge.coreweave.com/wandb/acme/vision/runs/a", "run a from acme/vision"),
    ("https://ml.example.org/wandb/acme/vision/runs/a", "run a from acme/vision"),
    ('{"config.lr": {"$gt": 0.01}, "config.flag": true, "tags": null}',
     "runs where config.lr > 0.01 and config.flag = true and untagged"),
    ("{'config.lr': {'$gt': 0.01}, 'summary_metrics.ok': None}", "runs where config.lr > 0.01 and summary.ok is null"),
    ('filters={"state": "failed"}, order="-summary_metrics.loss"', 'runs where state = "failed" order -summary.loss'),
    ('api.runs("acme/vision", {"state": "finished"}, order="-created_at")',
     'runs from acme/vision where state = "finished" order -created'),
    ("metrics.acc > 0.9 and params.model = 'vit' and attributes.status = 'FINISHED' order by metrics.acc DESC",
     'runs where summary.acc > 0.9 and config.model = "vit" and state = "finished" order -summary.acc'),
    ("metrics.`val acc` >= .9 AND params.\"lr\" = '0.01'", "runs where summary.`val acc` >= 0.9 and config.lr = 0.01"),
    ("params.m IN ('a', 'b') and params.n not in ('c') and params.x is not null",
     'runs where config.m in ("a", "b") and config.n not in ("c") and config.x is not null'),
    ("params.m LIKE '%vit%' and attributes.run_name not ilike 'a_'",
     'runs where config.m contains "vit" and not name ~* "^a.$"'),
    ("attributes.start_time > 1700000000000", "runs where created > 2023-11-14T22:13:20Z"),
    ('db.runs.find({"config.lr": 1})', "runs where config.lr = 1"),
    ("tags.mlflow.runName = 'x'", 'runs where name = "x"'),
    ('Config("lr") > 0.1 and Metric("State") == "finished"', 'runs where config.lr > 0.1 and state = "finished"'),
    ("Config('a') = 'x=1' and SummaryMetric('val/loss') <= 0.5",
     'runs where config.a = "x=1" and summary.val/loss <= 0.5'),
    ("(Config('a') == 1 or Summary('b') >= 2) and Metric('CreatedTimestamp') within_last 5 days",
     "runs where created >= 5d ago and (config.a = 1 or summary.b >= 2)"),
    ("0.1 < Config('lr') <= 0.5", "runs where config.lr > 0.1 and config.lr <= 0.5"),
    ("Tags() in ['a', 'b'] and not (ws.Config('x').isin([1, 2]))",
     'runs where tags has any ("a", "b") and config.x not in (1, 2)'),
    ("[Config('lr') >= 1, Metric('Name') == 'x']", 'runs where config.lr >= 1 and name = "x"'),
    ("Or(Config('a') == 1, Config('b') == None)", "runs where config.a = 1 or config.b is null"),
    ("config.lr>=0.1 has:acc adam",
     'runs where config.lr >= 0.1 and exists(acc) and any_field ~* "adam"'),
    ("config:adam !cfg:0.1 -cfg!=3",
     'runs where config.* ~* "adam" and not config.* ~* "0.1" and not not config.* = 3'),
    ("name:'my run' -tag:old | cfg.lr>.5",
     'runs where name ~* "my run" and not tags has "old" or config.lr > 0.5'),
    ("has:val/loss not cfg.opt:ada",
     'runs where exists(val/loss) and not (exists(config.opt) and config.opt ~* "ada")'),
    ("`lr`:float > 0.01", "runs where lr > 0.01"),
    ("(`lr`:float > .01) AND (`sys/tags`:stringSet CONTAINS \"a\")", 'runs where (lr > 0.01) and (tags has "a")'),
    ('NOT `m`:string = "x" OR min(`metrics/loss`:floatSeries) < 1',
     'runs where not m = "x" or min(logged.metrics/loss) < 1'),
    ('search_runs(filter_string="metrics.acc > 0.9", order_by=["metrics.acc DESC"], max_results=5)',
     "runs where summary.acc > 0.9 order -summary.acc limit 5"),
]  # fmt: skip
OURS = [
    "runs",
    "runs where config.lr > 0.01",
    "runs where metrics.acc > 1",
    "metrics.acc",
    "metrics.acc > 0.9 or params.x = 'a'",
    "status = 'FINISHED'",
    "lr > 0.1",
    "{",
    '{"config.lr": {$gt: 1}}',
    "api.runs(path)",
    "runs(",
    "acme/vision",
    "",
    "adam",
    "config.lr>=0.1",
    "runs has:acc",
    "has:acc limit 10",
    "has:acc and",
    "name: x",
    "group x : n = count()",
    "runs | group config.m : n = count()",
    "param least: float = 1",
    "runs where `lr`:float > 1",
    "`lr` > 1",
    "`lr`:float",
    "`lr`:float > 0.01 order x",
    "Config('lr') > 0.1 order Summary('x')",
    "Config(" * 3000,
    "max(Config) > 1",
]


@pytest.mark.parametrize(("text", "query"), READ)
def test_what_is_read(text: str, query: str) -> None:
    found = read(f" {text}\n")
    assert found is not None
    assert found.query == query
    assert parse(query).ok
    assert read(query) is None


@pytest.mark.parametrize("text", OURS)
def test_what_is_left_to_the_parser(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"lr": 1}', "at lr: no field `lr` in W&B's filters"),
        ('{"$or": [{"state": "a"}, {"config.x": {"$mod": [2, 0]}}]}', "at $or[1].config.x.$mod: "),
        (f"{W}/reports/Notes--Vmlldzo", "the page `reports` of an address shows no runs"),
        ("https://wandb.ai/acme", "this address names no project"),
        ("https://wandb.ai/home", "this address names no project"),
        ('{"tags": {"$in": ["lr"', "this filter ends before its last `]}}`"),
        ("{'config.lr': {'$gt': '}'}", "this filter ends before its last `}`"),
        ('{"config.lr": {"$gt": 1}, "config.lr": {"$lt": 3}}', "`config.lr` stands twice in one dict"),
        ("{'$or': [{'state': 'a', 'state': 'b'}]}", "`state` stands twice in one dict"),
        ('api.runs("acme/vision", {"state": "a", "state": "b"})', "`state` stands twice in one dict"),
    ],
)
def test_what_cannot_be_said_has_a_way_out(text: str, message: str) -> None:
    with pytest.raises(QueryError) as raised:
        read(text)
    said = raised.value.diagnostics[0]
    assert said.message.startswith(message)
    assert said.hints


def test_a_filter_with_its_last_bracket_is_what_is_offered() -> None:
    with pytest.raises(QueryError) as raised:
        read('{"$or": [{"config.lr": {"$gt": 1}}, {"tags": "}"}')
    assert raised.value.diagnostics[0].hints == ('with it, it reads `runs where config.lr > 1 or tags has "}"`',)
    assert read('{"config.lr": [}') is None


def test_what_was_understood_how_is_noted() -> None:
    tagged = read("tags.team = 'vision' and params.lr = '0.1'")
    assert tagged is not None
    assert "was read as `config.team`" in tagged.notes[0]
    assert "numbers" in tagged.notes[1]
    page = read(f"{W}/workspace?nw=x")
    assert page is not None
    assert "not in its address" in page.notes[0]
    call = read('api.runs("a/b", {"state": "failed"}, timeout=3)')
    assert call is not None
    assert call.notes == ("left out: `timeout`",)


def asks(host: str, env: dict[str, str], folder: Path) -> None:
    found = Foreign("runs from acme/vision", "W&B address", "acme/vision", host)
    check_server(found, Settings(folder=folder, server=ServerSettings(env=env, home=folder)))


@pytest.mark.parametrize(
    ("host", "env"),
    [
        ("wandb.ai", {}),
        ("app.wandb.ai", {}),
        ("forge.coreweave.com", {}),
        ("localhost:8080", {"WANDB_BASE_URL": "http://localhost:8080"}),
        ("wandb.example.org", {"WANDB_BASE_URL": "https://wandb.example.org"}),
        ("app.example.org", {"WANDB_BASE_URL": "https://api.example.org"}),
    ],
)
def test_an_address_is_asked_where_it_leads(host: str, env: dict[str, str], tmp_path: Path) -> None:
    asks(host, env, tmp_path)


@pytest.mark.parametrize(
    ("host", "env", "way"),
    [
        ("wandb.ai", {"WANDB_BASE_URL": "http://localhost:8080"}, "WANDB_BASE_URL=https://api.wandb.ai"),
        ("wandb.example.org", {}, "WANDB_BASE_URL=https://wandb.example.org"),
    ],
)
def test_another_server_is_never_asked_instead(host: str, env: dict[str, str], way: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        asks(host, env, tmp_path)
    assert host in raised.value.diagnostics[0].message
    assert way in raised.value.diagnostics[0].hints[0]


def test_nor_a_folder_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "acme" / "vision").mkdir(parents=True)
    with pytest.raises(SourceError, match="hides the project"):
        asks("wandb.ai", {}, tmp_path)


_PIECES = """metrics.a|params.`b c`|tags.x| = | > |'v'|1| and | order by | desc|,|like |(|https://wandb.ai|/|acme|runs|{|}|\
"config.x"|:|$gt|[|]|null|api.runs(|)"""
_pieces = st.lists(st.sampled_from(_PIECES.split("|")), max_size=12).map("".join)


@settings(deadline=None, max_examples=300)
@given(st.one_of(_pieces, st.text(max_size=40)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text)
    except QueryError as error:
        assert error.diagnostics[0].message
        return
    assert found is None or parse(found.query).ok


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Metric('loss') < 1", 'SummaryMetric("loss")'),
        ("Config('lr') * 2 > 3", "names no field"),
        ("KeysInfo('x') == 1", "names no field"),
        ("Config('a') == 1 or Metric('CreatedTimestamp') within_last 5 days", "created >= 5d ago"),
        ("project:vision has:acc", "runs from ENTITY/PROJECT"),
        ("cfg.lr>abc", "compares with numbers"),
        ("`sys/failed`:bool = True", "no field of a run"),
        ("variance(`x`:floatSeries) > 1", "nothing that RunQL computes"),
    ],
)
def test_what_no_query_can_say_is_told(text: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        read(text)
    (said,) = error.value.diagnostics
    assert said.code == "RQL108"
    assert message in f"{said.message} {said.hints}"


def test_python_reads_them_and_says_so() -> None:
    result = runql.query("Config('optimizer') == 'adam' and Metric('State') == 'finished'", source="demo")
    own = runql.query('runs where config.optimizer = "adam" and state = "finished"', source="demo")
    assert result.frame == own.frame
    (said,) = (one for one in result.notices if one.code == "RQL112")
    assert 'config.optimizer = "adam"' in said.message


def test_what_leet_finds_though_a_field_is_missing() -> None:
    """A negated test holds of runs that lack the field, as it does there."""
    runs = runql.query("count runs", source="demo").value
    for text in ("-notes:zzz has:name", "!zzz has:name", "-cfg.momentum=5 has:name"):
        found = read(text)
        assert found is not None
        assert runql.query(f"count {found.query}", source="demo").value == runs
