"""The options of a session: what `set` sets. What each does is in `script/options.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import OptionEntry

SWITCH: Final = "`on` or `off`"
THEMES: Final = ("light", "dark")
"""On what a chart stands."""

_TABLE = (
    OptionEntry(
        "max_rows N|null",
        "How many rows of an answer are shown at most.",
        "set max_rows 100; runs limit 3",
        takes="a number, or `null` for all rows",
        values=("100", "null"),
    ),
    OptionEntry(
        "names on|off",
        "Whether notices name each of several files and runs.",
        "set names on; runs limit 3",
        takes=SWITCH,
        values=("on", "off"),
    ),
    OptionEntry(
        "theme light|dark",
        "On what charts of files and notebooks stand: on white, or on a dark ground.",
        'set theme dark; runs limit 5 keys loss scan | plot | to "loss.svg"',
        takes="`light` or `dark`",
        values=THEMES,
    ),
    OptionEntry(
        'chart_size "WIDTHxHEIGHT"|null',
        "How large charts of files and notebooks are, with all that stands in them; text stays 9 points high.",
        'set chart_size "8x5cm"; runs limit 5 keys loss scan | plot | to "loss.pdf"',
        takes="a width and a height in `cm`, `mm`, `in`, `pt` or `px`, or `null`",
        values=('"8x5cm"', '"16x9cm"', "null"),
    ),
    OptionEntry(
        "chart_notes on|off",
        "Whether what a chart leaves out is said under it in files and notebooks; their metadata hold it anyway.",
        'set chart_notes off; runs limit 5 keys loss scan | plot | to "loss.svg"',
        takes=SWITCH,
        values=("off", "on"),
    ),
    OptionEntry(
        "RQLnnn on|off",
        "Whether such notices and warnings are said.",
        "set RQL211 off; runs order -lr limit 3",
        takes=SWITCH,
        values=("off", "on"),
    ),
)

OPTIONS: Final[Mapping[str, OptionEntry]] = MappingProxyType({one.name: one for one in _TABLE})
"""By name; `RQLnnn` stands for every code that can be silenced."""

CODE_OPTION: Final = OPTIONS["RQLnnn"]
