"""Emacs, where it is installed: the mode compiles without a warning, paints what the tokens say, and runs queries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from editors.generate.files import FOLDER
from runql.ide.semantic_tokens import Shade, semantic_tokens
from tests.editors.test_textmate import good_examples, names_are_keywords

HERE = Path(__file__).parent
PACKAGE = FOLDER / "emacs"
CONSTANT = "constant"
FACES = {
    Shade.STATEMENT: "keyword", Shade.KEYWORD: "keyword", Shade.STAGE: "preprocessor", Shade.CONSTANT: CONSTANT,
    Shade.FUNCTION: "function-name", Shade.NUMBER: CONSTANT, Shade.TIME: CONSTANT, Shade.SOURCE: CONSTANT,
    Shade.STRING: "string", Shade.REGEX: "string", Shade.COMMENT: "comment", Shade.PARAMETER: "variable-name",
}  # fmt: skip
PLAIN = {"", "builtin", "type"}
"""The faces of names, and of signs: those of every run and the namespaces have one of their own."""

pytestmark = pytest.mark.skipif(shutil.which("emacs") is None, reason="emacs is not installed")


def emacs(*command: str, folder: Path, **more: str) -> str:
    environment = {**os.environ, "HOME": str(folder), **more}
    whole = ("emacs", "-q", "--batch", "-L", str(PACKAGE), *command)
    done = subprocess.run(whole, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_compiles_without_a_warning(tmp_path: Path) -> None:
    for file in PACKAGE.glob("*.el"):
        shutil.copy(file, tmp_path)
    files = [path.name for path in sorted(tmp_path.glob("*.el"), reverse=True)]
    emacs("--eval", "(setq byte-compile-error-on-warn t)", "-f", "batch-byte-compile", *files, folder=tmp_path)
    assert len(list(tmp_path.glob("*.elc"))) == len(files) == 2


def test_the_faces_agree_with_the_tokens(tmp_path: Path) -> None:
    texts = [text for text in good_examples() if "\r" not in text and not names_are_keywords(text)]
    (tmp_path / "texts").write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    out = tmp_path / "out"
    emacs("-l", str(HERE / "faces.el"), folder=tmp_path, TEXTS=str(tmp_path / "texts"), OUT=str(out))
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(answers) == len(texts) > 250
    pieces = wrong = 0
    for text, (mode, comment, faces) in zip(texts, answers, strict=True):
        assert (mode, comment) == ("rql-mode", "# ")
        for token in semantic_tokens(text):
            places = [at for at in range(token.span.start, token.span.end) if not text[at].isspace()]
            found = {faces[at].removeprefix("font-lock-").removesuffix("-face") for at in places}
            found = {face.replace("comment-delimiter", "comment") for face in found}
            pieces += 1
            wrong += found != {FACES[token.shade]} if token.shade in FACES else not found <= PLAIN
    # Emacs' patterns cannot look around: digits in paths, names in backticks, and `&&` are painted otherwise.
    assert wrong < 0.015 * pieces


def has(library: str, folder: Path) -> bool:
    check = f'(progn (require \'package) (package-initialize) (princ (if (locate-library "{library}") 1 0)))'
    return emacs("--eval", check, folder=folder).endswith("1")


def test_the_server_in_eglot(tmp_path: Path) -> None:
    if not has("eglot", tmp_path):
        pytest.skip("eglot is not installed")
    file, out = tmp_path / "q.rql", tmp_path / "out"
    file.write_text("runs where config.lr > 0.01 limit 3 select name, config.lr;\nruns wehre state = 'x'\n", "utf-8")
    command = json.dumps([sys.executable, "-m", "runql"])
    emacs("-l", str(HERE / "attached.el"), folder=tmp_path, RUNQL=command, FILE=str(file), OUT=str(out))
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    assert found["mode"] == "rql-mode"
    assert any("RQL106" in text and "`wehre`" in text for text in found["diagnostics"])
    assert "config.lr" in found["completion"]
    assert "config.lr" in found["result"]
    assert "3 of" in found["result"]


def test_lsp_mode_knows_the_server(tmp_path: Path) -> None:
    if not has("lsp-mode", tmp_path):
        pytest.skip("lsp-mode is not installed")
    ask = "(princ (list (and (gethash 'runql lsp-clients) t) (cdr (assq 'rql-mode lsp-language-id-configuration))))"
    load = "(progn (require 'package) (package-initialize) (require 'lsp-mode) (require 'rql-mode))"
    assert emacs("--eval", load, "--eval", ask, folder=tmp_path).endswith("(t rql)")
