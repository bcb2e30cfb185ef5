"""The other table of a join or a union, and its keys, as SQL, Kusto, PRQL and pandas write them."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.mistake import Mistake, Place, Repair, closing, idiom, replacing, tidy
from runql.syntax.mistakes.phrases.selects import query_of_select
from runql.syntax.tree import JoinKind
from runql.text.diagnostic import Edit
from runql.text.source import Span

_PATH: Final = r"[^\W\d][\w./`]*"
_SIDES: Final = re.compile(rf"(?i)\$(?P<a>left|right)\.(?P<k>{_PATH})\s*==?\s*\$(?P<b>left|right)\.(?P<l>{_PATH})")
_PRQL: Final = re.compile(rf"\(\s*==\s*(?P<k>{_PATH})\s*\)")
_ALIAS: Final = re.compile(r"(?i)(?:as\s+)?(?P<name>(?!on\b|using\b|by\b)[^\W\d]\w*)\s+(?P<on>on|using)\b")
_KEYS_END: Final = re.compile(r"[|;]|\Z")
_OF_FRAME: Final = re.compile(rf"\(?\s*(?P<table>@?[^\W\d]\w*)\s*\[\s*[\"'](?P<column>{_PATH})[\"']\s*\]\s*\)?")
_NEAREST: Final = re.compile(r"(?i)(?:asof[\s_]+join|join_asof|merge_asof|pd\.merge_asof)\b")
_MODULE: Final = re.compile(
    r"(?i)p[dl]\s*\.\s*(?P<word>merge|concat)\s*\(\s*\[?\s*(?P<mine>@?[\w/-]+)\s*,\s*(?P<other>@?[\w/-]+)\s*\]?\s*(?P<rest>,[^()]*"
    r"(?:\([^()]*\)[^()]*)*)?\)"
)
_CHAINED: Final = re.compile(
    r"(?i)(?P<mine>@?[^\W\d][\w/-]*)\s*\.\s*(?P<word>join|merge|(?:left|inner|full|semi|anti)_join)\s*"
    r"\((?P<inner>[^()]*(?:\([^()]*\)[^()]*)*)\)"
)
_ALSO: Final = {"innerunique": JoinKind.INNER, "outer": JoinKind.FULL, "": JoinKind.INNER}
"""What other languages call a kind, where it is not the same word, or that with `outer` behind it."""
_ARGUMENTS: Final = re.compile(r"(?s)\s*(?P<table>@?[\w./-]+)\s*(?P<rest>,.*)?\Z")
_HOW: Final = re.compile(r"(?i)how\s*=\s*[\"'](?P<how>\w+)[\"']")
_LISTED: Final = re.compile(
    r"(?i)\b(?P<name>on|by|left_on|right_on)\s*=\s*(?P<keys>[\"'][^\"']*[\"']|[\[(][^\])]*[\])])"
)
_FIRST: Final = re.compile(r"\A,\s*(?P<keys>[\"'][^\"']*[\"']|\[[^\]]*\])")
_OF_DPLYR: Final = re.compile(r"(?i)\bby\s*=\s*(?:c|join_by)\s*\((?P<keys>[^()]*)\)|\bjoin_by\s*\((?P<bare>[^()]*)\)")
_QUOTED: Final = re.compile(r"[\"']([^\"']+)[\"']")


def sides_of_kusto(place: Place) -> Mistake | None:
    """`on $left.a == $right.b`: the key of this table stands first."""
    found = _SIDES.match(place.text, place.found.start)
    if found is None or place.clause is None or place.clause.terminal != "JOIN" or found["a"] == found["b"]:
        return None
    mine, other = (found["k"], found["l"]) if found["a"].lower() == "left" else (found["l"], found["k"])
    new = mine if mine == other else f"{mine} = {other}"
    return idiom("Kusto", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def keys_of_prql(place: Place) -> Mistake | None:
    """`join base (==config.data)`."""
    found = _PRQL.match(place.text, place.found.start) if "ON" in place.accepted else None
    if found is None:
        return None
    new = f"on {found['k']}"
    return idiom("PRQL", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def renamed_table(place: Place) -> Mistake | None:
    """`join base b on b.k = k`, `join base as b on …`: a table has no other name, and keys stand without it."""
    found = _ALIAS.match(place.text, place.found.start) if "ON" in place.accepted else None
    before = place.back()
    if found is None or before is None:
        return None
    span = Span(found.start(), found.end("name"))
    end = _KEYS_END.search(place.text, found.end())
    keys = place.text[found.end() : end.start() if end else None]
    prefix = re.compile(rf"(?<![\w.`]){re.escape(found['name'])}\.(?=[\w`])")
    edits = [tidy(Edit(Span(span.start, found.start("on")), ""), place.text)]
    edits += [Edit(Span(found.end() + one.start(), found.end() + one.end()), "") for one in prefix.finditer(keys)]
    message = f"`{place.text[span.start : span.end]}` is SQL; in RunQL a table has no other name in a join"
    hint = "keys stand without their tables: `on KEY = KEY`, that of this table first"
    repair = Repair(f"leave out `{place.text[span.start : span.end]}`", tuple(edits))
    return Mistake("RQL108", message, span, (hint,), repairs=(repair,), reach=0)


def table_in_brackets(place: Place) -> Mistake | None:
    """`union (select * from bad)`, `join (select k, v from base) on k`, `join (base) on k`."""
    opened = place.back()
    if opened is None or opened.terminal != "LPAR" or place.back_terminal(2) not in {"JOIN", "JOIN_KIND", "UNION"}:
        return None
    end = closing(place.text, opened.start)
    if end is None:
        return None
    inner = place.text[opened.end : end.start].strip()
    span = Span(opened.start, end.end)
    if place.word == "select":
        query = query_of_select(inner, rows=True)
        if query is None:
            return None
        return idiom(
            "SQL", place.text[span.start : span.end], f"({query})", span, replacing(*_ends(span), f"({query})")
        )
    name, _, stages = inner.partition("|")
    if not re.fullmatch(r"@?[\w./-]+\s*", name) or name.strip().lower() in keywords().query_words:
        return None
    new = f"(runs from {name.strip()} |{stages})" if stages else inner
    return idiom(None, place.text[span.start : span.end], new, span, replacing(*_ends(span), new))


def column_of_frame(place: Place) -> Mistake | None:
    """`in base["config.seed"]`, `config.seed.isin(base["config.seed"])`: the column of a table."""
    if place.back_terminal() == "IN" or (place.back_terminal() == "LPAR" and place.back_terminal(2) == "IN"):
        start = place.found.start if place.back_terminal() == "IN" else place.attempt.lexemes[-1].start
        found = _OF_FRAME.match(place.text, start)
    elif "[" in place.found.text and place.back_terminal() == "PATH" and place.back_terminal(2) in {"IN", "LPAR"}:
        count = 2 if place.back_terminal(2) == "IN" else 3
        named = place.back(1 if count == 2 else 2)
        start = named.start if named is not None else place.found.start
        found = _OF_FRAME.match(place.text, start) if place.back_terminal(count) == "IN" else None
    elif place.found.text == "(" and (called := place.back()) is not None and called.text.endswith(".isin"):
        found = _OF_FRAME.match(place.text, place.found.start)
        return None if found is None else _isin(place, called.end - len(".isin"), found)
    else:
        return None
    if found is None:
        return None
    new = f"(runs from {found['table']} | select {found['column']})"
    return idiom("pandas", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def _isin(place: Place, start: int, found: re.Match[str]) -> Mistake:
    new = f" in (runs from {found['table']} | select {found['column']})"
    span = Span(start, found.end())
    return idiom("pandas", place.text[start : found.end()], new.strip(), span, replacing(*_ends(span), new))


def nearest_join(place: Place) -> Mistake | None:
    """`asof join`, `merge_asof(…)`: keys of a join are equal."""
    found = _NEAREST.match(place.text, place.found.start)
    if found is None or not ("PIPE" in place.accepted or place.back_terminal() == "PIPE" or "RUNS" in place.accepted):
        return None
    hints = (
        "rows of one history at unequal steps: `runs keys a, b scan | align ffill`",
        "a value at a step of each run: `at(logged.loss, 1000)`",
    )
    return Mistake(
        "RQL108", f"there is no `{found[0]}`: the keys of a join are equal", Span(*found.span()), hints, certain=True
    )


def no_keys(place: Place) -> Mistake | None:
    """`group () : mean(x)`, `group by ()`: one row of all has no keys."""
    opened = place.back()
    if place.found.text != ")" or opened is None or opened.terminal != "LPAR" or place.back_terminal(2) != "GROUP":
        return None
    following = next(islice(place.ahead(), 1, 2), None)
    span = Span(opened.start, place.found.end)
    if following is None or following.text != ":":
        hint = "one row of all rows: `group : mean(summary.acc)`"
        return Mistake("RQL101", "`group` without a key needs `:` and an aggregate", span, (hint,), certain=True)
    return idiom(None, "group ()", "group", span, Repair("leave out `()`", (Edit(span, ""),)))


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


# ---------------------------------------------------------------- calls of data frames


def frames_joined(place: Place) -> Mistake | None:
    """`runs.merge(base, on="k")`, `pd.merge(runs, base, on="k")`, `pd.concat([runs, bad])`."""
    if "RUNS" not in place.accepted:
        return None
    if found := _MODULE.match(place.text, place.found.start):
        of = f"{found['other']}{found['rest'] or ''}"
        stage = join_of_frame("merge", of) if found["word"].lower() == "merge" else f"union {found['other']}"
    elif found := _CHAINED.match(place.text, place.found.start):
        stage = join_of_frame(found["word"], found["inner"])
    else:
        return None
    if stage is None:
        return None
    mine = found["mine"]
    new = f"runs | {stage}" if mine.lower() in {"runs", "df"} else f"runs from {mine} | {stage}"
    return idiom("pandas", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def join_of_frame(word: str, inner: str) -> str | None:
    """The stage for `merge(…)`, `join(…)` or `left_join(…)` with these arguments; none for one that is no such join."""
    found = _ARGUMENTS.match(inner)
    if found is None:
        return None
    rest = found["rest"] or ""
    how = _HOW.search(rest)
    kind = kind_of(how["how"] if how else word.rpartition("_")[0])
    keys = _keys(rest)
    return f"{join_text(kind)} {found['table']} on {keys}" if kind is not None and keys else None


def _keys(rest: str) -> str:
    """The keys among the arguments of such a call, as `on` has them."""
    if of_dplyr := _OF_DPLYR.search(rest):
        terms = (of_dplyr["keys"] or of_dplyr["bare"] or "").split(",")
        pairs = [[side.strip().strip("\"'") for side in re.split(r"==?", term)] for term in terms if term.strip()]
        return ", ".join(" = ".join(dict.fromkeys(pair)) for pair in pairs)
    named = {one["name"].lower(): _QUOTED.findall(one["keys"]) for one in _LISTED.finditer(rest)}
    first = _FIRST.match(rest)
    left = named.get("left_on") or named.get("on") or named.get("by") or _QUOTED.findall(first["keys"] if first else "")
    right = named.get("right_on", left)
    if len(left) != len(right):
        return ""
    return ", ".join(" = ".join(dict.fromkeys(pair)) for pair in zip(left, right, strict=True))


def kind_of(text: str) -> JoinKind | None:
    """The kind of a join by what others call it: `left`, `leftouter`, `full outer`."""
    text = re.sub(r"[\s_]", "", text.lower())
    if text in _ALSO:
        return _ALSO[text]
    found = [kind for kind in JoinKind if text in {kind.value, f"{kind.value}outer", f"left{kind.value}"}]
    return found[0] if found else None


def join_text(kind: JoinKind) -> str:
    return "join" if kind is JoinKind.INNER else f"join {kind.value}"
