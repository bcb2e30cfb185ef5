"""How long to wait before asking again: as a server asks, or as long as pauses are."""

from __future__ import annotations

from collections.abc import Mapping


def seconds_to_wait(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """How long a server asks to wait: the longer of `Retry-After` (seconds or a date) and `RateLimit-Reset`.

    `RateLimit-Reset` counts only when nothing remains, or when what remains is not said.
    """
    waits = []
    retry_after = headers.get("retry-after")
    if retry_after is not None:
        seconds = _seconds(retry_after)
        waits.append(_seconds_until(retry_after, now) if seconds is None else seconds)
    reset = headers.get("ratelimit-reset")
    if reset is not None and (_seconds(headers.get("ratelimit-remaining", "0")) or 0.0) <= 0.0:
        waits.append(_seconds(reset))
    known = [wait for wait in waits if wait is not None]
    return max(0.0, *known) if known else None


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None


def _seconds_until(text: str, now: float | None) -> float | None:
    import time
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))


def backoff_seconds(attempt: int, base_seconds: float, luck: float, longest: float = 60.0) -> float:
    """The pause before asking again: doubles each time up to `longest` first pauses, by `luck` (0 to 1) to half."""
    return float(base_seconds * min(longest, 2.0 ** min(attempt, 60)) * (0.5 + luck / 2))
