"""The metrics of machines: how they are found, read and folded."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Entry, ReferencePage, ReferenceSection

SYSTEM: Final = ReferencePage(
    "system",
    "Metrics of the machine",
    "What W&B records beside a run: processor, memory, GPUs, disk, network. They have no steps; their x is the time.",
    (
        ReferenceSection(
            "What there is",
            (
                Entry(
                    "show fields system", "Their names, with range and how many runs have them.", "show fields system"
                ),
                Entry("show fields like GLOB", "Names that fit a pattern.", "show fields like '*cpu*'"),
                Entry("describe system.METRIC", "What is known of one.", "describe system.cpu"),
            ),
        ),
        ReferenceSection(
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
        ReferenceSection(
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
