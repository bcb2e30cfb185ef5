"""`--junit FILE`: the assertions of a text as test cases, for whatever shows the tests of a CI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from runql import __version__
from runql.errors import AssertionFailed, RunQLError
from runql.plan.nodes import stages_of
from runql.results.writing import write_file
from runql.semantic.typed import TAssert
from runql.session import Explanation, Result
from runql.text.render import clean, clean_lines
from runql.text.source import NOWHERE, Source, Span

_ENDINGS = ("xml",)


@dataclass(frozen=True, slots=True)
class JunitCase:
    """One test case. `outcome`: an empty one passed. `place`: of its text."""

    name: str
    place: Span
    seconds: float = 0.0
    outcome: str = ""
    message: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class JunitReport:
    """The cases of one text, in a file that is replaced whole."""

    path: Path
    source: Source

    def write(self, results: Sequence[Result | Explanation], error: RunQLError | None) -> None:
        """Write what came of each assertion; `error` is what ended the text, if anything but a closed output did.

        Raises `OutputError`; then the file is as it was.
        """
        cases = list(self._cases([one for one in results if isinstance(one, Result)], error))
        write_file(self.path, [self._document(cases)], endings=_ENDINGS)

    def _cases(self, results: Sequence[Result], error: RunQLError | None) -> Iterator[JunitCase]:
        read = [at for at, result in enumerate(results) if result.answer.was_read]
        ended = len(results) if error is None else max(read, default=-1)
        if error is not None and not read:
            # Nothing was asked: the text is wrong, or its source.
            yield _broken(self.source.name, error.diagnostics[0].span, 0.0, error)
        for at, result in enumerate(results):
            cases = _of(result)
            if at < ended and (result.answer.was_read or error is not None):
                yield from cases
            elif at == ended and error is not None:
                yield from _ended(cases, error)
            else:
                yield from (_not_reached(case) for case in cases)

    def _document(self, cases: Sequence[JunitCase]) -> bytes:
        counts = {
            "tests": str(len(cases)),
            "failures": str(sum(case.outcome == "failure" for case in cases)),
            "errors": str(sum(case.outcome == "error" for case in cases)),
            "skipped": str(sum(case.outcome == "skipped" for case in cases)),
            "time": f"{sum(case.seconds for case in cases):.3f}",
        }
        name = clean(self.source.name)
        suites = Element("testsuites", {"name": f"runql {__version__}", **counts})
        suite = SubElement(suites, "testsuite", {"name": name, **counts})
        for case in cases:
            line, _ = self.source.line_column(case.place.start)
            where = {"file": name} if self.source.is_script else {}
            where |= {"line": str(line)} if where and case.place != NOWHERE else {}
            about = {"classname": name, "name": clean(case.name), "time": f"{case.seconds:.3f}"}
            element = SubElement(suite, "testcase", {**about, **where})
            if case.outcome:
                said = SubElement(element, case.outcome, {"message": clean(case.message)})
                said.text = "\n".join(clean_lines(case.detail)) or None
        indent(suites)
        text: str = tostring(suites, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _of(result: Result) -> list[JunitCase]:
    """The cases of an answer as they are if all is well: an assertion each, or the answer itself if it has none."""
    seconds = result.stats().seconds
    stages = [stage for stage in stages_of(result.answer.plan) if isinstance(stage, TAssert)]
    if not stages:
        return [JunitCase(result.title or "the answer", NOWHERE, seconds)]
    names = [f"{result.title.rstrip('.')}: {stage.text}" for stage in stages]
    return [
        JunitCase(name, stage.span, seconds if at == 0 else 0.0)
        for at, (name, stage) in enumerate(zip(names, stages, strict=True))
    ]


def _ended(cases: Sequence[JunitCase], error: RunQLError) -> Iterator[JunitCase]:
    """The cases of the answer that an error ended: those before it passed, those behind it were not reached."""
    first = error.diagnostics[0]
    place = first.span if isinstance(error, AssertionFailed) else None
    at = next((number for number, case in enumerate(cases) if case.place == place), 0)
    yield from cases[:at]
    if isinstance(error, AssertionFailed):
        case = cases[at]
        detail = "\n".join((first.message, *first.hints))
        yield JunitCase(case.name, case.place, case.seconds, "failure", first.message, detail)
    else:
        yield _broken(cases[at].name, cases[at].place, cases[at].seconds, error)
    yield from (_not_reached(case) for case in cases[at + 1 :])


def _broken(name: str, place: Span, seconds: float, error: RunQLError) -> JunitCase:
    lines = [line for one in error.diagnostics for line in (f"{one.code}: {one.message}", *one.hints)]
    return JunitCase(name, place, seconds, "error", error.diagnostics[0].message, "\n".join(lines))


def _not_reached(case: JunitCase) -> JunitCase:
    return JunitCase(case.name, case.place, 0.0, "skipped", "not reached: the script ended before")
