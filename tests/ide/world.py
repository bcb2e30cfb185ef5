"""A small project for the service's tests, and what is asked of it in the words of the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runql.ide.completion.complete import complete
from runql.ide.completion.items import Completions
from runql.ide.context import Context
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.syntax import tree as t
from runql.syntax.parse import parse_query
from runql.text.diagnostic import Edit

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
RUNS = 412
CURSOR = "‸"


def info(space: Space, path: str | tuple[str, ...], *kinds: Kind, runs: int = RUNS, **facts: Any) -> FieldInfo:
    keys = tuple(path.split(".")) if isinstance(path, str) else path
    return FieldInfo(space, keys, runs, dict.fromkeys(kinds, runs), **facts)


FIELDS = (
    info(Space.RUN, "id", Kind.TEXT, top=(("a1b2c3", 1), ("x9y8z7", 1))),
    info(Space.RUN, "state", Kind.TEXT, top=(("finished", 380), ("crashed", 30))),
    info(Space.RUN, "runtime", Kind.NUMBER, minimum=12.5, median=3600, maximum=86_400),
    info(Space.RUN, "user", Kind.TEXT, top=(("ada", 400), ("grace", 12))),
    info(Space.CONFIG, "learning_rate", Kind.NUMBER, runs=409, minimum=1e-4, median=0.003, maximum=0.1),
    info(Space.CONFIG, "lr", Kind.NUMBER, Kind.NULL, runs=402, minimum=-1.0, median=0.003, maximum=0.5),
    info(Space.CONFIG, "optim.lr", Kind.NUMBER, runs=10),
    info(Space.CONFIG, "optimizer", Kind.TEXT, top=(("adam", 300), ("sgd", 100), ('od"d', 2))),
    info(Space.CONFIG, "batch_size", Kind.NUMBER, top=((32, 200), (64, 100)), minimum=32, median=32, maximum=64),
    info(Space.CONFIG, "use_amp", Kind.BOOL, top=((True, 300), (False, 112))),
    info(Space.CONFIG, "model.depth", Kind.NUMBER, minimum=12, median=18, maximum=50),
    info(Space.CONFIG, "model.name", Kind.TEXT, top=(("vit", 12),)),
    info(Space.CONFIG, "pbt.workspace", Kind.TEXT, runs=3),
    info(Space.CONFIG, ("pbt.workspace",), Kind.TEXT, runs=4),
    info(Space.CONFIG, "layers", Kind.LIST, runs=5, elements=(("conv", 4), (3, 2))),
    info(Space.CONFIG, ("weight decay",), Kind.NUMBER, runs=6),
    info(Space.CONFIG, ("a`tick",), Kind.NUMBER, runs=2),
    info(Space.CONFIG, ("bell\x07",), Kind.NUMBER, runs=1),
    info(Space.SUMMARY, "loss", Kind.NUMBER, minimum=0.01, median=0.4, maximum=7.5),
    info(Space.SUMMARY, "val/loss", Kind.NUMBER, runs=400),
    info(Space.SUMMARY, "acc", Kind.NUMBER, runs=401),
    info(Space.SUMMARY, ("top-1 acc",), Kind.NUMBER, runs=7),
    info(Space.SUMMARY, "valLoss", Kind.NUMBER, runs=2),
    info(Space.SUMMARY, "sample", Kind.RECORD, runs=5),
    info(Space.SUMMARY, "verdict", Kind.TEXT, runs=5),
    info(Space.LOGGED, "loss", Kind.NUMBER, rows=41_200, every=1.0),
    info(Space.LOGGED, ("val/loss",), Kind.NUMBER, runs=400, rows=4_000, every=10.0),
    info(Space.LOGGED, ("val/acc",), Kind.NUMBER, runs=399),
    info(Space.LOGGED, "grad_norm", Kind.NUMBER, runs=300),
    info(Space.LOGGED, ("images",), Kind.RECORD, runs=300),
    info(Space.SYSTEM, ("gpu.0.temp",), Kind.NUMBER),
    info(Space.SYSTEM, ("gpu.1.temp",), Kind.NUMBER, runs=40),
)
CATALOG = Catalog(
    "acme/vision",
    RUNS,
    complete=True,
    fields=FIELDS,
    tags={"baseline": 40, "best of": 3},
    sweeps={"sw1": 10},
    groups={"ablation": 7},
)
OTHER = Catalog("acme/other", 5, complete=True, fields=(info(Space.CONFIG, "width", Kind.NUMBER, runs=5),))


def expression(text: str) -> t.Expr:
    """An expression as an alias holds it."""
    query, _ = parse_query(f"runs where {text}")
    clause = query.clause(t.WhereClause) if query is not None else None
    assert clause is not None
    return clause.condition


NIGHTLY = "runs | group config.optimizer : best = max(summary.acc), runs = count() | drop n"
CONTEXT = Context(
    catalog=CATALOG,
    parameters={"lr": "float = 0.01"},
    values={"n": 3},
    sources={"demo": "runs that come with RunQL", "acme/vision": "W&B", "./wandb": "", "my runs": ""},
    lets={"good": "finished runs"},
    saved={"nightly": "the nightly report"},
    saved_query={"nightly": parse_query(NIGHTLY)[0]}.get,
    aliases={"best_lr": expression("coalesce(config.lr, config.optim.lr)")},
    catalogs={"acme/other": OTHER},
    source_name="acme/vision",
    now=NOW,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A text with the cursor in it, and what can be completed there."""

    text: str
    offset: int
    found: Completions

    @property
    def inserts(self) -> list[str]:
        return [item.insert_text for item in self.found.items]

    def taken(self, place: int) -> str:
        """The text with an item in it, up to its end."""
        return self.text[: self.found.span.start] + self.found.items[place].insert_text


def ask(marked: str, context: Context = CONTEXT) -> Asked:
    """Complete at the `‸` of a text."""
    offset = marked.index(CURSOR)
    text = marked.replace(CURSOR, "")
    return Asked(text, offset, complete(text, offset, context))


def applied(edits: tuple[Edit, ...], text: str) -> str:
    """The text with edits made, from the last place to the first."""
    for edit in sorted(edits, key=lambda e: e.span, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
