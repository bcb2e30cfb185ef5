"""A table of pandas: `df[df.acc > 0.9]`, `df.groupby("m").acc.mean()`, `df["x"].value_counts()`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from runql.syntax.mistake import Mistake, Place, closing
from runql.syntax.mistakes.phrases.distinct_rows import without_duplicates
from runql.syntax.mistakes.phrases.frame_stages import folds_of_call
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS, said
from runql.syntax.mistakes.phrases.tables_of_others import join_of_frame
from runql.text.source import Span

_KEY: Final = r"[^\W\d][\w./]*"
_FRAME: Final = re.compile(r"(?:df|runs)(?=[.\[])")
_STEP: Final = re.compile(r"\s*(?:\.\s*(?P<name>[^\W\d]\w*)(?P<call>\()?|(?P<index>\[))")
_OF_FRAME: Final = re.compile(rf"\b(?:df|runs)(?:\.(?P<a>{_KEY})|\[\s*[\"'](?P<b>[\w./]+)[\"']\s*\])")
_BEST_ROW: Final = re.compile(
    rf"(?:df|runs)\.loc\[\s*(?:df|runs)(?:\.|\[\s*[\"'])(?P<key>{_KEY}?)(?:[\"']\s*\])?\.idx(?P<goal>max|min)\(\s*\)\s*\]"
)
_AND: Final = re.compile(r"\s*&\s*")
_OR: Final = re.compile(r"\s*\|\s*")
_TEXT: Final = re.compile(r"[\"']([\w./]+)[\"']")


def best_row(place: Place) -> Mistake | None:
    """`df.loc[df["acc"].idxmax()]`."""
    best = _BEST_ROW.match(place.text, place.found.start) if "RUNS" in place.accepted else None
    if best is None:
        return None
    new = f"runs | order {'-' * (best['goal'] == 'max')}{best['key']} | limit 1"
    return said("pandas", place, Span(*best.span()), new)


def data_frame(place: Place) -> Mistake | None:
    """`df[df.acc > 0.9]`, `df.groupby("m").acc.mean()`, `df["x"].value_counts()`: a table of pandas."""
    frame = _FRAME.match(place.text, place.found.start) if "RUNS" in place.accepted else None
    if frame is None:
        return None
    stages: list[str] = []
    column, position = "", frame.end()
    while step := _STEP.match(place.text, position):
        opening = step.end() - 1
        end = closing(place.text, opening) if step["call"] or step["index"] else None
        if (step["call"] or step["index"]) and end is None:
            return None
        inner = place.text[opening + 1 : end.start].strip() if end is not None else ""
        if step["index"] and frame[0] == "runs" and not inner.startswith(("'", '"', "['", '["')):
            return None  # rows by their places, or a condition, which others know
        if step["index"]:
            column = _indexed(inner, stages) or column
        elif step["call"]:
            if not _called(step["name"], inner, column, stages):
                return None
            column = ""
        else:
            column = step["name"]
        position = end.end if end is not None else step.end()
    if column:
        stages.append(f"select {column}")
    if not stages:
        return None
    new = " | ".join(["runs", *stages])
    return said("pandas", place, Span(place.found.start, position), new)


def _indexed(inner: str, stages: list[str]) -> str:
    """A condition is a stage; a column, or several, what the next call is of."""
    if re.fullmatch(r"\[?\s*[\"'][\w./]+[\"'](?:\s*,\s*[\"'][\w./]+[\"'])*\s*\]?", inner):
        return ", ".join(_TEXT.findall(inner))
    plain = _OF_FRAME.sub(lambda found: found["a"] or found["b"], inner)
    joined = _OR.sub(" or ", _AND.sub(" and ", plain))
    stages.append(f"where {joined}")
    return ""


def _called(name: str, inner: str, column: str, stages: list[str]) -> bool:
    """Add what a call of a data frame is here; false for one that nobody knows."""
    name, texts = name.lower(), _TEXT.findall(inner)
    number = (re.findall(r"\b\d+\b", inner) or ["5"])[0]
    keys = _keys_of_group(stages)
    if keys is not None and name in {"agg", "aggregate"} and inner[:1] == "{" and not column:
        return _of_dict(inner, keys, stages)
    if keys is not None:
        return _of_groups(name, column, (inner, number), (keys, stages))
    if name in FOLDS and column:
        stages.append(f"group : {_folds((FOLDS[name],), column)}")
    elif name == "groupby" and texts:
        stages.append(f"group {', '.join(texts)}")
    elif name == "query" and inner[:1] in "\"'":
        stages.append(f"where {inner[1:-1]}")
    elif name == "sort_values" and texts and not re.search(r"ascending\s*=\s*\[", inner):
        sign = "-" * bool(re.search(r"ascending\s*=\s*False", inner))
        stages.append(f"order {', '.join(sign + one for one in texts)}")
    elif name in {"merge", "join"} and (stage := join_of_frame(name, inner)) is not None:
        stages.append(stage)
    elif name in {"nlargest", "nsmallest"} and (texts or column):
        key = texts[0] if texts else column
        stages.extend((f"order {'-' * (name == 'nlargest')}{key}", f"limit {number}"))
    elif name == "value_counts" and (column or texts):
        stages.extend((f"group {column or ', '.join(texts)}", "order -n"))
    elif name == "explode" and texts:
        stages.append(f"unnest {texts[0]}")
    elif name == "hist" and column:
        stages.append(f"histogram {column}" + f" bins {number}" * bool(re.search(r"\d", inner)))
    else:
        return _rows_of_all(name, inner, (column, number), stages)
    return True


def _rows_of_all(name: str, inner: str, given: tuple[str, str], stages: list[str]) -> bool:
    """`head`, `tail`, `drop_duplicates` and `describe` of all rows; of a column if one was chosen."""
    column, number = given
    rows: dict[str, str | None] = {"head": f"limit {number}", "tail": f"last {number}", "describe": "describe"}
    rows["drop_duplicates"] = without_duplicates(inner)
    if (stage := rows.get(name)) is None:
        return False
    stages.extend(([f"select {column}"] if column else []) + [stage])
    return True


def _keys_of_group(stages: list[str]) -> str | None:
    """The keys, if the last stage is a `groupby` that waits for its aggregates."""
    last = stages[-1] if stages else ""
    return last.removeprefix("group ") if last.startswith("group ") and ":" not in last else None


def _of_groups(name: str, column: str, given: tuple[str, str], last: tuple[str, list[str]]) -> bool:
    """What a call makes of the groups: aggregates, or the first rows of each."""
    (inner, number), (keys, stages) = given, last
    texts = _TEXT.findall(inner)
    if name in FOLDS and column:
        new = [f"group {keys} : {_folds((FOLDS[name],), column)}"]
    elif name in {"agg", "aggregate"} and column and texts and all(one in FOLDS for one in texts):
        new = [f"group {keys} : {_folds([FOLDS[one] for one in texts], column)}"]
    elif name in {"agg", "aggregate"} and not column and (folds := folds_of_call(name, inner, "")):
        new = [f"group {keys} : {folds}"]
    elif name in {"head", "tail"} and not column:
        new = [f"{'limit' if name == 'head' else 'last'} {number} by {keys}"]
    elif name in {"nlargest", "nsmallest"} and column:
        new = [f"order {'-' * (name == 'nlargest')}{column}", f"limit {number} by {keys}"]
    else:
        return name == "size"
    stages[-1:] = new
    return True


_ENTRY: Final = re.compile(
    rf"\s*[\"'](?P<key>{_KEY})[\"']\s*:\s*(?:\[(?P<several>[^\[\]]*)\]|[\"'](?P<one>\w+)[\"'])\s*(?:,|\Z)"
)


def _of_dict(inner: str, keys: str, stages: list[str]) -> bool:
    """`agg({"acc": ["mean", "std"], "loss": "min"})`."""
    folds, at, body = list[str](), 0, inner.strip()[1:-1]
    while entry := _ENTRY.match(body, at):
        names = _TEXT.findall(entry["several"]) if entry["one"] is None else [entry["one"]]
        if not all(name in FOLDS for name in names):
            return False
        folds.append(_folds([FOLDS[name] for name in names], entry["key"]))
        at = entry.end()
    if at < len(body.rstrip()) or not folds:
        return False
    stages[-1:] = [f"group {keys} : {', '.join(folds)}"]
    return True


def _folds(names: Sequence[str], columns: str) -> str:
    return ", ".join(f"{name}({one})" for one in columns.split(", ") for name in names)
