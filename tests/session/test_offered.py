"""What completion offers from tables of its own is what the session takes."""

from __future__ import annotations

from runql.ide.completion.tables import FILE_ENDINGS, PARAMETER_TYPES
from runql.ide.completion.tables import OPTIONS as OFFERED_OPTIONS
from runql.results.formats.formats import EXTENSIONS
from runql.script.options import OPTIONS, Options, set_option
from runql.script.parameters import TYPES
from runql.syntax import parse
from runql.syntax.tree import SetStatement


def test_the_types_of_parameters() -> None:
    assert dict(PARAMETER_TYPES) == {kind.names[0]: kind.what for kind in TYPES}


def test_the_options_of_set() -> None:
    assert {*OFFERED_OPTIONS} == {*OPTIONS} - {"RQLnnn"}
    for name, values in OFFERED_OPTIONS.items():
        for value in values:
            (statement,) = parse(f"set {name} {value}").script.statements
            assert isinstance(statement, SetStatement)
            assert set_option(Options(), statement)[1] is None


def test_the_endings_of_files() -> None:
    assert {*FILE_ENDINGS} == {form.extensions[0] for form in EXTENSIONS.values()}
