"""What is offered for calls and phrases of others means the same: each text, and the one that its fixes make of it."""

from __future__ import annotations

import pytest

import runql
from runql.api import Connection
from runql.errors import QueryError
from tests.cases.floors import apply

DERIVED = {
    "strpos(name, 'adam')": "number(name contains 'adam') * (len(split(name, 'adam', 0)) + 1)",
    "charindex('adam', name)": "number(name contains 'adam') * (len(split(name, 'adam', 0)) + 1)",
    "position('adam' in name)": "number(name contains 'adam') * (len(split(name, 'adam', 0)) + 1)",
    "indexof(name, 'adam')": "number(name contains 'adam') * (len(split(name, 'adam', 0)) + 1) - 1",
    "regexp_matches(name, '^lr')": "name ~ '^lr'",
    "ltrim(name)": 'replace(name, re "^\\\\s+", "")',
    "trim(both ' ' from name)": "trim(name)",
    "paste(name, state)": 'concat(name, " ", state)',
    "name.str.len()": "len(name)",
    "weekofyear(created)": 'number(format(created, "%V"))',
    "datediff('hour', created, updated)": "floor(number(updated) / 3600) - floor(number(created) / 3600)",
    "datediff(updated, created)": "round((date(updated) - date(created)) / 86400)",
    "datetime_diff('day', updated, created)": "round((date(updated) - date(created)) / 86400)",
    "timestampdiff(minute, created, updated)": "floor((updated - created) / 60)",
    "to_char(created, 'YYYY-MM-DD HH24:MI')": "format(created, '%Y-%m-%d %H:%M')",
    "format_datetime(created, 'yyyy-MM-dd HH:mm')": "format(created, '%Y-%m-%d %H:%M')",
    "date_format(created, '%H:%i')": "format(created, '%H:%M')",
    "created.dt.floor('h')": "time(floor(number(created) / 3600) * 3600)",
    "created.dt.day_name()": 'format(created, "%A")',
    "config.momentum ?? config.lr ?? 0": "coalesce(config.momentum, config.lr, 0)",
    "summary.acc > 0.9 ? 'good' : 'bad'": "if(summary.acc > 0.9, 'good', 'bad')",
    "summary.acc > 0.9 ? (config.lr > 0.1 ? 2 : 3) : 1": "if(summary.acc > 0.9, (if(config.lr > 0.1, 2, 3)), 1)",
    "case config.optimizer when 'adam' then 1 else 0 end": "if(config.optimizer = 'adam', 1, 0)",
    "mod(config.seed, 2)": "config.seed % 2",
    "np.where(summary.acc > 0.9, 1, 0)": "if(summary.acc > 0.9, 1, 0)",
    "as.Date(created)": "date(created)",
    "created.dt.month": 'number(format(created, "%m"))',
    "created.dt.dayofweek": "weekday(created) - 1",
    "quarter(created)": 'ceil(number(format(created, "%m")) / 3)',
    "dateadd(hour, 7, created)": "created + 7h",
    "created + interval 7 day": "created + 7d",
    "summary.acc.quantile(0.9)": "percentile(summary.acc, 90) over all",
    "summary.acc.shift(1, fill_value=0)": "coalesce(lag(summary.acc) over all, 0)",
    "pl.when(pl.col('config.lr') > 0.1).then(1).when(config.lr > 0.01).then(2)": "if(config.lr > 0.1, 1, "
    "if(config.lr > 0.01, 2, null))",
    "F.when(config.lr > 0.1, 'a').otherwise('b')": "if(config.lr > 0.1, 'a', 'b')",
    "name.str.split(' ').list.get(0)": "split(name, ' ', 0)",
    "name.str.split(' ').list.last()": "split(name, ' ', -1)",
    "name.str.split(' ').list.len()": "len(split(name, ' '))",
    "name.str.split(' ', expand=True)": "split(name, ' ')",
}
"""Values as others write them, and as they are written here."""

SEVERAL = 4
"""So many stand in one query, for each check of a query takes its time."""

QUERIES = {
    "runs where summary.acc = max(summary.acc)": "runs where summary.acc = value(runs | group : max(summary.acc))",
    "runs | group all : count()": "runs | group : count()",
    "runs | name.startswith('lr')": "runs | where name startswith 'lr'",
    "runs r where r.config.lr > 0.1": "runs where config.lr > 0.1",
    "runs where summary.acc > 0.8 except runs where summary.acc > 0.9": "runs where summary.acc > 0.8 "
    "| join anti (runs where summary.acc > 0.9) on id",
    "select a.name, b.name from runs a join runs b on a.config.seed = b.config.seed and a.id < b.id": "runs | join "
    "(runs select config.seed, name as b_name, id as b_id) on config.seed | where id < b_id | select name, b_name",
    "select avg(a) from (select summary.acc as a from runs) t where t.a > 0.5": "runs select summary.acc as a "
    "| where a > 0.5 | group : mean(a)",
    "select * from (select name, row_number() over (partition by config.seed order by summary.acc desc) as rn "
    "from runs) where rn <= 2": "runs | select name, row_number() over config.seed order -summary.acc as rn "
    "| where rn <= 2",
    "let m = toscalar(runs | group : max(summary.acc)); runs where summary.acc = m": "let m = runs "
    "| group : max(summary.acc); runs where summary.acc = value(runs from m)",
    "runs | group config.optimizer : avgif(summary.acc, config.seed > 1)": "runs | group config.optimizer : "
    "mean(if(config.seed > 1, summary.acc, null))",
    "runs | group config.optimizer : percentile_cont(0.9) within group (order by summary.acc)": "runs "
    "| group config.optimizer : percentile(summary.acc, 90)",
    "select date_trunc('month', created) m, count(*) c from runs group by m": "runs | group month(created) as m : "
    "c = count()",
    "runs | drop_duplicates('config.optimizer')": "runs | distinct by config.optimizer",
    "runs | top_k(3, by='summary.acc')": "runs | order -summary.acc | limit 3",
    "runs | distinct(config.optimizer)": "runs | select config.optimizer | distinct",
    "runs | filter(between(summary.acc, 0.5, 0.9))": "runs | where summary.acc between 0.5 and 0.9",
    "runs | filter(config.optimizer == 'adam')": "runs | where config.optimizer == 'adam'",
    "runs | where name.str.match('lr.*')": "runs | where name ~ '^(?:lr.*)'",
    "runs | where name.str.contains('lr.0')": "runs | where name ~ 'lr.0'",
    "runs | filter(summary.acc == max(summary.acc))": "runs | where summary.acc == max(summary.acc) over all",
    "runs | group config.optimizer : max_by(name, summary.acc)": "runs | group config.optimizer : "
    "argmax(summary.acc, name)",
    "select name, avg(summary.acc) over (order by created rows 2 preceding) m from runs": "runs "
    "| select name, mean(summary.acc, last 3) over all order created as m",
    "runs where created > date '2026-01-13'": 'runs where created > time("2026-01-13")',
    "runs where created >= date '2026-01-13'": "runs where created >= 2026-01-13",
    "runs where summary.acc is distinct from 1": "runs where summary.acc != 1",
    "runs | project name, age = now() - created": "runs | select name, now - created as age",
    "select name || '-' || state from runs": "runs select concat(name, '-', state)",
    "select name, rank() over w as r from runs window w as (partition by config.seed order by summary.acc)": "runs "
    "| select name, rank() over config.seed order summary.acc as r",
    "runs where (config.optimizer, config.seed) in (('adam', 1), ('sgd', 2))": "runs "
    "where (config.optimizer = 'adam' and config.seed = 1 or config.optimizer = 'sgd' and config.seed = 2)",
    "runs where (config.optimizer, config.seed) not in (('adam', 1))": "runs "
    "where not (config.optimizer = 'adam' and config.seed = 1)",
    "runs | drop_duplicates(subset=['config.optimizer'], keep='last')": "runs | last 1 by config.optimizer",
    "runs | drop_duplicates(subset=['config.optimizer', 'config.seed'], keep=False)": "runs "
    "| derive copies = count() over (config.optimizer, config.seed) | where copies = 1 | drop copies",
    "let b = runs | select id, name as other; select name, other from runs, b where runs.id = b.id": "let b = runs "
    "| select id, name as other; runs | join b on id | select name, other",
    "runs where summary.acc is not distinct from 1": "runs where summary.acc = 1",
    "runs where summary.acc is not distinct from null": "runs where summary.acc is null",
    "runs where summary.acc is not distinct from summary.loss": "runs "
    "where (summary.acc = summary.loss or summary.acc is null and summary.loss is null)",
    "runs where rank() over (partition by config.seed order by summary.acc desc) = 1 limit 4": "runs "
    "| where rank() over config.seed order -summary.acc = 1 | limit 4",
    "runs.groupby('config.seed')['summary.acc'].rank()": "runs | derive rank() over config.seed order summary.acc",
    "df.groupby('config.seed')['summary.acc'].transform('mean')": "runs | derive mean(summary.acc) over config.seed",
    "runs | group_by(config.optimizer) | summarise(m = mean(summary.acc, na.rm = TRUE), k = n())": "runs "
    "| group config.optimizer : m = mean(summary.acc), k = count()",
    "runs | summarise(m = mean(summary.acc, na.rm=TRUE))": "runs | group : m = mean(summary.acc)",
    "runs | with_columns(pl.when(pl.col('summary.acc') > 0.9).then(pl.lit('a')).otherwise(0).alias('q'))": "runs "
    "| derive q = if(summary.acc > 0.9, 'a', 0)",
    "select substr(name, 1, 3) as k, count(*) from runs group by substr(name, 1, 3)": "runs "
    "| group substr(name, 0, 3) as k",
    "select substr(name, 2) from runs": "runs select substr(name, 1)",
    "select percentile_cont(0.5) within group (order by summary.acc) from runs": "runs "
    "| group : percentile(summary.acc, 50)",
    "with b as (select config.optimizer, max(summary.acc) m from runs group by 1) select * from b where m > 0.9": "let "
    "b = runs | group config.optimizer : m = max(summary.acc); runs from b | where m > 0.9",
    "runs | corr config.lr, summary.acc": "runs | select config.lr, summary.acc | corr summary.acc",
    "df.loc[df['summary.acc'].idxmax()]": "runs | order -summary.acc | limit 1",
    "runs | join (runs select name, summary.loss as l) on id = name": "runs | join (runs "
    "select name, summary.loss as l | rename name as other_name) on id = other_name",
    "runs.groupby('config.optimizer').agg({'summary.acc': ['mean', 'min']})": "runs | group config.optimizer : "
    "mean(summary.acc), min(summary.acc)",
}


@pytest.fixture(scope="module")
def demo() -> Connection:
    return runql.connect("demo")


def mended(text: str, demo: Connection) -> str:
    """What comes of a text by the first fixes of its errors, until it runs."""
    for _ in range(4):
        try:
            demo.query(text)
        except QueryError as error:
            text = apply([one.fixes[0].edits for one in error.diagnostics if one.is_error and one.fixes], text)
        else:
            return text.strip()
    raise AssertionError(f"no fix makes it run: {text}")


@pytest.mark.parametrize("first", range(0, len(DERIVED), SEVERAL))
def test_values_of_others(first: int, demo: Connection) -> None:
    pairs = list(DERIVED.items())[first : first + SEVERAL]
    theirs, ours = (", ".join(f"x{at} = {pair[side]}" for at, pair in enumerate(pairs)) for side in (0, 1))
    assert mended(f"runs | derive {theirs}", demo) == f"runs | derive {ours}"


@pytest.mark.parametrize(("theirs", "ours"), QUERIES.items())
def test_a_query_of_others(theirs: str, ours: str, demo: Connection) -> None:
    assert mended(theirs, demo) == ours


def test_what_means_something_else_is_not_offered(demo: Connection) -> None:
    for text in ("summary.acc.rolling(3, center=True).mean()", "summary.acc.std(ddof=0)", "summary.acc.diff(2)"):
        with pytest.raises(QueryError) as caught:
            demo.query(f"runs | derive x = {text}")
        assert not [fix for one in caught.value.diagnostics for fix in one.fixes]


def test_what_is_offered_for_values_means_the_same(demo: Connection) -> None:
    """By Python, for those that are not the same call under another name."""
    keys = ("strpos(name, 'adam')", "indexof(name, 'adam')", "datediff(updated, created)")
    columns = ", ".join(f"c{at} = {DERIVED[key]}" for at, key in enumerate(keys))
    text = f"runs | derive {columns} | select name, created, updated, c0, c1, c2"
    columns_of = demo.query(text).frame.columns
    rows = list(zip(*columns_of.values(), strict=True))
    assert len(rows) == 64
    for name, created, updated, *found in rows:
        place = name.find("adam")
        assert found == [place + 1, place, (updated.date() - created.date()).days]
