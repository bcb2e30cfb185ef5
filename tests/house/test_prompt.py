"""What is loaded before the prompt's first line is drawn: the toolkit, and nothing that can wait."""

from __future__ import annotations

from pathlib import Path

from tests.repl.screen import terminal

FORBIDDEN = {"pandas", "numpy", "polars", "pyarrow", "httpx", "lark", "re2", "pygments", "wandb", "IPython"}
SPY = """
import sys
from pathlib import Path
from runql.frontends.repl.knowledge import Knowledge
begin = Knowledge.begin
def spy(self):
    if self._thread is None:
        Path({report!r}).write_text("\\n".join(sys.modules))
    begin(self)
Knowledge.begin = spy
from runql.__main__ import main
sys.exit(main())
"""


def test_nothing_heavy_before_the_first_line(tmp_path: Path) -> None:
    report = tmp_path / "modules"
    with terminal(tmp_path, "-s", "demo", code=SPY.format(report=str(report))) as seen:
        seen.wait("demo>")
        seen.wait("64 runs")
        seen.press("\x04")
        assert seen.end() == 0
    modules = set(report.read_text().splitlines())
    assert "prompt_toolkit" in modules
    assert not modules & FORBIDDEN
    floors = {name.split(".")[1] for name in modules if name.startswith("runql.")}
    settings = {"chart_look", "config", "prompt_options", "settings_file", "trust"}
    assert floors <= {"__main__", "errors", "frontends", "terminal", "text", *settings}
    assert "runql.session" not in modules


AT_THE_END = """
import sys
from pathlib import Path
from runql.frontends.repl.knowledge import Knowledge
end = Knowledge.end
def spy(self):
    end(self)
    self._thread.join()
    Path({report!r}).write_text("\\n".join(sys.modules))
Knowledge.end = spy
from runql.__main__ import main
sys.exit(main())
"""


def test_what_reads_mistakes_is_loaded_before_one_is_typed(tmp_path: Path) -> None:
    report = tmp_path / "modules"
    with terminal(tmp_path, "-s", "demo", code=AT_THE_END.format(report=str(report))) as seen:
        seen.wait("64 runs")
        seen.press("\x04")
        assert seen.end() == 0
    assert "runql.syntax.mistakes.phrases.english" in report.read_text().splitlines()
