"""The zone of this computer, with its changes of the clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

_AT_GREENWICH = frozenset({"GMT", "WET"})
_HOURS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("UTC", "UCT", "GMT", "WET", "Z"), 0),
        "CET": 1,
        "CEST": 2,
        "EET": 2,
        "EEST": 3,
        "EST": -5,
        "EDT": -4,
    }
)
"""What names of zones say that mean one distance from UTC. POSIX takes any: `TZ=UTC-8` is called `UTC`."""
_SIGNED: Final = re.compile(r"([+-])(\d\d):?(\d\d)?")


class LocalZone(tzinfo):
    """Times as the system's own clock shows them, in summer and in winter."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return _as_local(when).utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:  # noqa: ARG002 - the system does not say
        return None

    def tzname(self, when: datetime | None) -> str | None:
        """The short name, or the distance from UTC where the name says another one. A system that does not know its
        `TZ` takes UTC, and calls it by that text."""
        local = _as_local(when)
        name, offset = local.tzname() or "", local.utcoffset() or timedelta(0)
        if not offset:
            return name if name in _AT_GREENWICH else "UTC"
        return name if _told_by(name) in {None, offset} else f"UTC{_signed(offset)}"

    def fromutc(self, when: datetime) -> datetime:
        local = when.replace(tzinfo=UTC).astimezone()
        naive = local.replace(tzinfo=None)
        fold = 0 if naive.astimezone().utcoffset() == local.utcoffset() else 1
        return naive.replace(tzinfo=self, fold=fold)


def _told_by(name: str) -> timedelta | None:
    """The distance from UTC that a name says: `CET`, `+0530`; `None` for one that may mean several."""
    if name in _HOURS:
        return timedelta(hours=_HOURS[name])
    digits = _SIGNED.fullmatch(name)
    if digits is None:
        return None
    told = timedelta(hours=int(digits[2]), minutes=int(digits[3] or 0))
    return -told if digits[1] == "-" else told


def _signed(offset: timedelta) -> str:
    """`+8`, `-3:30`."""
    sign = "-" if offset < timedelta(0) else "+"
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}{f':{minutes:02}' if minutes or seconds else ''}{f':{seconds:02}' if seconds else ''}"


def _as_local(when: datetime | None) -> datetime:
    """A naive time is taken as local by `astimezone`."""
    return (datetime.now() if when is None else when.replace(tzinfo=None)).astimezone()


LOCAL = LocalZone()
