"""Filters of W&B's workspaces and reports: `Config("lr") > 0.1 and Metric("State") == "finished"`.

They are Python expressions, and mean what a filter of W&B's server means; so they become one, and `from_mongo` says it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from runql.errors import ArgumentError
from runql.syntax.foreign.mongo import from_mongo
from runql.syntax.mongo.names import AS_PASTED
from runql.text.frozen import frozen

_BEGINS: Final = re.compile(
    r"[\s(\[]*(?:not\b[\s(]*)?(?:[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*[<>=!]=?\s*)?(?:\w+\.)*(?:Config|Metric|SummaryMetric|Summary|Tags|KeysInfo|Or|And)\s*\("
)
_STRING: Final = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"")
_EQUAL: Final = re.compile(r"(?<![!<>=])=(?!=)")
_WITHIN: Final = re.compile(r"\)\s+within_last\s+(\d+(?:\.\d+)?)\s+(\w+)")
_UNITS: Final = {"minute": "m", "hour": "h", "day": "d"}
_LONGEST: Final = 20_000
_DEEPEST: Final = 40

_OF_RUN: Final[Mapping[str, str]] = {
    "ID": "name",
    "Name": "displayName",
    "Tags": "tags",
    "State": "state",
    "CreatedTimestamp": "createdAt",
    "Runtime": "duration",
    "User": "username",
    "Sweep": "sweep",
    "Group": "group",
    "JobType": "jobType",
    "Hostname": "host",
    "Step": "summary_metrics._step",
    "RelativeTime(Process)": "summary_metrics._runtime",
    "WallTime": "summary_metrics._timestamp",
}
"""What a workspace calls the fields of a run, and what a filter does."""

_SIGNS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "$eq",
    ast.NotEq: "$ne",
    ast.Gt: "$gt",
    ast.GtE: "$gte",
    ast.Lt: "$lt",
    ast.LtE: "$lte",
    ast.In: "$in",
    ast.NotIn: "$nin",
}
_TURNED: Final = {"$gt": "$lt", "$gte": "$lte", "$lt": "$gt", "$lte": "$gte", "$eq": "$eq", "$ne": "$ne"}
_JOINS: Final = {"Or": "$or", "And": "$and"}
_STRICT: Final = "`<` and `>` were read as they are written; a workspace takes them for `<=` and `>=`"


@frozen
class WorkspaceFilter:
    """A filter as a query, and what there is to say of it."""

    query: str
    notes: tuple[str, ...]


def read_workspace_filter(text: str) -> WorkspaceFilter | None:
    """A filter of a workspace as a query; none if the text is not one.

    Raises:
        ArgumentError: it is one, and a query cannot say it.
    """
    if len(text) > _LONGEST or not _BEGINS.match(text):
        return None
    root = _parsed(text)
    if root is None:
        return None
    recent: list[str] = []
    terms = [_filter(term, 0) for term in _terms(root) if not _is_recent(term, recent)]
    query = from_mongo({"$and": terms} if terms else {})
    if recent:
        ages = " and ".join(f"created >= {age} ago" for age in recent)
        condition = query.partition(" where ")[2]
        query = f"runs where {ages} and ({condition})" if condition else f"runs where {ages}"
    is_strict = any(isinstance(node, ast.Lt | ast.Gt) for node in ast.walk(root))
    return WorkspaceFilter(query, (_STRICT,) if is_strict else ())


def _parsed(text: str) -> ast.expr | None:
    """The expression, in Python's own syntax: with `==` for `=`, and a call for `within_last 5 days`."""
    strings: list[str] = []

    def held(match: re.Match[str]) -> str:
        strings.append(match[0])
        return f"_string_{len(strings) - 1}_"

    plain = _EQUAL.sub("==", _STRING.sub(held, text))
    plain = re.sub(
        r"_string_(\d+)_", lambda match: strings[int(match[1])], _WITHIN.sub(r").within_last(\1, '\2')", plain)
    )
    try:
        return ast.parse(plain.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _terms(root: ast.expr) -> Iterator[ast.expr]:
    """The conditions that all must hold."""
    match root:
        case ast.List(elts=parts) | ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                yield from _terms(part)
        case _:
            yield root


def _is_recent(node: ast.expr, found: list[str]) -> bool:
    """Whether a term is `Metric("CreatedTimestamp").within_last(5, "days")`; its age is put into `found` then."""
    match node:
        case ast.Call(func=ast.Attribute(value=field, attr="within_last"), args=[ast.Constant(value=count), unit]):
            kind = _UNITS.get(str(_value(unit)).lower().rstrip("s"))
        case _:
            return False
    if _field(field) != "createdAt" or kind is None or not isinstance(count, int | float):
        raise ArgumentError.because("`within_last` takes `CreatedTimestamp` and minutes, hours or days", _HOW)
    found.append(f"{count}{kind}")
    return True


_HOW: Final = "in RunQL write `created >= 5d ago`"


def _filter(node: ast.expr, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise ArgumentError.because("the filter is nested too deeply", "write it as a query")
    match node:
        case ast.BoolOp(op=op, values=values):
            joint = "$and" if isinstance(op, ast.And) else "$or"
            return {joint: [_filter(value, depth + 1) for value in values]}
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return {"$nor": [_filter(operand, depth + 1)]}
        case ast.Call(func=func, args=values) if values and _name(func) in _JOINS:
            return {_JOINS[_name(func)]: [_filter(value, depth + 1) for value in values]}
        case ast.Call(func=ast.Attribute(value=field, attr="isin" | "notin" as way), args=[values]):
            return {_field(field): {"$in" if way == "isin" else "$nin": _value(values)}}
        case ast.Call(func=ast.Attribute(attr="within_last")):
            raise ArgumentError.because("`within_last` is read only where all conditions must hold", _HOW)
        case ast.Compare(left=left, ops=ops, comparators=right):
            operands = [left, *right]
            tests = [_test(a, type(op), b) for a, op, b in zip(operands, ops, right, strict=False)]
            return tests[0] if len(tests) == 1 else {"$and": tests}
    raise ArgumentError.because(f"`{_shown(node)}` is no condition of a workspace's filter", "it compares a field")


def _test(left: ast.expr, op: type[ast.cmpop], right: ast.expr) -> dict[str, Any]:
    sign = _SIGNS.get(op)
    if sign is None:
        raise ArgumentError.because("`is` compares nothing in a workspace's filter", "write `==`")
    if isinstance(left, ast.Call):
        return {_field(left): {sign: _value(right)}}
    if isinstance(right, ast.Call) and sign in _TURNED:
        return {_field(right): {_TURNED[sign]: _value(left)}}
    raise ArgumentError.because(f"`{_shown(left)}` names no field", 'a field is `Config("lr")` or `Summary("loss")`')


def _field(node: ast.expr) -> str:
    """The field that a call names, as W&B's filters spell it."""
    if not isinstance(node, ast.Call) or len(node.args) > 1 or node.keywords:
        raise ArgumentError.because(
            f"`{_shown(node)}` names no field", 'a field is `Config("lr")` or `Summary("loss")`'
        )
    kind, name = _name(node.func), str(_value(node.args[0])) if node.args else ""
    match kind:
        case "Tags":
            return "tags"
        case "Config" if name:
            return f"config.{name}"
        case "Summary" | "SummaryMetric" if name:
            return f"summary_metrics.{name}"
        case "Metric" if name in _OF_RUN or name in AS_PASTED.names:
            return _OF_RUN.get(name, name)
        case "Metric" if name:
            hint = f'a value that was logged is `SummaryMetric("{name}")`; fields of a run: {", ".join(_OF_RUN)}'
            raise ArgumentError.because(f'`Metric("{name}")` names no field of a run', hint)
    raise ArgumentError.because(f"`{_shown(node)}` names no field that RunQL reads", "write it as a query")


def _name(node: ast.expr) -> str:
    """The last word of a name: `Config` of `ws.Config`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ArgumentError.because(f"`{_shown(node)}` is no value", "a value is a number, a text or a list") from None


def _shown(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:60]}…"
