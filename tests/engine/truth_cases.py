"""The truth of every test of one field, for every sort of value that a run can hold under it.

`TABLE` is text so that it can be read as a table, and so that any backend can be held to it: the left side is
RunQL, each letter is the truth for a run whose `config` is the one of that column: `T` true, `F` false, `?` unknown.
"""

from __future__ import annotations

import math
from typing import Any

CONFIGS: dict[str, dict[str, Any]] = {
    "absent": {},
    "null": {"x": None},
    "None": {"x": "None"},
    "0": {"x": 0},
    "1": {"x": 1},
    "1.5": {"x": 1.5},
    "empty": {"x": ""},
    "nan": {"x": math.nan},
    "inf": {"x": math.inf},
    "-inf": {"x": -math.inf},
    "[]": {"x": []},
    "list": {"x": ["a", 1, None]},
    "'1'": {"x": "1"},
    "'abc'": {"x": "abc"},
    "'Abc'": {"x": "Abc"},
    "true": {"x": True},
    "false": {"x": False},
    "{}": {"x": {}},
    "record": {"x": {"a": 1}},
}
"""The config of a run by the name of its column."""

TABLE = """
                              absent null None 0 1 1.5 empty nan inf -inf [] list '1' 'abc' 'Abc' true false {} record
config.x < 1                  ?      ?    ?    T F F   ?     F   F   T    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x <= 1                 ?      ?    ?    T T F   ?     F   F   T    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x > 1                  ?      ?    ?    F F T   ?     F   T   F    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x >= 1                 ?      ?    ?    F T T   ?     F   T   F    ?  ?    ?   ?     ?     ?    ?     ?  ?
not config.x > 1              ?      ?    ?    T T F   ?     T   F   T    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x < nan                ?      ?    ?    F F F   ?     F   F   F    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x < "abc"              ?      ?    T    ? ? ?   T     ?   ?   ?    ?  ?    T   F     T     ?    ?     ?  ?
config.x >= "abc"             ?      ?    F    ? ? ?   F     ?   ?   ?    ?  ?    F   T     F     ?    ?     ?  ?
config.x < true               ?      ?    ?    ? ? ?   ?     ?   ?   ?    ?  ?    ?   ?     ?     F    T     ?  ?
config.x < null               ?      ?    ?    ? ? ?   ?     ?   ?   ?    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x between 0 and 1      ?      ?    ?    T T F   ?     F   F   F    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x not between 0 and 1  ?      ?    ?    F F T   ?     T   T   T    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x = 1                  F      F    F    F T F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x != 1                 T      T    T    T F T   T     T   T   T    T  T    T   T     T     T    T     T  T
not config.x = 1              T      T    T    T F T   T     T   T   T    T  T    T   T     T     T    T     T  T
config.x = 0                  F      F    F    T F F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x = "1"                F      F    F    F F F   F     F   F   F    F  F    T   F     F     F    F     F  F
config.x = "None"             F      F    T    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x = ""                 F      F    F    F F F   T     F   F   F    F  F    F   F     F     F    F     F  F
config.x = true               F      F    F    F F F   F     F   F   F    F  F    F   F     F     T    F     F  F
config.x = nan                F      F    F    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x != nan               T      T    T    T T T   T     T   T   T    T  T    T   T     T     T    T     T  T
config.x = inf                F      F    F    F F F   F     F   T   F    F  F    F   F     F     F    F     F  F
config.x = null               T      T    F    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x != null              F      F    T    T T T   T     T   T   T    T  T    T   T     T     T    T     T  T
config.x = config.x           F      T    T    T T T   T     F   T   T    T  T    T   T     T     T    T     T  T
config.x in (1, "abc")        F      F    F    F T F   F     F   F   F    F  F    F   T     F     F    F     F  F
config.x not in (1, "abc")    T      T    T    T F T   T     T   T   T    T  T    T   F     T     T    T     T  T
config.x in (1, null)         T      T    F    F T F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x ~ "b"                F      F    F    F F F   F     F   F   F    F  F    F   T     T     F    F     F  F
config.x !~ "b"               T      T    T    T T T   T     T   T   T    T  T    T   F     F     T    T     T  T
config.x ~ "^a"               F      F    F    F F F   F     F   F   F    F  T    F   T     F     F    F     F  F
config.x ~* "^a"              F      F    F    F F F   F     F   F   F    F  T    F   T     T     F    F     F  F
config.x ~ ""                 F      F    T    F F F   T     F   F   F    F  T    T   T     T     F    F     F  F
config.x contains "bc"        F      F    F    F F F   F     F   F   F    F  F    F   T     T     F    F     F  F
config.x contains "1"         F      F    F    F F F   F     F   F   F    F  F    T   F     F     F    F     F  F
config.x startswith "a"       F      F    F    F F F   F     F   F   F    F  T    F   T     F     F    F     F  F
config.x endswith "c"         F      F    F    F F F   F     F   F   F    F  F    F   T     T     F    F     F  F
config.x glob "[aA]*"         F      F    F    F F F   F     F   F   F    F  T    F   T     T     F    F     F  F
config.x glob "?b"            F      F    F    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
not config.x glob "a*"        T      T    T    T T T   T     T   T   T    T  F    T   F     T     T    T     T  T
config.x has "a"              F      F    F    F F F   F     F   F   F    F  T    F   F     F     F    F     F  F
config.x has "1"              F      F    F    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x has none ("a")       T      T    T    T T T   T     T   T   T    T  F    T   T     T     T    T     T  T
config.x = ["a", 1, null]     F      F    F    F F F   F     F   F   F    F  T    F   F     F     F    F     F  F
config.x != ["a", 1, null]    T      T    T    T T T   T     T   T   T    T  F    T   T     T     T    T     T  T
config.x = []                 F      F    F    F F F   F     F   F   F    T  F    F   F     F     F    F     F  F
config.x has null             F      F    F    F F F   F     F   F   F    F  T    F   F     F     F    F     F  F
not config.x has "a"          T      T    T    T T T   T     T   T   T    T  F    T   T     T     T    T     T  T
config.x has any (1, "z")     F      F    F    F F F   F     F   F   F    F  T    F   F     F     F    F     F  F
config.x has all (1, "a")     F      F    F    F F F   F     F   F   F    F  T    F   F     F     F    F     F  F
config.x has all (1, "z")     F      F    F    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x is null              T      T    F    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x is not null          F      F    T    T T T   T     T   T   T    T  T    T   T     T     T    T     T  T
config.x is nan               F      F    F    F F F   F     T   F   F    F  F    F   F     F     F    F     F  F
config.x is not nan           T      T    T    T T T   T     F   T   T    T  T    T   T     T     T    T     T  T
config.x is finite            F      F    F    T T T   F     F   F   F    F  F    F   F     F     F    F     F  F
exists(config.x)              F      T    T    T T T   T     T   T   T    T  T    T   T     T     T    T     T  T
missing(config.x)             T      F    F    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
config.x                      ?      ?    ?    ? ? ?   ?     ?   ?   ?    ?  ?    ?   ?     ?     T    F     ?  ?
not config.x                  ?      ?    ?    ? ? ?   ?     ?   ?   ?    ?  ?    ?   ?     ?     F    T     ?  ?
config.x and config.x > 1     ?      ?    ?    F F ?   ?     F   ?   F    ?  ?    ?   ?     ?     ?    F     ?  ?
config.x or config.x > 1      ?      ?    ?    ? ? T   ?     ?   T   ?    ?  ?    ?   ?     ?     T    ?     ?  ?
config.x + 1 > 1              ?      ?    ?    F T T   ?     F   T   F    ?  ?    ?   ?     ?     ?    ?     ?  ?
config.x / 0 = inf            F      F    F    F T T   F     F   T   F    F  F    F   F     F     F    F     F  F
len(config.x) = 3             F      F    F    F F F   F     F   F   F    F  T    F   T     T     F    F     F  F
coalesce(config.x, 7) = 7     T      T    F    F F F   F     F   F   F    F  F    F   F     F     F    F     F  F
"""

_TRUTHS = {"T": True, "F": False, "?": None}


def cases() -> list[tuple[str, str, bool | None]]:
    """Each condition with the name of a config of `CONFIGS` and the truth."""
    header, *rows = TABLE.strip("\n").splitlines()
    names = header.split()
    found = []
    for row in rows:
        text, *letters = row.rsplit(maxsplit=len(names))
        found += [(text.strip(), name, _TRUTHS[letter]) for name, letter in zip(names, letters, strict=True)]
    return found
