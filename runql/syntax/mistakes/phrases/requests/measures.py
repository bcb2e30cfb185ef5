"""Requests for what was measured: aggregates, values at the end or at a step, curves."""

from __future__ import annotations

from typing import Final

from runql.language.goals import less_is_better
from runql.syntax.mistakes.phrases.requests.runs import RunsPhrase, chosen_runs, keys_of_groups
from runql.syntax.mistakes.phrases.requests.words import OPENERS, RequestWords, opened
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS

FOLDS_IN_WORDS: Final = {**FOLDS, "standard deviation": "std", "spread": "std", "mean": "mean"}
_VERBS: Final = frozenset({"show", "give", "list", "get", "display"})
_EACH_RUN: Final = ("per run", "for each run", "for every run", "of each run", "of every run", "in each run", "by run")
_PLOTS: Final = ("plot", "draw", "graph", "visualize", "chart")
_CURVES: Final = ("curves", "curve", "history", "histories", "over steps", "over training", "during training")


def folded(words: RequestWords) -> list[str]:
    """`average loss per optimizer`, `max acc for each run`, `spread of acc of the finished runs by seed`."""
    opened(words)
    fold = FOLDS_IN_WORDS.get(words.take(*FOLDS_IN_WORDS), "")
    if not fold:
        return []
    words.skip("of", "the", "all")
    keys = words.fields()
    if keys and words.take(*_EACH_RUN):
        logged = ", ".join(f"{fold}(logged.{key})" for key in keys)
        return [f"runs select name, {logged}"] if fold in {"min", "max", "mean", "std", "median"} else []
    chosen = (
        (chosen_runs(words) if words.take("of", "for", "over", "across", "in", "among") else None) if keys else None
    )
    groups = keys_of_groups(words)
    if not keys or (groups is None and not words.is_over):
        return []
    by = f" {', '.join(groups)}" if groups else ""
    return [f"{(chosen or RunsPhrase()).written()} | group{by} : {', '.join(f'{fold}({key})' for key in keys)}"]


def columns(words: RequestWords) -> list[str]:
    """`final loss of every run`, `show me the loss and acc of the failed runs`, `config of the best run by loss`."""
    opened(words)
    words.skip("final", "last", "the")
    if words.take("config", "configuration", "hyperparameters", "settings", "parameters"):
        keys = ["config.*"]
    else:
        keys = words.fields()
    if not keys or not words.take("of", "for", "from", "in"):
        is_shown = words.words[0].lower in _VERBS and words.words[1].lower in {"me", "the"}
        is_told = bool(keys) and keys != ["config.*"] and is_shown and words.is_over
        return [f"runs select name, {', '.join(keys)}"] if is_told else []
    chosen = chosen_runs(words)
    return [] if chosen is None or chosen.rank else [f"{chosen.written()} select name, {', '.join(keys)}"]


def curves(words: RequestWords) -> list[str]:
    """`plot loss of the 3 best runs by acc`, `loss curves of failed runs`."""
    words.take(*OPENERS)
    is_plot = bool(words.take(*_PLOTS))
    words.skip("the", "training")
    keys = words.fields()
    is_curve = bool(words.take(*_CURVES))
    is_of = bool(words.take("of", "for", "from"))
    if not keys or not (is_curve or (is_plot and is_of)):
        return []
    chosen = chosen_runs(words) if is_of else RunsPhrase()
    if chosen is None:
        return []
    ways = [chosen.order]
    if chosen.rank:
        less = less_is_better(keys[0])
        if less is None or chosen.rank not in {"best", "worst", "top"}:
            return []
        falls = less == (chosen.rank == "worst")
        ways = [f"order {'-' if falls else ''}{keys[0]}"]
        ways += ["order -" + keys[0]] if chosen.rank == "top" and less else []
    runs = [RunsPhrase(chosen.conditions, way, chosen.limit or ("1" if chosen.rank else "")) for way in ways]
    return [f"{one.written()} keys {', '.join(keys)} | plot" for one in runs]


def after_steps(words: RequestWords) -> list[str]:
    """`loss after 100 steps`, `acc at step 50 of the failed runs`."""
    opened(words)
    key = words.field()
    if key is None:
        return []
    if words.take("after"):
        step = words.number()
        is_told = words.take("steps", "iterations", "step")
    else:
        is_told = words.take("at step", "at iteration", "in step")
        step = words.number() if is_told else None
    if not step or not is_told or not step.isdecimal():
        return []
    chosen = chosen_runs(words) if words.take("of", "for") else RunsPhrase()
    return [] if chosen is None or chosen.rank else [f"{chosen.written()} select name, at(logged.{key}, {step})"]


def smoothed(words: RequestWords) -> list[str]:
    """`smooth loss of the finished runs`."""
    words.take(*OPENERS, *_PLOTS)
    if not words.take("smooth", "smoothed", "smoothed version of"):
        return []
    keys = words.fields()
    words.take(*_CURVES)
    chosen = chosen_runs(words) if words.take("of", "for") else RunsPhrase()
    if not keys or chosen is None or chosen.rank:
        return []
    return [f"{chosen.written()} keys {', '.join(keys)} scan | smooth ema 0.9 | plot"]
