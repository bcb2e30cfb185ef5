"""What an entry says of a part of the language."""

from __future__ import annotations

from dataclasses import field
from itertools import takewhile
from typing import ClassVar

from runql.language.kinds import ANY_TABLE, Kind, PartKind, TableKind
from runql.text.frozen import frozen


@frozen
class Entry:
    """One form: how it is written, what it means in one sentence, and a statement that runs on the demo.

    In `form` what is to be filled in stands in capitals, what may be left out in brackets. `terminal` is the keyword or
    operator of the grammar that it explains, if it is about one. `needs`: what the source has to hold for the example;
    the demo has it if this is empty. `wants`: what must stand behind the word, as an error says it.
    """

    form: str
    doc: str
    example: str
    terminal: str = field(default="", kw_only=True)
    needs: str = field(default="", kw_only=True)
    wants: str = field(default="", kw_only=True)

    @property
    def name(self) -> str:
        """The word with which the form begins."""
        return self.form.split(maxsplit=1)[0]

    @property
    def words(self) -> str:
        """The words with which the form begins: `with sweeps`."""
        return " ".join(takewhile(lambda word: word.isalpha() and word.islower(), self.form.split()))


@frozen(kw_only=True)
class ClauseEntry(Entry):
    """One clause. `excludes`: the terminals of clauses that contradict it.

    `asks_histories`: a query with it gives rows of histories. `needs_histories`: it says nothing of a table of runs.
    `counts`: it goes with `count`, which gives one number. `expressions`: it holds some. `offers`: numbers worth
    offering; `least`: the smallest that a clause of a count takes.
    """

    excludes: tuple[str, ...] = ()
    asks_histories: bool = False
    needs_histories: bool = False
    counts: bool = False
    expressions: bool = False
    offers: tuple[float, ...] = ()
    least: int = 1


@frozen(kw_only=True)
class StatementEntry(Entry):
    """One statement. `is_later`: it is read and checked, and answered by a sentence."""

    is_later: bool = False


@frozen(kw_only=True)
class StagePart:
    """One part of a stage, in the order of its form. `name`: the field of the typed stage that holds it.

    `after`: the terminal of the word that stands before it. `optional`: it may be left out. `least`, `most`: the ends
    of a whole number.
    """

    name: str
    kind: PartKind
    after: str = ""
    optional: bool = False
    least: int = 0
    most: int = 2**53


@frozen
class MadeColumn:
    """A column that a stage makes, and its kinds (any, if there are none). `of_runs`: only where rows are of runs."""

    name: str
    kinds: frozenset[Kind] = frozenset()
    of_runs: bool = False


@frozen(kw_only=True)
class StageEntry(Entry):
    """One stage. `takes`: the tables that it works on; `gives`: the kind of its own, `None` for that of the one given.

    `streams`: it passes rows on while it reads, holding no more than one run, or what `distinct` has seen.
    `aggregates`: one value comes of many rows, so it is refused on sampled histories without `approx`.
    `is_later`: it is read and checked, but does nothing yet. `expressions`: it holds some. `offers`: numbers worth
    offering. `of`: the kinds of value that it is asked of; empty where any will do.

    `parts`: what stands behind its word, where that is all there is to say of how it is read, written and checked;
    `None` for a stage with a node and a check of its own. Of such a stage with rows of its own (`gives`) the keys are
    its first columns, and `makes` the others; `opens`: there are more, that only the rows can tell. `fetches`: the
    spaces of which it wants all fields.
    """

    takes: frozenset[TableKind] = ANY_TABLE
    gives: TableKind | None = None
    streams: bool = False
    aggregates: bool = False
    is_later: bool = False
    expressions: bool = False
    offers: tuple[float, ...] = ()
    of: frozenset[Kind] = frozenset()
    parts: tuple[StagePart, ...] | None = None
    makes: tuple[MadeColumn, ...] = ()
    opens: bool = False
    fetches: tuple[str, ...] = ()


@frozen
class OperatorEntry(Entry):
    """What stands between two values, or before such an operator: `not`."""


@frozen(kw_only=True)
class LiteralEntry(Entry):
    """A word that is a value, and its kind."""

    gives: Kind


@frozen(kw_only=True)
class FieldEntry(Entry):
    """One field of every run.

    `filter_name` is what W&B's filters and orders call it (`None`: the server cannot filter by it); `aliases` are W&B's
    other spellings, accepted everywhere.
    """

    kind: Kind
    filter_name: str | None = None
    aliases: tuple[str, ...] = ()


@frozen(kw_only=True)
class TypeEntry(Entry):
    """One type of a parameter. `takes`: what fits, as an error says it; `aliases`: other spellings."""

    takes: str
    aliases: tuple[str, ...] = ()


@frozen(kw_only=True)
class OptionEntry(Entry):
    """One option of a session. `takes`: what it may be set to; `values`: those worth offering."""

    takes: str
    values: tuple[str, ...]


@frozen(kw_only=True)
class FormatEntry(Entry):
    """One format of results. `extensions` are without the dot; a `binary` one needs a file.

    `streams`: rows are written as they come, if the columns are known before; else all are held first. `separated`: a
    spreadsheet opens it, and takes a text that begins with `=` for a formula.
    """

    extensions: tuple[str, ...] = ()
    binary: bool = False
    streams: bool = False
    separated: bool = False


@frozen
class Parameter:
    """One parameter: the kinds it takes; `repeated` stands for one or more arguments.

    `takes_regex`: a regular expression, `re "…"`, may stand there too. `written_out`: it must be a constant. `offers`:
    constants worth offering, as they are written.
    """

    name: str
    kinds: frozenset[Kind]
    optional: bool = False
    repeated: bool = False
    takes_regex: bool = False
    written_out: bool = False
    offers: tuple[str, ...] = ()


@frozen
class Function:
    """One function. A `result` of `UNKNOWN` is the kind that its arguments share."""

    needs: ClassVar[str] = ""
    name: str
    parameters: tuple[Parameter, ...]
    result: Kind
    doc: str
    example: str

    @property
    def form(self) -> str:
        """As written in a menu: `round(x, [digits])`, `max(a, b, …)`."""
        names = [f"[{p.name}]" if p.optional else f"{p.name}, …" if p.repeated else p.name for p in self.parameters]
        return f"{self.name}({', '.join(names)})"

    @property
    def least(self) -> int:
        """The fewest arguments it takes."""
        return sum(not p.optional for p in self.parameters)

    @property
    def most(self) -> int | None:
        """The most arguments it takes; `None` for any number."""
        return None if any(p.repeated for p in self.parameters) else len(self.parameters)

    def parameter(self, index: int) -> Parameter:
        """The parameter that the argument at `index` fills."""
        return self.parameters[min(index, len(self.parameters) - 1)]


@frozen
class ReferenceSection:
    """Forms of one kind under a heading; `doc` says what holds for all of them, `before` what stands before each."""

    title: str
    entries: tuple[Entry | Function, ...]
    doc: str = ""
    before: str = ""


@frozen
class ReferencePage:
    """A topic of `\\help`. `name` is the word that asks for it."""

    name: str
    title: str
    doc: str
    sections: tuple[ReferenceSection, ...]
