"""Dates, times and durations."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Entry, LiteralEntry, ReferencePage, ReferenceSection
from runql.language.kinds import Kind

DATES: Final = ReferencePage(
    "dates",
    "Dates, times and durations",
    "`created`, `heartbeat` and `updated` are times. Without a zone, a time is in the user's zone (`TZ`).",
    (
        ReferenceSection(
            "Moments",
            (
                Entry("2026-01-31", "A whole day.", "runs where created = 2026-01-12"),
                Entry("2026-01-31T10:30", "A time; seconds may follow.", "runs where created > 2026-01-12T10:30"),
                Entry(
                    "2026-01-31T10:30Z",
                    "A time in UTC, or with `+02:00` in that zone.",
                    "runs where created > 2026-01-12T10:30Z",
                ),
                LiteralEntry("now", "This moment.", "runs where heartbeat < now - 1h", terminal="NOW", gives=Kind.TIME),
                LiteralEntry(
                    "today", "This day, as a whole.", "runs where created < today", terminal="TODAY", gives=Kind.TIME
                ),
                LiteralEntry(
                    "yesterday",
                    "The day before this one, as a whole.",
                    "runs where created < yesterday",
                    terminal="YESTERDAY",
                    gives=Kind.TIME,
                ),
                Entry("7d ago", "So long before now.", "runs where created < 7d ago", terminal="AGO"),
            ),
            "A day is one whole: `= 2026-01-31` holds for all of it, `> 2026-01-31` begins with the next day, "
            "`<= 2026-01-31` and the end of a `between` include it.",
        ),
        ReferenceSection(
            "Durations",
            (
                Entry("90s, 15m, 2h, 7d, 3w", "Seconds, minutes, hours, days, weeks.", "runs where runtime < 15m"),
                Entry("1h30m", "Parts together.", "runs where runtime < 1h30m"),
                Entry("A - B", "A time minus a time: a duration.", "runs where now - created > 7d"),
                Entry("A - 2h, A + 2h", "A time and a duration: a time.", "runs where created > heartbeat - 2h"),
            ),
            "A duration is a number of seconds: `runtime > 1h` and `runtime > 3600` are the same.",
        ),
        ReferenceSection(
            "In tables",
            (
                Entry("order -created", "The newest first.", "runs order -created limit 5"),
                Entry(
                    "derive NAME = now - created", "An age, in seconds.", "runs | derive age = now - created | limit 3"
                ),
                Entry(
                    "max(created)",
                    "The latest of a group.",
                    "runs | group config.optimizer : newest = max(created), n = count()",
                ),
            ),
        ),
    ),
)
