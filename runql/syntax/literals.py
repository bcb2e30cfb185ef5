"""Values and names between their spelling and what they mean, in both directions."""

from __future__ import annotations

import math
import re
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from runql.syntax.tree import Path

_SUFFIXES: Final = {"k": 1_000, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_UNITS: Final = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_DURATION_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|[\\\"'nt])")
_ESCAPED: Final = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t"}
_PATH_PART: Final = re.compile(r"([./]?)(?:(`(?:[^`\n]|``)*`)|([\w*]+))|\[(-?[0-9]+)\]")
_PLAIN_FIRST: Final = re.compile(r"[^\W\d]\w*(?:/\w+)*\Z")
_PLAIN: Final = re.compile(r"\w+(?:/\w+)*\Z")
_GLOB_SEGMENT: Final = re.compile(r"[\w*]+(?:/[\w*]+)*\Z")
_LARGEST_DIGITS: Final = 4_000
_LARGEST_WHOLE: Final = 10**300


class BadLiteral(ValueError):  # noqa: N818 - the message is for the reader of a query
    """A value that cannot be read; its text says why, `nearest` is one that can."""

    def __init__(self, message: str, nearest: str | None = None) -> None:
        super().__init__(message)
        self.nearest = nearest


def read_number(text: str) -> int | float:
    """The value of a number: `1_000`, `1e-4`, `10k`. A whole number is an `int`, unless an exponent is written."""
    plain = text.replace("_", "")
    factor = _SUFFIXES.get(plain[-1:], 1)
    digits = plain[:-1] if factor != 1 else plain
    if len(digits) > _LARGEST_DIGITS:
        raise BadLiteral(f"a number of {len(digits):,} digits")
    if digits.isdigit():
        whole_number = int(digits) * factor
        if whole_number > sys.float_info.max:
            raise BadLiteral(f"`{text[:8]}…` of {len(digits):,} digits is too large for a number")
        return whole_number
    try:
        value = Decimal(digits) * factor
        whole = factor != 1 and value == value.to_integral_value() and value < _LARGEST_WHOLE
        number: int | float = int(value) if whole else float(value)
    except (InvalidOperation, OverflowError) as error:
        raise BadLiteral(f"`{text}` is too large for a number") from error
    if isinstance(number, float) and math.isinf(number):
        raise BadLiteral(f"`{text}` is too large for a number")
    return number


def write_number(value: int | float) -> str:
    """A number as the language spells it."""
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = repr(value)
    return text if set(text) & set(".e") else f"{text}.0"


def read_string(text: str) -> str:
    """What a quoted string holds. A backslash before another character than those of an escape is kept."""

    def one(match: re.Match[str]) -> str:
        escape = match[1]
        return chr(int(escape[1:], 16)) if escape[0] == "u" and len(escape) == 5 else _ESCAPED[escape]

    if text.isascii() and "\\" not in text:
        return text[1:-1]
    value = _ESCAPE.sub(one, text[1:-1])
    # Two escapes may be the two halves of one character, as JSON writes them.
    return re.sub("[\ud800-\udbff][\udc00-\udfff]", lambda m: _joined(m[0]), value)


def read_long_string(text: str) -> str:
    """What a string in triple quotes holds: what stands there."""
    return text[3:-3]


def string_places(text: str) -> list[int]:
    """Where in a quoted string each of its characters is written, and behind them its end."""
    if text.startswith('"""') and len(text) > 5:
        return list(range(3, len(text) - 2))
    places: list[int] = []
    position = 1
    while position < len(text) - 1:
        escape = _ESCAPE.match(text, position)
        places.append(position)
        position = escape.end() if escape else position + 1
    return [*places, position]


def _joined(pair: str) -> str:
    return chr(0x10000 + ((ord(pair[0]) - 0xD800) << 10) + (ord(pair[1]) - 0xDC00))


def write_string(value: str, quote: str = "") -> str:
    """A string in double quotes, or single ones if that saves escapes; a backslash is doubled only if it must."""
    quote = quote or ("'" if '"' in value and "'" not in value else '"')
    written = []
    for index, char in enumerate(value):
        following = value[index + 1 : index + 2]
        if char == "\\":
            bare = following and following not in "\\\"'ntu" and following.isprintable()
            written.append("\\" if bare else "\\\\")
        elif char == quote:
            written.append("\\" + char)
        elif char in "\n\t":
            written.append("\\n" if char == "\n" else "\\t")
        elif char.isprintable():
            written.append(char)
        else:
            written.append(_escaped(ord(char)))
    return quote + "".join(written) + quote


def _escaped(code: int) -> str:
    """A character as an escape, beyond the first plane as two."""
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def read_duration(text: str) -> timedelta:
    """`90s`, `1h30m`, `1.5d`."""
    try:
        return sum((float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text)), timedelta(0))
    except OverflowError as error:
        raise BadLiteral(f"`{text}` is too long for a duration") from error


def write_duration(value: timedelta) -> str:
    """A duration in the fewest parts: `7d`, `1h30m`, `-2d`."""
    if value < timedelta(0):
        return f"-{write_duration(-value)}"
    if value > _UNITS["w"] and value % _UNITS["w"] == timedelta(0):
        return f"{value // _UNITS['w']}w"
    parts = []
    for unit, length in list(_UNITS.items())[1:-1]:
        count, value = divmod(value, length)
        if count:
            parts.append(f"{count}{unit}")
    seconds = f"{value.seconds}.{value.microseconds:06d}".rstrip("0").rstrip(".")
    if value or not parts:
        parts.append(f"{seconds}s")
    return "".join(parts)


def read_time(text: str) -> date | datetime:
    """An ISO date, or a time with or without a zone."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise BadLiteral(f"`{text}` is no date of the calendar", _within_month(text)) from error


def _within_month(text: str) -> str | None:
    """The last day of the month of a date that has too many days; none if the month is none either."""
    year, month, day = text[:4], text[5:7], text[8:10]
    if year == "0000" or not "01" <= month <= "12" or day <= "28":
        return None
    from calendar import monthrange

    return f"{text[:8]}{monthrange(int(year), int(month))[1]}{text[10:]}"


def write_time(value: date | datetime) -> str:
    """An ISO date or time; UTC is `Z`."""
    if not isinstance(value, datetime):
        return value.isoformat()
    timespec = "microseconds" if value.microsecond else "seconds" if value.second else "minutes"
    return value.isoformat(timespec=timespec).replace("+00:00", "Z")


@lru_cache(maxsize=2048)
def read_path(text: str) -> Path:
    """A name as written: `config.layers[0]`, ``summary.`top-1 acc` ``, `val/loss`, `system.gpu.*`. Without a span."""
    segments: list[str | int] = []
    exact = False
    for match in _PATH_PART.finditer(text):
        separator, quoted, plain, index = match.groups()
        if index is not None:
            segments.append(int(index))
            continue
        exact = exact or quoted is not None
        piece = quoted[1:-1].replace("``", "`") if quoted is not None else plain
        if separator == "/" and segments and isinstance(segments[-1], str):
            segments[-1] = f"{segments[-1]}/{piece}"
        elif separator == "/":
            segments.append(f"/{piece}")
        else:
            segments.append(piece)
    return Path(tuple(segments), exact)


def write_path(path: Path) -> str:
    """A name as it is written in a query: backticks only where a segment needs them."""
    written = [_write_segment(segment, index, path) for index, segment in enumerate(path.segments)]
    names = [index for index, segment in enumerate(path.segments) if isinstance(segment, str)]
    if path.exact and names and not any("`" in part for part in written):
        last = names[-1]
        written[last] = "." * (last > 0) + quote_name(str(path.segments[last]))
    return "".join(written)


def _write_segment(segment: str | int, index: int, path: Path) -> str:
    if isinstance(segment, int):
        return f"[{segment}]"
    plain = _GLOB_SEGMENT if path.is_glob else _PLAIN if index else _PLAIN_FIRST
    return "." * (index > 0) + (segment if plain.match(segment) else quote_name(segment))


def quote_name(name: str) -> str:
    """A name in backticks, each backtick in it doubled."""
    return "`" + name.replace("`", "``") + "`"


def like_test(pattern: str, *, exact: bool) -> str:
    """What SQL's `like` asks, or `ilike` if it is not `exact`, as an operator and its text."""
    for escaped, sign in _OF_LIKE.items():
        pattern = pattern.replace(escaped, sign)
    operator, text = _like_test(pattern, exact=exact)
    for escaped, sign in _OF_LIKE.items():
        text = text.replace(sign, re.escape(escaped[1]) if operator == "~*" else escaped[1])
    return f"{operator} {write_string(text)}"


_OF_LIKE: Final = {"\\\\": "\ue000", "\\%": "\ue001", "\\_": "\ue002"}
"""What stands for itself in a pattern of `like`, and a private sign for it while the others are read."""


def _like_test(pattern: str, *, exact: bool) -> tuple[str, str]:
    inner = pattern.strip("%")
    if not exact:
        regex = re.escape(inner).replace("%", ".*").replace("_", ".")
        return "~*", ("" if pattern.startswith("%") else "^") + regex + ("" if pattern.endswith("%") else "$")
    if "%" in inner or "_" in inner:
        return "glob", pattern.replace("%", "*").replace("_", "?")
    match pattern.startswith("%"), pattern.endswith("%") and len(pattern) > 1:
        case True, True:
            return "contains", inner
        case True, False:
            return "endswith", inner
        case False, True:
            return "startswith", inner
        case _:
            return "=", inner
