"""Many draws of what the language is judged by, outside of the suite, which draws a few of each.

python -m tests.judges.draws [KIND …] [--draws 2000] [-k TESTS]

Each test of a kind is run with so many random examples, from a new seed. A disagreement ends with its smallest example.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

import pytest

KINDS: Mapping[str, tuple[str, ...]] = {
    "windows": ("tests/judges/test_windows.py", "tests/engine/stages/test_windows.py"),
    "joins": ("tests/judges/test_joins.py", "tests/engine/stages/test_text_index.py"),
    "unions": ("tests/judges/test_unions.py", "tests/engine/stages/test_two_tables.py"),
    "functions": ("tests/engine/test_functions_judged.py",),
    "aggregates": ("tests/engine/stages/test_folds_judged.py", "tests/engine/stages/test_against_pandas.py"),
    "questions": ("tests/judges/test_inner_questions.py",),
    "orders": ("tests/judges/test_sql.py",),
    "sql": ("tests/session/test_sql_stage.py",),
}
"""`windows` holds the ranks, `functions` casts, texts and parts of times in zones with changing clocks."""

SETTINGS = "_hypothesis_internal_use_settings"
"""Where Hypothesis keeps the settings of a test, which it reads when the test is run."""


class _More:
    """The tests that draw, each with more draws."""

    def __init__(self, draws: int) -> None:
        self._draws = draws

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        from hypothesis import HealthCheck, Phase, settings  # pytest wants to load it itself

        items[:] = [item for item in items if hasattr(getattr(item, "obj", None), SETTINGS)]
        for item in items:
            test = getattr(item, "obj")  # noqa: B009 - only some kinds of items have it
            more = settings(
                max_examples=self._draws,
                deadline=None,
                database=None,
                derandomize=False,
                phases=[Phase.explicit, Phase.generate, Phase.shrink],
                suppress_health_check=[*HealthCheck],
            )
            setattr(test, SETTINGS, more)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all without one")
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("-k", dest="tests", default="", metavar="TESTS", help="those of them that pytest's -k chooses")
    given = parser.parse_args()
    if unknown := [kind for kind in given.kinds if kind not in KINDS]:
        parser.error(f"no kind {', '.join(unknown)}: one of {', '.join(KINDS)}")
    paths = [path for kind in given.kinds or KINDS for path in KINDS[kind]]
    return pytest.main(["-q", "-p", "no:cacheprovider", "-k", given.tests, *paths], plugins=[_More(given.draws)])


if __name__ == "__main__":
    sys.exit(main())
