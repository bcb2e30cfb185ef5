"""Pages for people that come where an answer should: of a gateway, a sign-in, a captive portal."""

from __future__ import annotations

import re
from enum import Enum
from html import unescape
from urllib.parse import urlsplit

from runql.text.frozen import frozen

_PASSWORD = re.compile(rb"type=.?password", re.I)
_PASSES = re.compile(rb"bad gateway|service unavailable|temporarily|gateway time.?out|internal server error", re.I)
_SIGN_IN = re.compile(rb"\bsaml|\bsign.?in\b|\blog.?[io]n\b|single sign|captive|\boauth|\bsso\b", re.I)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,400})", re.I)
_LOOKED_AT = 1 << 16
_LONGEST_TITLE = 80


class PageSort(Enum):
    """A sign-in page comes again however often it is asked for, what a gateway says of trouble behind it passes, and
    of any other page nobody knows."""

    SIGN_IN = "sign-in"
    PASSES = "passes"
    OTHER = "other"


@frozen
class HtmlPage:
    """A page, and what to say of it: text from outside, not cleaned."""

    sort: PageSort
    said: str


def page_in(body: bytes) -> HtmlPage | None:
    """The page that a body is, if it is one."""
    start = body[:_LOOKED_AT]
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        return None
    titled = _TITLE.search(start)
    title = unescape(titled[1].decode("utf-8", "replace")).strip()[:_LONGEST_TITLE] if titled is not None else ""
    return HtmlPage(_sort_of(start), f"an HTML page, `{title}`" if title else "an HTML page")


def _sort_of(start: bytes) -> PageSort:
    if _PASSWORD.search(start):
        return PageSort.SIGN_IN
    if _PASSES.search(start):
        return PageSort.PASSES
    return PageSort.SIGN_IN if _SIGN_IN.search(start) else PageSort.OTHER


def host_of_redirect(location: str) -> str:
    """Where a redirect leads, without its path, which may hold what is nobody's business. Empty for the same host."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if host and parts.scheme else host
