"""Vim and Neovim, where they are installed: their groups agree with the tokens, and the server works in them."""

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
from editors.generate.vim import LINKS, group, syntax
from runql.ide.semantic_tokens import Shade, semantic_tokens
from tests.editors.test_textmate import ALIKE, BEYOND_PATTERNS, good_examples, names_are_keywords

HERE = Path(__file__).parent
PLUGIN = FOLDER / "vim"
EDITORS = {
    "vim": ("vim", "-N", "-u", "NONE", "-i", "NONE", "-es"),
    "nvim": ("nvim", "--headless", "-u", "NONE", "-i", "NONE"),
}
PART = {"vim": 1, "nvim": 4}
"""Vim reads every text, Neovim, whose engine is the same, one of so many."""

GROUPS = {group(shade): ALIKE.get(shade, shade) for shade in Shade} | {"rqlSourceEnd": ALIKE[Shade.PUNCTUATION]}


def run(*command: str, folder: Path, **more: str) -> None:
    environment = {**os.environ, "PLUGIN": str(PLUGIN), "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), **more}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("editor", EDITORS)
def test_the_groups_agree_with_the_tokens(editor: str, tmp_path: Path) -> None:
    if shutil.which(editor) is None:
        pytest.skip(f"{editor} is not installed")
    texts = [text for text in good_examples() if not set("\t\r") & set(text) and not names_are_keywords(text)]
    texts = [text for text in texts if not any(known in text for known in BEYOND_PATTERNS)]
    texts = texts[:: PART[editor]]
    (tmp_path / "texts").write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    out = tmp_path / "out"
    script = str(HERE / "syntax.vim")
    run(*EDITORS[editor], "-S", script, folder=tmp_path, TEXTS=str(tmp_path / "texts"), OUT=str(out))
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(answers) == len(texts) > 50
    wrong = []
    for text, (filetype, comment, names) in zip(texts, answers, strict=True):
        assert (filetype, comment) == ("rql", "# %s")
        for token in semantic_tokens(text):
            places = [at for at in range(token.span.start, token.span.end) if not text[at].isspace()]
            if {GROUPS.get(names[at]) for at in places} != {ALIKE.get(token.shade, token.shade)}:
                wrong.append((text, text[token.span.start : token.span.end]))
    assert wrong == []


def test_every_group_is_linked() -> None:
    text = syntax()
    assert set(LINKS) >= set(Shade) - {Shade.TEXT, Shade.ERROR}
    named = {word for line in text.splitlines() if line.startswith("syntax") for word in line.split()[2:3]}
    assert {name for name in named if name.startswith("rql")} <= {
        line.split()[3] for line in text.splitlines() if line.startswith("highlight default link")
    }


@pytest.mark.skipif(shutil.which("nvim") is None, reason="nvim is not installed")
def test_the_server_in_neovim(tmp_path: Path) -> None:
    file, out = tmp_path / "q.rql", tmp_path / "out"
    file.write_text("runs where config.lr > 0.01 limit 3 select name, config.lr;\nruns wehre state = 'x'\n", "utf-8")
    command = json.dumps([sys.executable, "-m", "runql", "lsp"])
    plugin = ("--cmd", f"set runtimepath^={PLUGIN}")
    environment = {"RUNQL": command, "FILE": str(file), "OUT": str(out)}
    run("nvim", "--headless", "--clean", *plugin, "-S", str(HERE / "attached.lua"), folder=tmp_path, **environment)
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    assert (found["filetype"], found["commentstring"]) == ("rql", "# %s")
    assert [1, 5, "RQL106"] in found["diagnostics"]
    assert "config.lr" in found["completion"]
    assert (found["omnifunc"], found["word"]) == ("v:lua.vim.lsp.omnifunc", "config.l")
    assert found["here"] == "q.rql"
    assert any("config.lr" in line for line in found["result"])
    assert any("3 of" in line for line in found["result"])
