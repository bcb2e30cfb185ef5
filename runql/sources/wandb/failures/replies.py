"""What an answer is: the data that was asked for, or the failure that a status, a body or a message of GraphQL is. And
how long to wait before asking again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from runql.semantic.json_text import Oddity, read_json
from runql.sources.wandb.failures.failures import GATEWAY, Failure, Fault, clean
from runql.sources.wandb.failures.html_answers import PageSort, host_of_redirect, page_in
from runql.sources.wandb.schema.refusals import KINDS, said_in

_STATUSES: Mapping[int, Fault] = MappingProxyType(
    {
        401: Fault.SIGNED_OUT,
        403: Fault.FORBIDDEN,
        404: Fault.MISSING,
        407: Fault.PROXY_ASKS,
        408: Fault.TIMED_OUT,
        429: Fault.THROTTLED,
        501: Fault.REFUSED,
    }
)


def kind_of_status(status: int) -> Fault | None:
    """The failure that an HTTP status is; `None` for an answer to read."""
    if 200 <= status < 300:
        return None
    if status in _STATUSES:
        return _STATUSES[status]
    if 300 <= status < 400:
        return Fault.REDIRECTED
    if 400 <= status < 500:
        return Fault.REFUSED
    return Fault.OVERLOADED


_CRASHES = re.compile(
    r"panic|interface conversion|runtime error|nil pointer|invalid memory address|(?:index|bounds) out of range"
    r"|cannot return null for non-?nullable|cannot unmarshal|unexpected (?:end of json|eof)"
    r"|stack overflow|out of memory|unhandled exception|traceback \(most|something went wrong",
    re.I,
)
"""Words of a server that broke over what it was to send: its fault, not a refusal of the question."""

_MESSAGES: Sequence[tuple[re.Pattern[str], Fault]] = (
    (KINDS, Fault.LACKING),
    (_CRASHES, Fault.OVERLOADED),
    (re.compile(r"deadline exceeded|timed? ?out", re.I), Fault.TIMED_OUT),
    (re.compile(r"rate.?limit|too many requests", re.I), Fault.THROTTLED),
    (
        re.compile(r"relogin required|unauthenticated|not logged in|invalid (api )?key|invalid credentials", re.I),
        Fault.SIGNED_OUT,
    ),
    (re.compile(r"permission denied|forbidden|not authorized|access denied", re.I), Fault.FORBIDDEN),
    (re.compile(r"not found|does not exist|no such", re.I), Fault.MISSING),
    (re.compile(r"internal|unavailable|overload|gateway|database", re.I), Fault.OVERLOADED),
)


def kind_of_message(message: str) -> Fault:
    """The failure that a message of GraphQL is: those have no code, only words."""
    return next((kind for pattern, kind in _MESSAGES if pattern.search(message)), Fault.REFUSED)


def messages_of(document: Any) -> list[str]:
    """The messages of an error document, in any of the shapes that W&B's layers give."""
    if not isinstance(document, Mapping):
        return []
    errors = document.get("errors")
    found = errors if isinstance(errors, list) else [] if errors is None else [errors]
    if "error" in document:
        found = [*found, document["error"]]
    return [clean(_message(error)) for error in found if error is not None]


def _message(error: Any) -> str:
    if isinstance(error, Mapping):
        return str(error.get("message", error))
    return str(error)


def read_reply(status: int, headers: Mapping[str, str], body: bytes) -> tuple[Mapping[str, Any], tuple[Oddity, ...]]:
    """The `data` of an answer, and the values in it that no number or table can hold, which became texts.

    Raises:
        Failure: a status, a body or an `errors` that is no answer.
    """
    try:
        reading = read_json(body)
    except (ValueError, RecursionError):
        raise _unreadable(kind_of_status(status), status, headers, body) from None
    document = reading.value
    data = document.get("data") if isinstance(document, Mapping) else None
    partial = data if isinstance(data, Mapping) else None
    is_error = partial is None or "error" in document or document.get("errors") not in (None, [])
    failure = _said_by(document, status, headers, partial) if is_error or not 200 <= status < 300 else None
    if failure is not None:
        raise failure
    if partial is None:
        raise Failure(Fault.NOT_JSON, "an answer without data")
    return partial, tuple(reading.oddities)


def _said_by(
    document: Any, status: int, headers: Mapping[str, str], partial: Mapping[str, Any] | None
) -> Failure | None:
    """The failure that the status and the errors of an answer are, if they are one."""
    kind = kind_of_status(status)
    messages, errors = messages_of(document), said_in(document)
    said = "; ".join(messages)
    told = Fault.LACKING if any(error.is_refusal for error in errors) else kind_of_message(said)
    wait = seconds_to_wait(headers)
    if kind is None:
        return Failure(told, said, after_seconds=wait, errors=errors, partial=partial) if messages else None
    if kind in (Fault.REFUSED, Fault.OVERLOADED) and messages:
        is_crash = bool(_CRASHES.search(said))
        kind = told if is_crash or told in (Fault.LACKING, Fault.TIMED_OUT, Fault.THROTTLED) else kind
    detail = f"{said} (status {status})" if said else f"status {status}"
    return Failure(kind, detail, after_seconds=wait, errors=errors, partial=partial)


def _unreadable(kind: Fault | None, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """The failure that an answer is which is no JSON: most likely it comes from somebody on the way."""
    page = page_in(body)
    if kind is None:
        if page is None:
            return Failure(Fault.NOT_JSON, clean(body[:200].decode("utf-8", "replace"))[:80])
        return Failure(_PAGES[page.sort], clean(page.said))
    detail = f"status {status}"
    hints: tuple[str, ...] = ()
    if kind is Fault.REDIRECTED:
        host = host_of_redirect(headers.get("location", ""))
        detail, hints = (f"to `{clean(host)}` ({detail})", (GATEWAY,)) if host else (detail, ())
    elif page is not None:
        detail = f"{detail}, {clean(page.said)}"
        hints = (GATEWAY,) if kind in (Fault.SIGNED_OUT, Fault.FORBIDDEN, Fault.MISSING, Fault.REFUSED) else ()
    return Failure(kind, detail, after_seconds=seconds_to_wait(headers), hints=hints)


_PAGES: Mapping[PageSort, Fault] = MappingProxyType(
    {PageSort.SIGN_IN: Fault.SIGN_IN_PAGE, PageSort.PASSES: Fault.NOT_JSON, PageSort.OTHER: Fault.PAGE}
)


# How long to wait: as a server asks, or as long as pauses are.


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
