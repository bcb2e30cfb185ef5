"""Dates, and the metrics of machines."""

from __future__ import annotations

from typing import Final

from runql.ide.manual.entry import Entry, Page, Section

DATES: Final = Page(
    "dates",
    "Dates, times and durations",
    "`created`, `heartbeat` and `updated` are times. Without a zone, a time is in the user's zone (`TZ`).",
    (
        Section(
            "Moments",
            (
                Entry("2026-01-31", "A whole day.", "runs where created = 2026-01-12"),
                Entry("2026-01-31T10:30", "A time; seconds may follow.", "runs where created > 2026-01-12T10:30"),
                Entry(
                    "2026-01-31T10:30Z",
                    "A time in UTC, or with `+02:00` in that zone.",
                    "runs where created > 2026-01-12T10:30Z",
                ),
                Entry("now", "This moment.", "runs where heartbeat < now - 1h"),
                Entry("today, yesterday", "This day, and the day before, as a whole.", "runs where created < today"),
                Entry("7d ago", "So long before now.", "runs where created < 7d ago"),
            ),
            "A day is one whole: `= 2026-01-31` holds for all of it, `> 2026-01-31` begins with the next day, "
            "`<= 2026-01-31` and the end of a `between` include it.",
        ),
        Section(
            "Durations",
            (
                Entry("90s, 15m, 2h, 7d, 3w", "Seconds, minutes, hours, days, weeks.", "runs where runtime < 15m"),
                Entry("1h30m", "Parts together.", "runs where runtime < 1h30m"),
                Entry("A - B", "A time minus a time: a duration.", "runs where now - created > 7d"),
                Entry("A - 2h, A + 2h", "A time and a duration: a time.", "runs where created > heartbeat - 2h"),
            ),
            "A duration is a number of seconds: `runtime > 1h` and `runtime > 3600` are the same.",
        ),
        Section(
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

SYSTEM: Final = Page(
    "system",
    "Metrics of the machine",
    "What W&B records beside a run: processor, memory, GPUs, disk, network. They have no steps; their x is the time.",
    (
        Section(
            "What there is",
            (
                Entry(
                    "show fields system", "Their names, with range and how many runs have them.", "show fields system"
                ),
                Entry("show fields like GLOB", "Names that fit a pattern.", "show fields like '*cpu*'"),
                Entry("describe system.METRIC", "What is known of one.", "describe system.cpu"),
            ),
        ),
        Section(
            "Their histories",
            (
                Entry("keys system.METRIC", "Samples of one, along the time.", "runs keys system.cpu"),
                Entry("keys system.*", "All of them.", "runs where group = 'long' keys system.*"),
                Entry("… scan", "Every record that was written.", "runs where group = 'long' keys system.cpu scan"),
                Entry(
                    "keys METRIC, system.METRIC",
                    "Beside a metric of the run: its latest value at or before the row's time.",
                    "runs where group = 'long' keys loss, system.cpu scan",
                ),
            ),
        ),
        Section(
            "As values",
            (
                Entry(
                    "max(logged.system.METRIC)",
                    "Its largest value, as a condition or a column; `min`, `mean`, `first`, `last` likewise.",
                    "runs where max(logged.system.cpu) > 90 select name, max(logged.system.cpu)",
                ),
                Entry(
                    "group run_id : AGGREGATE",
                    "Other aggregates, run by run.",
                    "runs keys system.cpu scan | group run_id : mean(system.cpu), p95(system.cpu)",
                ),
            ),
        ),
    ),
)
