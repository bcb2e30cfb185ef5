"""The functions of texts. Their bodies stand in `engine/text_functions.py`."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Function, Parameter
from runql.language.kinds import ANYTHING, NUMBER, SIZED, TEXT, Kind

_TEXT = Parameter("text", TEXT)
_PART = Parameter("old", TEXT, takes_regex=True)

TEXTS: Final = (
    Function(
        "lower",
        (Parameter("text", TEXT),),
        Kind.TEXT,
        "The text in small letters.",
        'runs where lower(name) contains "baseline"',
    ),
    Function(
        "upper",
        (Parameter("text", TEXT),),
        Kind.TEXT,
        "The text in capitals.",
        'runs where upper(config.optimizer) = "SGD"',
    ),
    Function(
        "len",
        (Parameter("value", SIZED),),
        Kind.NUMBER,
        "The length of a text or a list.",
        "runs where len(tags) > 1",
    ),
    Function(
        "concat",
        (Parameter("a", ANYTHING), Parameter("b", ANYTHING, repeated=True)),
        Kind.TEXT,
        "The values as texts, one behind the other; missing where one of them is null or missing.",
        'runs select concat(config.optimizer, "-", config.batch_size) as setting limit 3',
    ),
    Function(
        "replace",
        (_TEXT, _PART, Parameter("new", TEXT)),
        Kind.TEXT,
        "The text with each `old` replaced; behind `re` stands a regular expression, and `\\1` is its first group.",
        'runs select name, replace(name, re "s([0-9]+)$", "seed \\1") as title limit 3',
    ),
    Function(
        "substr",
        (_TEXT, Parameter("start", NUMBER), Parameter("n", NUMBER, optional=True)),
        Kind.TEXT,
        "The characters from a place on, all or so many. Places count from 0, negative ones from the end.",
        "runs | group substr(name, 0, 3) : count()",
    ),
    Function(
        "split",
        (
            _TEXT,
            Parameter("by", TEXT, takes_regex=True, offers=('"_"', '"-"', '" "', '"/"')),
            Parameter("place", NUMBER, optional=True, offers=("0", "1", "-1")),
        ),
        Kind.UNKNOWN,
        "The parts between separators as a list; with a place that part, from 0 or, negative, from the end.",
        'runs | group split(name, " ", 1) as kind : count()',
    ),
    Function(
        "extract",
        (
            _TEXT,
            Parameter("regex", TEXT, takes_regex=True, written_out=True),
            Parameter("group", NUMBER, optional=True),
        ),
        Kind.TEXT,
        "What a regular expression finds: its first group if it has one, else all of it; missing if it finds nothing.",
        'runs where extract(name, "s([0-9]+)$") = "1"',
    ),
    Function(
        "trim",
        (_TEXT, Parameter("characters", TEXT, optional=True)),
        Kind.TEXT,
        "The text without white space, or without these characters, at its ends.",
        'runs where trim(lower(config.optimizer)) = "adam"',
    ),
)
