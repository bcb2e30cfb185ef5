"""What programs read: what an answer cost, and the language itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from runql.chart_look import PLAIN, ChartLook
from runql.errors import wrong_call
from runql.script.options import Options, Told, near_codes, silenced_code

if TYPE_CHECKING:
    from runql.language.entry import Entry, Function
    from runql.session import Explanation, Result


def options_of(codes: Iterable[str], max_rows: int | None, *, names: bool = False, look: ChartLook = PLAIN) -> Options:
    """The options that the call sets. Raises `QueryError` for a code that can't be silenced."""
    silenced = []
    for code in codes:
        name = silenced_code(code)
        if name is None:
            raise wrong_call(
                f"`--no {code}` names no notice and no warning",
                *near_codes(code),
            )
        silenced.append(name)
    return Options(frozenset(silenced), max_rows, names, Told(), look)


def stats_json(results: Sequence[Result | Explanation]) -> str:
    """One line about all the answers: requests (`null` where none is counted), rows, whether rows were cut, seconds."""
    from runql.session import Result  # to check a text needs no result

    stats = [result.stats() for result in results if isinstance(result, Result)]
    requests = [one.requests for one in stats if one.requests is not None]
    return json.dumps(
        {
            "requests": sum(requests) if requests else None,
            "rows": sum(one.rows for one in stats),
            "truncated": any(one.truncated for one in stats),
            "seconds": round(sum(one.seconds for one in stats), 4),
        }
    )


def spec_json() -> str:
    """The language and the command as JSON, from the tables that they are made of."""
    from runql.frontends.cli.arguments import described_options
    from runql.language.clauses import CLAUSES
    from runql.language.fields import RUN_FIELDS
    from runql.language.formats import FORMATS
    from runql.language.options import OPTIONS
    from runql.language.stages import STAGES
    from runql.language.statements import STATEMENTS
    from runql.language.types import TYPES
    from runql.language.words import WORDS
    from runql.text.codes import CODES

    inside = {terminal: one for terminal, one in WORDS.items() if terminal not in {*STATEMENTS, *CLAUSES}}
    spec = {
        "options": described_options(),
        "statements": [_entry(one) for one in STATEMENTS.values()],
        "clauses": [_entry(one) for one in CLAUSES.values()],
        "stages": [{**_entry(one), "tables": sorted(one.takes), "streams": one.streams} for one in STAGES.values()],
        "words": [{"spelled": _spelled(terminal), **_entry(one, named=False)} for terminal, one in inside.items()],
        "functions": _functions(),
        "fields": [{**_entry(one), "type": str(one.kind), "aliases": list(one.aliases)} for one in RUN_FIELDS.values()],
        "parameter types": [
            {"names": [one.name, *one.aliases], "what": one.takes, "doc": one.doc, "example": one.example}
            for one in TYPES.values()
        ],
        "set": {one.name: f"{one.takes}: {one.doc}" for one in OPTIONS.values()},
        "formats": [
            {"name": one.name, "extensions": list(one.extensions), "what": one.doc} for one in FORMATS.values()
        ],
        "codes": {code: {"severity": one.severity, "title": one.title} for code, one in CODES.items()},
    }
    return json.dumps(spec, ensure_ascii=False, indent=2)


def _entry(entry: Entry, *, named: bool = True) -> dict[str, Any]:
    name = {"name": entry.name} if named else {}
    needs = {"needs": entry.needs} if entry.needs else {}
    return {**name, "syntax": entry.form, "doc": entry.doc, "example": entry.example, **needs}


def _spelled(terminal: str) -> list[str]:
    """How a word or a sign of the grammar may be written."""
    from runql.syntax.keywords import keywords

    return list(keywords().words.get(terminal) or keywords().symbols[terminal])


def _functions() -> dict[str, list[dict[str, str]]]:
    """The functions by what they take."""
    from runql.language.aggregates import HISTORY_AGGREGATES, OFFERED_PERCENTILES, ROW_AGGREGATES
    from runql.language.functions import FUNCTIONS
    from runql.language.windows import WINDOWS
    from runql.semantic.folds import fold_named

    percentiles = {name: fold for name in OFFERED_PERCENTILES if (fold := fold_named(name)) is not None}
    return {
        "of values": [_function(one) for one in FUNCTIONS.values()],
        "of a metric's history": [_function(one) for one in HISTORY_AGGREGATES.values()],
        "of rows": [_function(one) for one in {**ROW_AGGREGATES, **percentiles}.values()],
        "of a window": [_function(one) for one in WINDOWS.values()],
    }


def _function(function: Function) -> dict[str, str]:
    return {
        "name": function.name,
        "signature": function.form,
        "result": str(function.result),
        "doc": function.doc,
        "example": function.example,
    }
