"""One door for each outside thing, and nothing heavy before it is needed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.house.sources import at_import, imported, package_files, running, tree_of


@dataclass(frozen=True)
class Door:
    """`what` is a module or a name such as `os.environ`; `files` matches the files that may use it."""

    what: str
    files: str
    rule: str


DOORS = (
    Door("lark", r"runql/syntax/(grammar|lr_table)\.py", "only what makes the table knows the parser generator"),
    Door("httpx", r"runql/sources/wandb/http/transport\.py", "one file speaks HTTP"),
    Door(
        "yaml",
        r"runql/(sources/(wandb/decode|local/side_files/config_yaml)|results/formats/yaml_text)\.py",
        "only the configs of sweeps and of runs without a whole log are YAML that is read, and one file writes it",
    ),
    Door("socket", r"^$", "nobody opens a socket past the HTTP client"),
    Door(
        "urllib.request", r"runql/sources/wandb/network/proxies\.py", "read there for the proxy of the system, no more"
    ),
    Door(
        "ssl", r"runql/sources/wandb/(http/transport|network/(certificates|errors))\.py", "one file says who is trusted"
    ),
    Door("truststore", r"runql/sources/wandb/network/certificates\.py", "one file says who is trusted"),
    Door("certifi", r"runql/sources/wandb/network/certificates\.py", "one file says who is trusted"),
    Door(
        "subprocess",
        r"runql/(terminal/pager|frontends/cli/viewers|charts/files/drawer)\.py",
        "the pager, what `runql open` was asked for, and what draws pictures are the only programs that RunQL starts",
    ),
    Door(
        "pandas",
        r"runql/(results/(convert/pandas|frame)|wandb_api/(frames|runs|run))\.py",
        "pandas only where frames are made",
    ),
    Door("polars", r"runql/(results/convert/polars|wandb_api/frames)\.py", "polars only where frames are made"),
    Door("pyarrow", r"runql/results/(convert/arrow|formats/formats)\.py", "pyarrow only where results are written"),
    Door("duckdb", r"runql/(execute/sql/ask|sources/store/duck)\.py", "one file a floor asks DuckDB"),
    Door("deltalake", r"runql/sources/store/table\.py", "one file speaks to Delta Lake"),
    Door("obstore", r"runql/sources/store/objects/bucket\.py", "one file speaks to object stores"),
    Door("vl_convert", r"runql/charts/files/drawing\.py", "one file draws pictures of charts"),
    Door("pypdf", r"runql/charts/files/pdf\.py", "one file reads and writes PDF"),
    Door("wcwidth", r"runql/text/widths\.py", "one file knows how wide a character is"),
    Door("rich", r"^$", "widths are those of wcwidth, and pictures are drawn in docs/"),
    Door("rapidfuzz", r"runql/text/nearest\.py", "one file looks for the nearest names"),
    Door("re2", r"runql/(engine/patterns|semantic/check/text_tests)\.py", "one file a floor knows the regex engine"),
    Door("orjson", r"runql/semantic/json_text\.py", "one file reads the JSON of others"),
    Door("platformdirs", r"runql/(config|syntax/grammar)\.py", "only settings and the grammar's cache have a folder"),
    Door("prompt_toolkit", r"runql/frontends/repl/(\w+/)?\w+\.py", "only the prompt knows its toolkit"),
    Door("pygments", r"runql/frontends/highlight/\w+\.py", "only the highlighter knows Pygments"),
    Door("lsprotocol", r"runql/frontends/lsp/(\w+/)?\w+\.py", "one front end speaks the editor's protocol"),
    Door("pygls", r"runql/frontends/lsp/(\w+/)?\w+\.py", "one front end speaks the editor's protocol"),
    Door("mcp", r"runql/frontends/mcp/\w+\.py", "one front end speaks to agents"),
    Door("pydantic", r"runql/frontends/mcp/server\.py", "only what agents are told of arguments needs it"),
    Door("IPython", r"runql/frontends/jupyter/\w+\.py", "only the notebook knows its kernel"),
    Door(
        "typing.runtime_checkable",
        r"runql/sources/protocol\.py",
        "a source is asked for what it can do, not who it is; only an argument of the API may be one",
    ),
    Door("wandb", r"^$", "RunQL reads what the W&B SDK writes without it"),
    Door("google.protobuf", r"^$", "the decoder of run files is our own"),
    Door("sqlite3", r"runql/sources/local/kept/database\.py", "what is kept of large folders is the only database"),
    Door("marshal", r"runql/sources/local/kept/(heads|picture)\.py", "bytes of our own, behind a digest"),
    Door("pickle", r"^$", "a pickle is a program: nothing that is stored is one"),
    Door("os.environ", r"runql/config\.py", "the settings are the only reader of the environment"),
    Door("os.getenv", r"^$", "the settings are the only reader of the environment"),
    Door(
        "sys.stdout",
        r"runql/(terminal/stdout|charts/files/drawing)\.py",
        "one file writes standard output, and a program of its own that draws writes its own",
    ),
    Door("sys.stderr", r"runql/terminal/stderr\.py", "one file writes standard error"),
    Door("print", r"^$", "one file writes standard output"),
    Door("sys.exit", r"runql/__main__\.py", "only the command's door leaves the process"),
)

OWN_TOOLKIT = {"repl": "prompt_toolkit", "highlight": "pygments", "mcp": "mcp"}
"""What a front end may import at its top: it is only loaded when somebody wants it."""

HEAVY = {
    "lark",
    "httpx",
    "pandas",
    "polars",
    "pyarrow",
    "pypdf",
    "duckdb",
    "deltalake",
    "obstore",
    "numpy",
    "mcp",
    "orjson",
    "prompt_toolkit",
    "re2",
    "pygments",
    "platformdirs",
    "rapidfuzz",
    "yaml",
}


@cache
def names_in(file: str) -> frozenset[str]:
    """Every module that a file imports when it runs, and every name of Python's own that it writes."""
    names: set[str] = set()
    for node in running(tree_of(file)):
        if isinstance(node, ast.Name | ast.Attribute):
            names.update(name for name in (ast.unparse(node),) if name == "print" or name.startswith(("os.", "sys.")))
        else:
            names.update(imported(node))
    return frozenset(names)


def uses(what: str) -> set[str]:
    """The files that import a module, or write a dotted name."""
    return {
        file for file in package_files() if any(name == what or name.startswith(f"{what}.") for name in names_in(file))
    }


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.what)
def test_one_door(door: Door) -> None:
    strangers = {file for file in uses(door.what) if not re.fullmatch(door.files, file)}
    assert not strangers, door.rule


def test_the_doors_are_found_where_they_are() -> None:
    """A test of the test: what goes through these doors is seen."""
    assert uses("lark") >= {"runql/syntax/grammar.py"}
    assert uses("os.environ") == {"runql/config.py"}
    assert uses("sys.stdout") == {"runql/terminal/stdout.py", "runql/charts/files/drawing.py"}


def test_nothing_heavy_when_a_module_is_imported() -> None:
    found = {file: heavy for file in package_files() if (heavy := heavy_imports(file))}
    assert not found, "heavy imports stand in the functions that need them"


def heavy_imports(file: str) -> set[str]:
    names = {name.partition(".")[0] for node in at_import(tree_of(file)) for name in imported(node)}
    _, _, front_end = file.partition("runql/frontends/")
    return (names & HEAVY) - {OWN_TOOLKIT.get(front_end.partition("/")[0])}


def test_no_exception_is_swallowed() -> None:
    assert not [f"{file}:{said}" for file in package_files() for said in swallowed(tree_of(file))]


@pytest.mark.parametrize(
    "body",
    ["except Exception:\n  pass", "except:\n  x", "except BaseException:\n  x", "except Exception:\n  pass\n  pass"],
)
def test_what_is_swallowed_is_seen(body: str) -> None:
    """A test of the test."""
    assert list(swallowed(ast.parse(f"try:\n  x\n{body}")))


def swallowed(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = ast.unparse(node.type) if node.type else "BaseException"
        if caught == "BaseException" and not isinstance(node.body[-1], ast.Raise):
            yield f"{node.lineno}: whatever ends the process must go on"
        if caught == "Exception" and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body):
            yield f"{node.lineno}: nothing is swallowed"
