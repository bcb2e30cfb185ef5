"""The closed unions of the language, and where the sources tell their members apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, get_args

from runql.plan import nodes as plan
from runql.semantic import typed
from runql.syntax import tree
from runql.syntax.mongo import nodes as mongo

UNIONS: Final[dict[str, tuple[type | None, Any]]] = {
    "Expr": (tree.ExprNode, tree.Expr),
    "Clause": (tree.ClauseNode, tree.Clause),
    "Stage": (tree.StageNode, tree.Stage),
    "Statement": (tree.StatementNode, tree.Statement),
    "MongoFilter": (mongo.MongoNode, mongo.MongoFilter),
    "TypedExpr": (typed.TypedExprNode, typed.TypedExpr),
    "TStage": (typed.TStageNode, typed.TStage),
    "Runs": (None, plan.Runs),
    "Plan": (None, plan.Plan),
}
"""Each union by the name of its alias, with the base class of its members if they have one."""

MEMBERS: Final = {member.__name__: union for union, (_, alias) in UNIONS.items() for member in get_args(alias)}
"""The union of each node class."""

BASES: Final = {base.__name__: union for union, (base, _) in UNIONS.items() if base is not None}
ENUMS: Final = {name for name, kind in vars(tree).items() if isinstance(kind, type) and issubclass(kind, Enum)}
"""The closed sets of words in the tree: they are told apart in the same way."""


OTHERS: Final = {"ast", "token"}
"""Python's own trees, and the tokens of Pygments: some of their classes are called as ours are."""


def name_of(node: ast.expr | None) -> str:
    """The last name of `a` or `m.a`; empty for anything else, and for the classes of the libraries in `OTHERS`."""
    if isinstance(node, ast.Attribute):
        return "" if name_of(node.value) in OTHERS else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def classes_in(node: ast.expr) -> list[str]:
    """The classes in the second argument of `isinstance`: `A`, `A | B`, `(A, B)`."""
    if isinstance(node, ast.Tuple):
        return [name for each in node.elts for name in classes_in(each)]
    if isinstance(node, ast.BinOp):
        return classes_in(node.left) + classes_in(node.right)
    return [name_of(node)]


def patterns(pattern: ast.pattern) -> Iterator[ast.pattern]:
    """A pattern, the alternatives that it consists of, and what `as` gives a name."""
    match pattern:
        case ast.MatchOr(patterns=several):
            for each in several:
                yield from patterns(each)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            yield from patterns(inner)
        case _:
            yield pattern


def told_apart(match: ast.Match) -> tuple[set[str], set[str]]:
    """The unions of which a match names members (or words of an enum), and those of which it names the base."""
    members, bases = set[str](), set[str]()
    for case in match.cases:
        for pattern in patterns(case.pattern):
            match pattern:
                case ast.MatchClass(cls=cls):
                    members |= {MEMBERS[name_of(cls)]} if name_of(cls) in MEMBERS else set()
                    bases |= {BASES[name_of(cls)]} if name_of(cls) in BASES else set()
                case ast.MatchValue(value=ast.Attribute(value=kind)) if name_of(kind) in ENUMS:
                    members.add(name_of(kind))
                case _:
                    pass
    return members, bases


def is_never(statement: ast.stmt) -> bool:
    """Whether a statement is `assert_never(…)`."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and name_of(statement.value.func) == "assert_never"
    )


def is_closed(match: ast.Match) -> bool:
    """Whether the last case of a match takes all that is left, and only to say that nothing is."""
    last = match.cases[-1]
    takes_all = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
    return takes_all and len(last.body) == 1 and is_never(last.body[0])


def tested(test: ast.expr) -> tuple[str, str] | None:
    """What an `isinstance` at the head of a condition asks of, and the union of the classes in it."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return tested(test.values[0])
    if isinstance(test, ast.Call) and name_of(test.func) == "isinstance" and len(test.args) == 2:
        unions = {MEMBERS[name] for name in classes_in(test.args[1]) if name in MEMBERS}
        return (ast.unparse(test.args[0]), unions.pop()) if unions else None
    return None


def chains(block: list[ast.stmt]) -> Iterator[tuple[int, str, int]]:
    """The `if … elif …` and the consecutive `if`s of a block that ask of one value which node it is: the line, the
    union, how many questions."""
    run: list[tuple[int, tuple[str, str]]] = []
    for statement in [*block, ast.Pass()]:
        questions = []
        branch: ast.stmt | None = statement
        while isinstance(branch, ast.If):
            asked = tested(branch.test)
            questions += [(branch.lineno, asked)] if asked is not None else []
            branch = branch.orelse[0] if len(branch.orelse) == 1 else None
        if questions and (not run or run[-1][1] == questions[0][1]) and len({asked for _, asked in questions}) == 1:
            run += questions
            continue
        if len(run) > 1:
            yield run[0][0], run[0][1][1], len(run)
        run = questions


def dispatches(tree: ast.Module) -> Iterator[tuple[int, str, str, set[str]]]:
    """The dictionaries keyed by node classes: the line, the name of the constant (empty for any other place), the
    union, the keys.
    """
    named: dict[int, str] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
            named |= {id(node): name_of(target) for node in ast.walk(statement.value) if isinstance(node, ast.Dict)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = {name_of(key) for key in node.keys}
            union = next((MEMBERS[key] for key in keys if key in MEMBERS), None)
            if union is not None:
                yield node.lineno, named.get(id(node), ""), union, keys
