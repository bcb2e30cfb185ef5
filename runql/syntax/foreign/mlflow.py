"""MLflow's filters, read as queries: `metrics.acc > 0.9 and params.model = 'vit' order by metrics.acc desc`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from runql.syntax.literals import like_test, read_path, write_path, write_string, write_time
from runql.syntax.tree import Path
from runql.text.frozen import frozen

_SPACES: Final = {
    "metrics": "summary",
    "metric": "summary",
    "params": "config",
    "parameters": "config",
    "param": "config",
    "parameter": "config",
    "tags": "config",
    "tag": "config",
}
_OF_RUN: Final = frozenset({"attributes", "attribute", "attr", "run"})
_ATTRIBUTES: Final = {
    "status": "state",
    "run_id": "id",
    "run_name": "name",
    "run name": "name",
    "start_time": "created",
    "created": "created",
    "end_time": "updated",
    "user_id": "user",
    "mlflow.runName": "name",
    "mlflow.user": "user",
    "mlflow.note.content": "notes",
}
_STATES: Final = {"SCHEDULED": "pending"}
_TIMES: Final = frozenset({"created", "updated"})
_KEY: Final = r"""(?:`[^`]+`|"[^"]+"|[\w./-]*[\w/])"""
_STRING: Final = r"""(?:'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")"""
_NUMBER: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_VALUE: Final = rf"(?:{_STRING}|{_NUMBER}|true\b|false\b)"
_FIELD: Final = rf"(?:(?P<entity>{'|'.join((*_SPACES, *_OF_RUN))})\s*\.\s*)?(?P<key>{_KEY})"
_TEST: Final = re.compile(
    rf"""\s*{_FIELD}\s*(?:
        (?P<sign>==|!=|<>|>=|<=|=|>|<)\s*(?P<value>{_VALUE})
        | \b(?P<like>(?:not\s+)?i?like)\s*(?P<pattern>{_STRING})
        | \b(?P<member>(?:not\s+)?in)\s*\((?P<list>\s*{_VALUE}(?:\s*,\s*{_VALUE})*\s*)\)
        | \b(?P<null>is\s+(?:not\s+)?null)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDER: Final = re.compile(rf"\s*{_FIELD}(?:\s+(?P<way>asc|desc)(?:ending)?)?\s*\Z", re.IGNORECASE)
_AND: Final = re.compile(r"\s+and\b(?=\s)", re.IGNORECASE)
_ORDER_BY: Final = re.compile(r"\s*\border(?:\s+|_)by\b(?P<keys>.*)\Z", re.IGNORECASE | re.DOTALL)
_MARK: Final = re.compile(rf"\b(?:{'|'.join((*_SPACES, *_OF_RUN))})\s*\.\s*[\w`\"]", re.IGNORECASE)
_LONGEST: Final = 20_000


@frozen
class MlflowFilter:
    """A filter as clauses of a query (`where …`, `order …`; either may be empty), and what was taken for what."""

    where: str
    order: str
    notes: tuple[str, ...]


class _NoMlflowFilterError(ValueError):
    """The text is no filter of MLflow."""


def read_mlflow(text: str, order_by: Sequence[str] = ()) -> MlflowFilter | None:
    """A filter of MLflow, `order by` and all; none if the text is not one, or if none of its names is MLflow's."""
    if len(text) > _LONGEST or not any(_MARK.search(part) for part in (text, *order_by)):
        return None
    notes: dict[str, None] = {}
    try:
        terms, rest = _terms(text, notes)
        ordered = _ORDER_BY.match(rest)
        if rest.strip() and not ordered:
            return None
        keys = [*(_split(ordered["keys"]) if ordered else ()), *order_by]
        order = ", ".join(_order_key(key, notes) for key in keys)
    except _NoMlflowFilterError:
        return None
    return MlflowFilter(" and ".join(terms), order, tuple(notes))


def _terms(text: str, notes: dict[str, None]) -> tuple[list[str], str]:
    """The conditions that are joined with `and`, and what stands behind them."""
    terms: list[str] = []
    position = 0
    while match := _TEST.match(text, position):
        terms.append(_term(match, notes))
        position = match.end()
        joint = _AND.match(text, position)
        if joint is None:
            return terms, text[position:]
        position = joint.end()
    if (terms or not _ORDER_BY.match(text)) and text.strip():
        raise _NoMlflowFilterError
    return terms, text


def _split(keys: str) -> Iterator[str]:
    """The keys of an `order by`, at its commas."""
    yield from re.split(r",(?=(?:[^`\"]|`[^`]*`|\"[^\"]*\")*\Z)", keys)


def _field(match: re.Match[str], notes: dict[str, None]) -> str:
    entity, key = (match["entity"] or "").lower(), match["key"]
    name = key[1:-1] if key[0] in '`"' else key
    if name in _ATTRIBUTES and (not entity or entity in _OF_RUN or entity.startswith("tag")):
        return _ATTRIBUTES[name]
    if entity not in _SPACES:
        raise _NoMlflowFilterError
    written = _written(_SPACES[entity], name)
    if entity.startswith("tag"):
        notes[
            f'MLflow\'s tag `{name}` was read as `{written}`: tags have no values here; one tag is `tags has "x"`'
        ] = None
    return written


def _written(space: str, name: str) -> str:
    plain = Path((space, *name.split(".")))
    return write_path(plain) if read_path(write_path(plain)) == plain else write_path(Path((space, name), exact=True))


def _term(match: re.Match[str], notes: dict[str, None]) -> str:
    field = _field(match, notes)
    if match["null"]:
        return f"{field} {' '.join(match['null'].lower().split())}"
    if match["like"]:
        *negated, word = match["like"].lower().split()
        test = like_test(_unquoted(match["pattern"]), exact=word == "like")
        return f"not {field} {test}" if negated else f"{field} {test}"
    if match["member"]:
        items = re.findall(_VALUE, match["list"], re.IGNORECASE)
        return (
            f"{field} {' '.join(match['member'].lower().split())} ({', '.join(_value(field, i, notes) for i in items)})"
        )
    sign = {"==": "=", "<>": "!="}.get(match["sign"], match["sign"])
    return f"{field} {sign} {_value(field, match['value'], notes)}"


def _unquoted(text: str) -> str:
    inner = text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
    return re.sub(r"\\(.)", r"\1", inner)


def _value(field: str, text: str, notes: dict[str, None]) -> str:
    quoted = text[0] in "'\""
    plain = _unquoted(text) if quoted else text
    if field in _TIMES:
        return _time(plain)
    if not quoted:
        return plain.lower() if plain.isalpha() else _number(plain)
    if field == "state":
        return write_string(_STATES.get(plain.upper(), plain.lower()))
    if field.startswith("config.") and re.fullmatch(_NUMBER, plain):
        notes["MLflow keeps parameters as text; those that look like numbers were read as numbers"] = None
        return _number(plain)
    if field.startswith("config.") and plain.lower() in {"true", "false"}:
        notes["MLflow keeps parameters as text; `true` and `false` were read as such"] = None
        return plain.lower()
    return write_string(plain)


def _number(text: str) -> str:
    """A number as the language spells it: a digit on both sides of the point, no plus."""
    digits = text.lstrip("+")
    digits = re.sub(r"(?<!\d)\.", "0.", digits)
    return re.sub(r"\.(?!\d)", ".0", digits)


def _time(text: str) -> str:
    """Milliseconds since 1970, as MLflow has them, or ISO text."""
    try:
        if re.fullmatch(_NUMBER, text):
            return write_time(datetime.fromtimestamp(float(text) / 1000, UTC))
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise _NoMlflowFilterError from None
    return write_time(found if found.tzinfo else found.replace(tzinfo=UTC))


def _order_key(text: str, notes: dict[str, None]) -> str:
    match = _ORDER.match(text)
    if match is None:
        raise _NoMlflowFilterError
    return f"{'-' * ((match['way'] or '').lower() == 'desc')}{_field(match, notes)}"
