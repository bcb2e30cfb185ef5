"""Name resolution: which field a path means, and what is said when it means none or several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice

from runql.language.fields import RUN_FIELD_SPELLINGS, RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, seen_kinds
from runql.semantic.check_context import LOOK_AROUND, CheckContext, Report, rewrite, rewrites
from runql.semantic.names.idioms import foreign_spelling
from runql.semantic.names.meanings import LOGGABLE, AliasUse, LoggedName, OfRows
from runql.semantic.names.nearest import counted, nearest_fields, nearest_names
from runql.semantic.names.odd_names import divided, of_tags
from runql.semantic.operands import Operand
from runql.semantic.spelling import PREFIXES, code, field_text, info_text, path_text, spelled_exactly
from runql.semantic.typed import FieldKey, TField
from runql.syntax import tree
from runql.text.frozen import changeable
from runql.text.source import NOWHERE, Span

_PARTS_OF_TIME = {
    **{part: f"{part}(created)" for part in ("date", "week", "month", "year", "hour", "weekday")},
    "day": "date(created)",
}
_JOINTS = {"and": "joins two conditions", "or": "joins two conditions", "not": "stands before a condition"}
_MOST_INSIDE = 3
_INTERNAL = frozenset({"_step", "_runtime", "_timestamp", "_wandb"})
_VALUED = (Space.CONFIG, Space.SUMMARY)


@changeable
class Names:
    """Resolves the paths of one query against one catalog.

    `row_names`: columns of the rows of a history, with the ways out, while a condition is read that chooses runs.
    """

    catalog: Catalog | None
    context: CheckContext
    report: Report
    row_names: Callable[[], Mapping[str, OfRows]] = dict

    @property
    def source(self) -> str:
        name = self.context.source_name or (self.catalog.source if self.catalog else None)
        return f" in {name}" if name else ""

    def resolve(  # noqa: PLR0911 - one line a meaning
        self, path: tree.Path, place: Span
    ) -> Operand | LoggedName | AliasUse | None:
        """What a path means: a field of the runs as an operand that stands at `place`, or something else; `None` if
        that was an error, which is reported."""
        span = path.span if path.span != NOWHERE else place
        if not path.segments:
            self.report.unreadable = True
            return None
        space, rest = PREFIXES.get(str(path.segments[0])), path.segments[1:]
        if space is None:
            return self._bare(path, span, place)
        if not rest:
            self._only_prefix(path, space, span)
            return None
        if space is Space.LOGGED:
            return LoggedName(".".join(map(str, rest)), path.is_glob, span)
        if space is Space.SYSTEM:
            self._system(path, span)
            return None
        key = FieldKey(space, rest, path.exact, field_text(space, rest, exact=path.exact))
        if any(isinstance(segment, int) and segment < 0 for segment in rest):
            message = f"{code(key.written)} is always missing: the elements of a list are counted from its start"
            self.report.add("RQL214", message, span, "the first one is `[0]`")
        if self.catalog is None or (space not in self.catalog.index.spaces and not self.catalog.complete):
            return self._field(key, None, span, place)
        paths = self._paths(space, rest, path.exact)
        if len(paths) > 1:
            self._two_spellings(space, paths, key.written, span)
            return None
        if not paths and rest[0] not in _INTERNAL and not self._below_opaque(space, rest):
            return self._unknown(key, span, place)
        return self._field(key, paths[0] if paths else None, span, place)

    # ------------------------------------------------------------ with a prefix

    def _paths(self, space: Space, segments: tuple[str | int, ...], exact: bool) -> tuple[tuple[str, ...], ...]:
        assert self.catalog is not None
        found = self.catalog.index.prefixes.get((space, ".".join(map(str, segments))), ())
        if exact:
            return tuple(p for p in found if p == tuple(map(str, segments)))
        return found

    def _below_opaque(self, space: Space, segments: tuple[str | int, ...]) -> bool:
        """Whether a path leads into a list, or into a record of which the catalog doesn't know the inside."""
        assert self.catalog is not None
        for length in range(len(segments) - 1, 0, -1):
            dotted = ".".join(map(str, segments[:length]))
            for info in self.catalog.index.by_dotted.get((space, dotted), ()):
                rest = segments[length]
                if Kind.LIST in info.kinds and (isinstance(rest, int) or rest.isdigit()):
                    return True
                if Kind.RECORD in info.kinds or not info.kinds:
                    return not any(p.path[: len(info.path)] == info.path and p is not info for p in self.catalog.fields)
        return False

    def _two_spellings(self, space: Space, paths: tuple[tuple[str, ...], ...], written: str, span: Span) -> None:
        names = [spelled_exactly(space, path) for path in sorted(paths, key=len, reverse=True)]
        self.report.add(
            "RQL202",
            f"{code(written)} is both a nested field and a key with a dot{self.source}",
            span,
            "write " + " or ".join(map(code, names)),
            fixes=rewrites(span, names),
        )

    def _unknown(self, key: FieldKey, span: Span, place: Span) -> Operand | None:
        assert self.catalog is not None
        dotted = ".".join(map(str, key.segments))
        if self._divided(key.written, f"no {key.space} field `{dotted}`{self.source}", span):
            return None
        hints, texts = self._suggestions(key.space, dotted)
        hints = hints or (f"{LOOK_AROUND} {key.space}` lists those that there are",)
        hints = (*hints, *self.catalog.blank_hints)
        title = f"no {key.space} field `{dotted}`{self.source}"
        if self.catalog.complete:
            self.report.add("RQL201", title, span, *hints, fixes=rewrites(span, texts))
            return None
        seen = f"no {key.space} field `{dotted}` was seen{self.source}"
        if not self.catalog.blank:
            hints = (*hints, "not every run was looked at, so it may be there")
        self.report.add("RQL214", seen, span, *hints, fixes=rewrites(span, texts))
        return self._field(key, None, span, place)

    def _divided(self, name: str, message: str, span: Span) -> bool:
        """Whether a name is a division without spaces, which then is reported."""
        text = divided(name, self._is_known)
        if text is None:
            return False
        hint = f"a division has spaces around its sign: {code(text)}"
        self.report.add("RQL201", message, span, hint, fixes=rewrite(span, text))
        return True

    def _is_known(self, name: str) -> bool:
        """Whether a field may be called so, with its prefix or without."""
        first, dot, rest = name.partition(".")
        space = PREFIXES.get(first) if dot else None
        if space is not None:
            return self.catalog is not None and bool(self.catalog.index.prefixes.get((space, rest)))
        known = self.catalog is not None and any(self.catalog.index.prefixes.get((one, name)) for one in _VALUED)
        return known or name in RUN_FIELD_SPELLINGS

    def _suggestions(self, space: Space, dotted: str) -> tuple[tuple[str, ...], list[str]]:
        """Hints and replacements for a field that is not there."""
        assert self.catalog is not None
        stripped = dotted.removesuffix(".value").replace(".value.", ".", 1)
        if stripped != dotted and self.catalog.index.prefixes.get((space, stripped)):
            text = field_text(space, tuple(stripped.split(".")))
            return (f"W&B's `.value` is not written here: {code(text)}",), [text]
        other = Space.SUMMARY if space is Space.CONFIG else Space.CONFIG
        elsewhere = self.catalog.index.by_dotted.get((other, dotted), ())
        near = [*elsewhere, *nearest_fields(dotted, self.catalog, (space,))]
        if not near and dotted in RUN_FIELD_SPELLINGS:
            name = RUN_FIELD_SPELLINGS[dotted].name
            return (f"`{name}` is a field of the run itself",), [name]
        if not near and self.catalog.index.by_dotted.get((Space.LOGGED, dotted)):
            text = f"last({field_text(Space.LOGGED, tuple(dotted.split('.')))})"
            return (f"it is a logged metric: {code(text)} is its last value",), [text]
        near = (near or nearest_fields(dotted, self.catalog, _VALUED))[:3]
        if not near:
            return (), []
        return ("nearest: " + ", ".join(counted(i, self.catalog) for i in near),), [info_text(i) for i in near]

    # ------------------------------------------------------------ without a prefix

    def _bare(self, path: tree.Path, span: Span, place: Span) -> Operand | AliasUse | LoggedName | None:
        dotted = ".".join(map(str, path.segments))
        rows = self.row_names()
        if dotted in rows and dotted not in self.context.aliases:
            self._of_rows(dotted, rows[dotted], span)
            return None
        run_field = RUN_FIELD_SPELLINGS.get(dotted)
        if run_field is not None:
            key = FieldKey(Space.RUN, (run_field.name,), written=run_field.name)
            expr = TField(key, kind=run_field.kind, span=place)
            return Operand(expr, frozenset({run_field.kind}), text=key.written)
        if dotted in self.context.aliases:
            return AliasUse(dotted, self.context.aliases[dotted])
        if self.catalog is not None:
            matches = [(s, p) for s in _VALUED for p in self._paths(s, path.segments, path.exact)]
            if len(matches) == 1:
                (space, keys), written = matches[0], field_text(matches[0][0], path.segments, exact=path.exact)
                message = f"{code(path_text(path.segments))} was read as {code(written)}"
                self.report.add("RQL211", message, span, fixes=rewrite(span, written))
                return self._field(FieldKey(space, path.segments, path.exact, written), keys, span, place)
            if matches:
                self._several(path, matches, span)
                return None
        return self._unmatched(path, dotted, span)

    def _of_rows(self, name: str, instead: OfRows, span: Span) -> None:
        """Reports a column of the rows where runs are chosen: no row is read by then."""
        message = f"{code(name)} is a column of the rows, and `where` chooses runs"
        self.report.add(
            "RQL210", message, span, *instead.hints, fixes=(*instead.fixes, *rewrites(span, instead.values))
        )

    def _field(self, key: FieldKey, keys: tuple[str, ...] | None, span: Span, place: Span) -> Operand:
        """A field that the catalog knows by these keys, or of which it knows nothing.

        It may hold the kinds that were seen, if every run was looked at. Of a record the report learns what is inside.
        """
        kinds, info = LOGGABLE, None
        if keys is not None and self.catalog is not None:
            info = self.catalog.index.by_path.get((key.space, keys))
            seen = seen_kinds(info, self.catalog) if self.catalog.complete else None
            kinds = frozenset({Kind.RECORD}) if info is None else seen or LOGGABLE
            if kinds == {Kind.RECORD}:
                below = (one for one in self.catalog.fields if one.space is key.space and len(one.path) > len(keys))
                inside = (info_text(one) for one in below if one.path[: len(keys)] == keys)
                self.report.records[span] = tuple(islice(inside, _MOST_INSIDE))
        kind = next(iter(kinds)) if len(kinds) == 1 else Kind.UNKNOWN
        expr = TField(key, kind=kind, span=place)
        return Operand(expr, kinds, text=key.written, info=info)

    def _several(self, path: tree.Path, matches: list[tuple[Space, tuple[str, ...]]], span: Span) -> None:
        assert self.catalog is not None
        spaces = [s for s, _ in matches]
        texts, shown = [], []
        for space, keys in matches:
            exact = path.exact or spaces.count(space) > 1
            text = field_text(space, keys if exact else path.segments, exact=exact)
            info = self.catalog.index.by_path.get((space, keys))
            texts.append(text)
            seen = self.catalog.looked_at(space)
            shown.append(code(text) + (f" ({info.runs:,} of {seen:,} runs)" if info else ""))
        name = path_text(path.segments)
        message = f"{code(name)} is ambiguous{self.source}"
        self.report.add("RQL202", message, span, "it may be " + " or ".join(shown), fixes=rewrites(span, texts))

    def _unmatched(self, path: tree.Path, dotted: str, span: Span) -> LoggedName | None:
        foreign = foreign_spelling(path)
        if foreign is not None:
            foreign = self._in_its_case(foreign)
            message = f"{code(path_text(path.segments))} is not how RunQL writes it"
            hint = f"in RunQL write {code(foreign)}"
            self.report.add("RQL108", message, span, hint, fixes=rewrite(span, foreign))
        elif self.catalog is None:
            self._needs_prefix(path, span)
        elif self.catalog.index.by_dotted.get((Space.LOGGED, dotted)):
            return LoggedName(dotted, path.is_glob, span)
        else:
            self._unknown_bare(path, dotted, span)
        return None

    def _in_its_case(self, name: str) -> str:
        """A field as the runs spell it, where they have it in another case alone."""
        prefix, _, rest = name.partition(".")
        space = PREFIXES.get(prefix)
        if self.catalog is None or space is None or (space, rest) in self.catalog.index.by_dotted:
            return name
        found = [
            dotted for one, dotted in self.catalog.index.by_dotted if one is space and dotted.lower() == rest.lower()
        ]
        return f"{prefix}.{found[0]}" if len(found) == 1 else name

    def _needs_prefix(self, path: tree.Path, span: Span) -> None:
        name = path_text(path.segments)
        near = nearest_names(name, RUN_FIELDS)
        texts = [*near, *(field_text(s, path.segments, exact=path.exact) for s in _VALUED)]
        hint = "write " + " or ".join(map(code, texts))
        message = f"{code(name)} needs a prefix: the fields of the runs are not known here"
        self.report.add("RQL202", message, span, hint, fixes=rewrites(span, texts))

    def _unknown_bare(self, path: tree.Path, dotted: str, span: Span) -> None:
        assert self.catalog is not None
        if self._divided(dotted, f"no field {code(path_text(path.segments))}{self.source}", span):
            return
        if (meant := self._prefix_meant(path)) is not None:
            message = f"no field {code(path_text(path.segments))}{self.source}"
            self.report.add("RQL201", message, span, f"nearest: {code(meant)}", fixes=rewrite(span, meant))
            return
        if path.segments[0] == "tags":
            of_tags(path, self.source, span, self.report)
            return
        near_run = nearest_names(dotted, (*RUN_FIELD_SPELLINGS, "any_field"))
        near = nearest_fields(dotted, self.catalog, _VALUED)[: 3 - len(near_run[:2])]
        texts = [*near_run[:2], *(info_text(i) for i in near)]
        shown = [*(f"`{n}`" for n in near_run[:2]), *(counted(i, self.catalog) for i in near)]
        hints = ("nearest: " + ", ".join(shown),) if shown else _no_field(dotted)
        if not shown and dotted in _PARTS_OF_TIME:
            texts, hints = [_PARTS_OF_TIME[dotted]], (f"of the time a run was created: `{_PARTS_OF_TIME[dotted]}`",)
        if not self.catalog.complete:
            options = [field_text(s, path.segments, exact=path.exact) for s in _VALUED]
            hints = (
                *hints,
                f"not every run was looked at: write {code(options[0])} or {code(options[1])} if it is there",
            )
            texts += options
        message = f"no field {code(path_text(path.segments))}{self.source}"
        self.report.add("RQL201", message, span, *hints, fixes=rewrites(span, texts))

    def _prefix_meant(self, path: tree.Path) -> str | None:
        """`onfig.lr`, `` `config.lr` ``: the field that there is behind the prefix that was meant."""
        first, rest = str(path.segments[0]), path.segments[1:]
        prefix, _, quoted = first.partition(".")
        if (
            quoted
            and not rest
            and prefix in PREFIXES
            and self._paths(PREFIXES[prefix], tuple(quoted.split(".")), False)
        ):
            return first
        for word in nearest_names(first, PREFIXES) if rest else ():
            if self._paths(PREFIXES[word], rest, path.exact):
                return field_text(PREFIXES[word], rest, exact=path.exact)
        return None

    def _only_prefix(self, path: tree.Path, space: Space, span: Span) -> None:
        word = str(path.segments[0])
        what = "metrics" if space in (Space.LOGGED, Space.SYSTEM) else "fields"
        hints = (f"write `{space}.NAME` for one of its {what}, or select `{space}.*` for all",)
        self.report.add("RQL201", f"`{word}` is not a field: it holds the {space} {what}", span, *hints)

    def _system(self, path: tree.Path, span: Span) -> None:
        name = path_text(path.segments)
        message = f"{code(name)} is a machine metric, not a field of the run"
        self.report.add("RQL210", message, span, f"ask for its history: {code(f'keys {name}')}")

    # ------------------------------------------------------------ globs

    def glob(self, path: tree.Path, span: Span) -> FieldKey | None:
        """The fields that a pattern such as `config.*` stands for, as a key whose segments hold stars."""
        span = path.span if path.span != NOWHERE else span
        space = PREFIXES.get(str(path.segments[0]))
        if space in (Space.LOGGED, Space.SYSTEM):
            name = path_text(path.segments[1:]) if space is Space.LOGGED else path_text(path.segments)
            self.report.add(
                "RQL210", "histories are asked for by `keys`, not selected", span, f"write {code(f'keys {name}')}"
            )
            return None
        if space is not None and len(path.segments) > 1:
            return FieldKey(space, path.segments[1:], path.exact, field_text(space, path.segments[1:]))
        options = [field_text(s, path.segments) for s in _VALUED]
        hint = "write " + " or ".join(map(code, options))
        message = f"{code(path_text(path.segments))} needs a prefix"
        self.report.add("RQL202", message, span, hint, fixes=rewrites(span, options))
        return None

    def excepted(self, path: tree.Path, span: Span, glob: FieldKey) -> FieldKey | None:
        """A field or pattern after `except`: with its prefix, or without: then in the space of the glob."""
        span = path.span if path.span != NOWHERE else span
        space = PREFIXES.get(str(path.segments[0])) if len(path.segments) > 1 else None
        if space is None:
            written = ".".join((glob.space, *map(str, path.segments)))
            return FieldKey(glob.space, path.segments, path.exact, written)
        if space is not glob.space:
            message = f"{code(path_text(path.segments))} is not among `{glob.written}`"
            self.report.add("RQL213", message, span, f"only {glob.space} fields can be left out of it")
            return None
        key = FieldKey(space, path.segments[1:], path.exact)
        return replace(key, written=field_text(space, key.segments, exact=path.exact))


def _no_field(word: str) -> tuple[str, ...]:
    """The way out where no name is near."""
    if word.lower() in _JOINTS:
        return (f"`{word}` {_JOINTS[word.lower()]}: something is missing beside it",)
    return (f"{LOOK_AROUND}` lists those that there are",)
