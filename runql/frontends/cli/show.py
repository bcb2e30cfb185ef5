"""How the command shows a result: its data, then what there is to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from runql.config import Settings
from runql.frontends.cli import stderr, stdout
from runql.frontends.cli.arguments import Arguments
from runql.frontends.cli.inputs import wrong_call
from runql.frontends.cli.stderr import Progress, Voice
from runql.results.formats import FORMATS, Format, Output, chosen, said, save
from runql.results.looks import visible
from runql.results.view import View
from runql.session import Explanation, Result
from runql.text.diagnostic import Diagnostic, Severity

_MOST_ROWS_AT_A_TERMINAL = 60
_DEFAULT_WIDTH = 80


class Show:
    """Writes results one after the other, in the format that was asked for."""

    def __init__(self, arguments: Arguments, settings: Settings, voice: Voice) -> None:
        self._voice = voice
        self._quiet = arguments.quiet
        self._terminal = stdout.is_terminal()
        default = "table" if self._terminal else "csv"
        self._format, self._path = chosen(arguments.output or default)
        self._view = self._view_of(settings)
        self._progress = stderr.is_terminal() and not arguments.quiet and not settings.dumb_terminal

    def expect(self, results: Sequence[Result | Explanation]) -> None:
        """Refuse to write several results into one file."""
        count = sum(isinstance(result, Result) for result in results)
        if self._path is not None and count != 1:
            raise wrong_call(
                f"the text has {count or 'no'} result{'s' * (count != 1)}, and `-o {self._path}` takes one"
            )

    def result(self, result: Result | Explanation) -> None:
        """Read a result and write it."""
        if isinstance(result, Explanation):
            stdout.say(result.text)
            return
        output = result.output(self._view)
        with Progress(result.activity, enabled=self._progress) as progress:
            if self._path is not None:
                lost = save(output, self._format, self._path)
            else:
                stdout.write(self._pieces(output, self._format, progress))
                lost = said(output.lost)
        if not self._quiet:
            self._say(result, lost)

    def _say(self, result: Result, lost: tuple[Diagnostic, ...]) -> None:
        """What there is to say: warnings with their places, then the footer, then the ways out."""
        notices = (*result.notices, *lost)
        warnings = [notice for notice in notices if notice.severity is not Severity.NOTICE]
        self._voice.diagnostics(warnings, result.source)
        wrote = [f"wrote {self._path}"] if self._path is not None else []
        footer = [*wrote, *result.footer(), *(notice.message for notice in lost)]
        self._voice.quiet_parts([visible(part) for part in footer])
        for notice in notices:
            if notice.severity is Severity.NOTICE and notice.hints:
                self._voice.quiet_line(f"  {notice.code} {visible('; '.join(notice.hints))}")

    def _pieces(self, output: Output, form: Format, progress: Progress) -> Iterator[bytes]:
        """The pieces; at a terminal without what could steer it, and not before the progress line is gone."""
        for piece in form.pieces(output):
            if self._terminal:
                progress.stop()
                yield piece if form is FORMATS["table"] else _harmless(piece)
            else:
                yield piece

    def _view_of(self, settings: Settings) -> View:
        zone = datetime.now().astimezone().tzinfo or UTC
        if not self._terminal:
            return View(zone=zone, unicode=stdout.takes_unicode())
        return View(
            width=settings.columns or stdout.width() or _DEFAULT_WIDTH,
            most_rows=_MOST_ROWS_AT_A_TERMINAL,
            color=settings.color and not settings.dumb_terminal,
            unicode=stdout.takes_unicode(),
            zone=zone,
            way_out="; `-o csv` for all",
        )


def _harmless(piece: bytes) -> bytes:
    """Text for a terminal whose control characters are written out, all but tabs and line ends."""
    lines = piece.decode().split("\n")
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in lines).encode()
