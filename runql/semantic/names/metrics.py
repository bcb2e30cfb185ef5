"""Metrics: the names of histories, checked against those that were logged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from runql.language.fields import Space
from runql.semantic.catalog import SYSTEM_PREFIX, Catalog, FieldInfo
from runql.semantic.check_context import CheckContext, Report, rewrites
from runql.semantic.names.nearest import field_names, nearest_names
from runql.semantic.spelling import code, path_text
from runql.text.frozen import frozen
from runql.text.source import Span

_PRODUCT = re.compile(r"(?P<metric>[\w./]+)\*(?P<factor>\d[\w.]*|[^\W\d][\w./]*)")
ALWAYS_LOGGED = frozenset({"_step", "_runtime", "_timestamp"})
_NOTHING: Final[Mapping[str, FieldInfo]] = MappingProxyType({})


@frozen
class Metrics:
    """Knows the metrics of a catalog; without one, or without metrics in it, every name may be one."""

    catalog: Catalog | None
    context: CheckContext
    report: Report

    def names(self, space: Space = Space.LOGGED) -> Mapping[str, FieldInfo]:
        """The metrics of a stream by their names; those of the system stream start with `system.`."""
        return _NOTHING if self.catalog is None else self.catalog.index.metrics[space]

    def info(self, metric: str) -> FieldInfo | None:
        """What the catalog knows of a metric."""
        space = Space.SYSTEM if metric.startswith(SYSTEM_PREFIX) else Space.LOGGED
        infos = self.catalog.index.by_dotted.get((space, metric), ()) if self.catalog is not None else ()
        return infos[0] if infos else None

    def is_known(self, segments: Sequence[str | int]) -> bool:
        """Whether runs log a metric of that name; any may be one where none is known."""
        names = self.names()
        return not names or ".".join(map(str, segments)) in names

    def known(self, metric: str, span: Span, *, is_glob: bool = False, prefix: str = "logged.") -> bool:
        """Whether runs log the metric (or one that the pattern matches); if not, it is reported.

        `prefix` is what stands before the metric at `span`, kept by the fixes.
        """
        space = Space.SYSTEM if metric.startswith(SYSTEM_PREFIX) else Space.LOGGED
        names = self.names(space)
        if not names or metric in ALWAYS_LOGGED or metric in names:
            return True
        if is_glob and any(fnmatchcase(name, metric) for name in names):
            return True
        assert self.catalog is not None
        self._unknown(metric, span, space, is_glob=is_glob, prefix=prefix, names=names)
        return not self.catalog.complete

    def _unknown(
        self, metric: str, span: Span, space: Space, *, is_glob: bool, prefix: str, names: Mapping[str, FieldInfo]
    ) -> None:
        assert self.catalog is not None
        source = self.context.source_name or self.catalog.source
        where = f" in {source}" if source else ""
        product = _PRODUCT.fullmatch(metric) if is_glob else None
        if product is not None and product["metric"] in names:
            written = f"{product['metric']} * {product['factor']}"
            hint = f"`keys` takes names; a product is a column of its own: `| derive y = {written}`"
            self.report.add("RQL208", f"{code(metric)} is a pattern, and no metric{where} matches it", span, hint)
            return
        if space is Space.LOGGED:
            there = field_names(self.catalog, (space,))
            near = [*there.nearest(metric), *(n for n in there.table.ending(metric) if not n.endswith("_" + metric))]
        else:
            near = nearest_names(metric, names)
        near = list(dict.fromkeys(near))[:3]
        total = self.catalog.looked_at(space)
        shown = ", ".join(f"{code(n)} ({names[n].runs:,} of {total:,} runs)" for n in near)
        hints = (f"nearest: {shown}",) if near else ()
        complete = self.catalog.complete
        if not complete:
            hints = (*hints, "not every run was looked at, so it may be there")
        what = "metric matches" if is_glob else "metric"
        message = (
            f"no {what} {code(metric)}{where}" if complete else f"no {what} {code(metric)} among those seen{where}"
        )
        fixes = rewrites(span, [prefix + path_text(n.split(".")) for n in near])
        self.report.add("RQL208" if complete else "RQL214", message, span, *hints, fixes=fixes)
