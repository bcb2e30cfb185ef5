"""A field as a filter sees it: the names that W&B's filters and orders have for it, where they are beyond doubt, and
the equalities that are asked of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.plan.to_mongo.narrowing import Narrowing, disjunction
from runql.plan.to_mongo.server_reading import WRAPPER, WRAPPER_KEYS
from runql.semantic.catalog import Catalog, seen_kinds
from runql.semantic.typed import FieldKey
from runql.semantic.values import Value, kind_of
from runql.syntax.mongo.nodes import FilterField, MongoCompare, MongoFilter, MongoIn, MongoOperator
from runql.text.frozen import frozen

_SAFE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_/-]*\Z")
_PREFIXES: Mapping[Space, str] = {Space.CONFIG: "config", Space.SUMMARY: "summary_metrics"}
_ORDER_NAMES = {"created": "created_at", "heartbeat": "heartbeat_at", "updated": "updated_at"}
_SCALARS = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME})


@frozen
class PushedField:
    """A field as a filter sees it. `kinds` are those it holds, `None` if they are not known for every run."""

    key: FieldKey
    field: FilterField
    kinds: frozenset[Kind] | None

    @property
    def is_run_field(self) -> bool:
        return self.key.space is Space.RUN

    @property
    def name(self) -> str:
        return str(self.key.segments[0]) if self.is_run_field else ""

    @property
    def is_top(self) -> bool:
        """Not below a record: so no list can stand above it."""
        return len(self.key.segments) == 1

    @property
    def is_scalar(self) -> bool:
        """Whether no run holds a list or a record there: a filter asks a list for any of its elements."""
        return self.is_top and self.kinds is not None and self.kinds <= _SCALARS

    def holds_only(self, kind: Kind) -> bool:
        return len(self.key.segments) == 1 and self.kinds == frozenset({kind})

    def is_unmixed_with(self, value: Value) -> bool:
        """Whether no list, and no bool beside a number, can make an equality true elsewhere than here."""
        if not self.is_scalar or self.kinds is None:
            return False
        return not {Kind.BOOL, Kind.NUMBER} <= self.kinds | {kind_of(value)}


def equal_to(field: FilterField, value: Value) -> MongoFilter:
    """The field is a value, or holds it."""
    return MongoCompare(field, MongoOperator.EQ, value)


def not_equal_to(field: FilterField, value: Value) -> MongoFilter:
    """The field is not a value, nor holds it."""
    return MongoCompare(field, MongoOperator.NE, value)


def holds_one(field: FilterField, values: Sequence[Value], wanted: bool, *, exact: bool, trusted: bool) -> Narrowing:
    """A list holds one of some values, or none of them. W&B keeps no tags as null, which differs from nothing."""
    one, several = values[0], tuple(values)
    if wanted:
        return Narrowing(equal_to(field, one) if len(several) == 1 else MongoIn(field, several), exact)
    differs = not_equal_to(field, one) if len(several) == 1 else MongoIn(field, several, negated=True)
    plain = Narrowing(differs, exact)
    return plain if trusted else disjunction([Narrowing(equal_to(field, None), exact), plain])


# The names of fields.


def filter_path(key: FieldKey, catalog: Catalog | None) -> str | None:
    """The name of a field in a filter, or `None` if the server cannot take it, or might read it as another field.

    A top-level config key is written `config.lr` (W&B reads it as `config.lr.value`), a nested one
    `config.model.value.depth`.
    """
    if key.space is Space.RUN:
        return RUN_FIELDS[str(key.segments[0])].filter_name
    keys = tuple(segment for segment in key.segments if isinstance(segment, str))
    if key.space not in _PREFIXES or len(keys) != len(key.segments) or not all(map(_SAFE_KEY.match, keys)):
        return None
    if key.space is Space.CONFIG and not WRAPPER_KEYS.isdisjoint(keys):
        return None
    if len(keys) > 1 and not key.exact:
        dotted = (key.space, ".".join(keys))
        if catalog is None or not catalog.complete or catalog.index.prefixes.get(dotted) != (keys,):
            return None
    prefix = _PREFIXES[key.space]
    if key.space is Space.CONFIG and len(keys) > 1:
        return ".".join((prefix, keys[0], WRAPPER, *keys[1:]))
    return ".".join((prefix, *keys))


def order_path(key: FieldKey, catalog: Catalog | None) -> str | None:
    """The name of a field in an order, without its sign: `created_at`, `config.lr.value`, `summary_metrics.loss`."""
    if key.space is Space.RUN:
        name = str(key.segments[0])
        return _ORDER_NAMES.get(name, RUN_FIELDS[name].filter_name) if name != "tags" else None
    path = filter_path(key, catalog)
    if path is None:
        return None
    if key.space is Space.CONFIG and len(key.segments) == 1:
        path = f"{path}.{WRAPPER}"
    # Some run may hold another field that the path reads too: a key with the dots of the path. A filter may let such a
    # run through, for it is decided again; an order is not made anew.
    if catalog is None or not catalog.complete:
        # Of a config the key before W&B's wrapper and one after it are beyond doubt.
        return path if len(key.segments) <= (2 if key.space is Space.CONFIG else 1) else None
    dotted = {".".join(map(str, key.segments)), path.partition(".")[2]}
    found = (each for name in dotted for each in catalog.index.prefixes.get((key.space, name), ()))
    return path if all(each == key.segments for each in found) else None


def logged_path(metric: str) -> str | None:
    """The name of "this metric was logged" in a filter."""
    return f"keys_info.keys.{metric}" if _SAFE_KEY.match(metric) else None


def kinds_held(key: FieldKey, catalog: Catalog | None) -> frozenset[Kind] | None:
    """The kinds that a field holds, null and missing apart; `None` if not every run was looked at."""
    if key.space is Space.RUN:
        return frozenset({RUN_FIELDS[str(key.segments[0])].kind})
    if catalog is None or not catalog.complete:
        return None
    infos = catalog.index.by_dotted.get((key.space, ".".join(map(str, key.segments))), ())
    kinds = [seen_kinds(info, catalog) for info in infos]
    return frozenset[Kind]().union(*kinds) if kinds and all(kinds) else None
