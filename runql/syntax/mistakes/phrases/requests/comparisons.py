"""Requests that compare: settings by a metric, shares, two runs."""

from __future__ import annotations

from runql.syntax.mistakes.phrases.english import order_of
from runql.syntax.mistakes.phrases.requests.runs import RANKS, chosen_runs, column_of, keys_of_groups
from runql.syntax.mistakes.phrases.requests.words import ASKING, OPENERS, RequestWords, opened


def shares(words: RequestWords) -> list[str]:
    """`percentage of failed runs per user`."""
    words.take(*ASKING)
    words.skip("the")
    if not words.take("percentage of", "fraction of", "share of", "proportion of", "percent of"):
        return []
    chosen = chosen_runs(words)
    if chosen is None or not chosen.conditions or chosen.order or chosen.limit:
        return []
    keys = keys_of_groups(words)
    by = f" {', '.join(keys)}" if keys else ""
    return [f"runs | group{by} : share({' and '.join(chosen.conditions)})"]


def best_value(words: RequestWords) -> list[str]:
    """`which optimizer has the lowest loss`, `which model gives the best acc`: of the mean, or of a single run."""
    if not words.take("which", "what"):
        return []
    key = words.field()
    if key is None or not words.take(
        "has", "gives", "gave", "had", "reaches", "reached", "gets", "got", "leads to", "achieves"
    ):
        return []
    words.skip("the", "on", "average")
    rank = words.take(*RANKS)
    metric = words.field() if rank else None
    order = order_of("highest" if rank == "top" else rank, metric) if metric else None
    if order is None or metric is None:
        return []
    falls = "-" if order.startswith("order -") else ""
    mean = column_of("mean", metric)
    return [
        f"runs | group {key} : {mean} = mean({metric}) | order {falls}{mean} | limit 1",
        f"runs {order} limit 1 select name, {key}, {metric}",
    ]


def related(words: RequestWords) -> list[str]:
    """`how does lr affect loss`, `does batch size matter for acc`, `relationship between lr and loss`."""
    other: str | None = None
    if words.take("how does", "how do", "does", "do", "how much does"):
        key = words.field()
        is_told = words.take(
            "affect", "influence", "impact", "change", "matter for", "matter to", "correlate with", "help"
        )
        words.skip("the")
        other = words.field() if is_told else None
    elif words.take(
        "effect of",
        "impact of",
        "influence of",
        "the effect of",
        "the impact of",
        "relationship between",
        "relation between",
    ):
        words.skip("the")
        key = words.field()
        other = words.field() if words.take("on", "and") else None
    else:
        return []
    if key is None or other is None:
        return []
    return [f"runs | plot scatter {key} vs {other}", f"runs | group {key} : count(), mean({other}), std({other})"]


def differences(words: RequestWords) -> list[str]:
    """`what changed between the last two runs`, `difference between the 2 best runs by loss`."""
    words.take(*OPENERS)
    words.skip("the")
    if not words.take(
        "what changed between",
        "what is different between",
        "what differs between",
        "difference between",
        "differences between",
        "compare",
        "diff",
    ):
        return []
    if (pair := words.attempt(_two_runs)) is not None:
        return [f"runs where name in ({', '.join(pair)}) | diff"]
    chosen = chosen_runs(words)
    if chosen is None or not chosen.limit or not chosen.order:
        return []
    return [f"{chosen.written()} | diff"]


def _two_runs(words: RequestWords) -> list[str] | None:
    """`run a and run b`, `runs a and b`."""
    if not words.take("run", "runs"):
        return None
    one = words.value()
    is_joined = words.take("and", "to", "with", "vs", "versus", "from", "against")
    words.skip("run")
    other = words.value() if one is not None and is_joined else None
    return None if one is None or other is None else [one, other]


def best_of_values(words: RequestWords) -> str:
    """`which optimizer is best`, `does batch size matter`: an example that leaves the metric to who asks."""
    if words.take("which"):
        words.skip("is", "the", "are")
        is_best = words.take("best")
        key = words.field()
        is_best = is_best or words.take(
            "is best", "is the best", "works best", "performs best", "is better", "was best", "wins"
        )
        return f"runs | group {key} : mean(METRIC)" if key is not None and is_best else ""
    if words.take("does", "do"):
        words.skip("the")
        key = words.field()
        return f"runs | group {key} : mean(METRIC), std(METRIC)" if key and words.take("matter", "help", "work") else ""
    return ""


def best_settings(words: RequestWords) -> str:
    """`best hyperparameters`, `show config of the best run`."""
    opened(words)
    if words.take("best hyperparameters", "best config", "best settings", "best parameters", "optimal hyperparameters"):
        return "runs order METRIC limit 1 select name, config.*"
    keys = "config.*" if words.take("config", "configuration", "hyperparameters", "settings", "parameters") else ""
    keys = keys or ", ".join(words.fields())
    chosen = chosen_runs(words) if keys and words.take("of", "for", "from") else None
    if chosen is None or not chosen.rank:
        return ""
    return f"runs order METRIC limit {chosen.limit or 1} select name, {keys}"
