"""The zone of this computer, with its changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

_AT_GREENWICH = frozenset({"GMT", "WET"})


class LocalZone(tzinfo):
    """Times as the system's own clock shows them, in summer and in winter."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return _as_local(when).utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:  # noqa: ARG002 - the system does not say
        return None

    def tzname(self, when: datetime | None) -> str | None:
        """The short name. A system that does not know its `TZ` takes UTC, and calls it by that text."""
        local = _as_local(when)
        return local.tzname() if local.utcoffset() or local.tzname() in _AT_GREENWICH else "UTC"

    def fromutc(self, when: datetime) -> datetime:
        local = when.replace(tzinfo=UTC).astimezone()
        naive = local.replace(tzinfo=None)
        fold = 0 if naive.astimezone().utcoffset() == local.utcoffset() else 1
        return naive.replace(tzinfo=self, fold=fold)


def _as_local(when: datetime | None) -> datetime:
    """A naive time is taken as local by `astimezone`."""
    return (datetime.now() if when is None else when.replace(tzinfo=None)).astimezone()


LOCAL = LocalZone()
