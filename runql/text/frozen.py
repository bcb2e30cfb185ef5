"""Frozen, slotted records: what `@dataclass(frozen=True, slots=True)` gives, without its price at the start.

The standard library writes and compiles the source of six functions for each class, which for the two hundred records
of RunQL takes longer than everything else before a first answer. Here only `__init__` is written, when the first object
of a class is made; the rest is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from inspect import get_annotations
from operator import attrgetter
from types import MemberDescriptorType
from typing import Any, Final, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")

_FIELDS: Final = "__dataclass_fields__"
"""Where the standard library looks for the fields: so its `fields` and `replace` take these records too."""


@dataclass
class _Sample:
    """One real dataclass, to learn what marks an ordinary field."""

    only: int


_ORDINARY: Final = vars(_Sample)[_FIELDS]["only"]._field_type


@overload
def frozen(cls: type[T], /) -> type[T]: ...


@overload
def frozen(*, kw_only: bool = False, order: bool = False, slots: bool = True) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(
    cls: type[T] | None = None, /, *, kw_only: bool = False, order: bool = False, slots: bool = True
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class a frozen record of its annotated fields.

    `order`: it compares like the tuple of its fields. Without `slots` it may hold a `cached_property`.
    """
    if cls is None:
        return lambda made: _made(made, kw_only, order, slots)
    return _made(cls, kw_only, order, slots)


def _made(cls: type[T], kw_only: bool, order: bool, slots: bool) -> type[T]:
    own = _own_fields(cls, kw_only)
    by_name: dict[str, Field[Any]] = {}
    for base in reversed(cls.__mro__[1:]):
        by_name |= base.__dict__.get(_FIELDS, {})
    new = tuple(each.name for each in own if each.name not in by_name)
    by_name.update((each.name, each) for each in own)
    every = tuple(by_name.values())
    dropped = {"__dict__", "__weakref__", *(each.name for each in own)}
    body = {name: value for name, value in cls.__dict__.items() if name not in dropped}
    body |= {
        _FIELDS: by_name,
        "__match_args__": tuple(each.name for each in every if not each.kw_only),
        "__init__": _first_init,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__reduce__": _reduce,
    }
    if slots:
        body["__slots__"] = new
    shared = {"__repr__": _repr, **_comparisons(tuple(each.name for each in every if each.compare), order)}
    body |= {name: value for name, value in shared.items() if name not in cls.__dict__}
    metaclass: Any = type(cls)
    made: type[T] = metaclass(cls.__name__, cls.__bases__, body)
    return made


def _own_fields(cls: type, kw_only: bool) -> list[Field[Any]]:
    own = []
    for name, annotation in get_annotations(cls).items():
        if str(annotation).startswith(("ClassVar", "typing.ClassVar")):
            continue
        given = cls.__dict__.get(name, MISSING)
        each: Any = given if isinstance(given, Field) else field(default=given)
        each.name, each.type, each._field_type = name, annotation, _ORDINARY
        each.kw_only = kw_only or each.kw_only is True
        own.append(each)
    return own


def _first_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Write the `__init__` of a class when the first object is made, and call it."""
    cls = type(self)
    cls.__init__ = _written_init(cls)
    self.__init__(*args, **kwargs)


def _written_init(cls: type) -> Callable[..., None]:
    names: dict[str, Any] = {}
    positional: list[str] = []
    keyword: list[str] = []
    lines: list[str] = []
    for each in fields(cls):
        name = each.name
        value = name
        parameter = name
        if each.default_factory is not MISSING:
            names[f"_make_{name}"], names["_not_given"] = each.default_factory, MISSING
            parameter, value = f"{name}=_not_given", f"_make_{name}() if {name} is _not_given else {name}"
        elif each.default is not MISSING:
            names[f"_default_{name}"] = each.default
            parameter = f"{name}=_default_{name}"
        (keyword if each.kw_only else positional).append(parameter)
        slot = getattr(cls, name, None)
        if isinstance(slot, MemberDescriptorType):
            names[f"_set_{name}"] = slot.__set__
            lines.append(f"    _set_{name}(self, {value})")
        else:
            lines.append(f"    self.__dict__[{name!r}] = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    parameters = ", ".join(["self", *positional, *(["*", *keyword] if keyword else [])])
    source = f"def __init__({parameters}):\n" + "\n".join(lines or ["    pass"])
    exec(source, names)
    written: Callable[..., None] = names["__init__"]
    return written


def _comparisons(names: tuple[str, ...], order: bool) -> dict[str, Any]:
    """`__eq__` and `__hash__` over the fields that count, and the four of an order if there is one."""
    if not names:
        values: Callable[[Any], Any] = lambda _record: ()  # noqa: E731
    elif len(names) == 1:
        get = attrgetter(names[0])
        values = lambda record: (get(record),)  # noqa: E731
    else:
        values = attrgetter(*names)

    def eq(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    found: dict[str, Any] = {"__eq__": eq, "__hash__": lambda self: hash(values(self))}
    if order:
        found |= {
            "__lt__": lambda a, b: values(a) < values(b) if type(a) is type(b) else NotImplemented,
            "__le__": lambda a, b: values(a) <= values(b) if type(a) is type(b) else NotImplemented,
            "__gt__": lambda a, b: values(a) > values(b) if type(a) is type(b) else NotImplemented,
            "__ge__": lambda a, b: values(a) >= values(b) if type(a) is type(b) else NotImplemented,
        }
    return found


def _repr(self: Any) -> str:
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(type(self)) if each.repr)
    return f"{type(self).__qualname__}({shown})"


def _refuse(self: Any, name: str, _value: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change the field {name!r} of a {type(self).__name__}")


def _reduce(self: Any) -> tuple[Any, ...]:
    return _rebuilt, (type(self), {each.name: getattr(self, each.name) for each in fields(type(self))})


def _rebuilt(cls: type[T], values: dict[str, Any]) -> T:
    return cls(**values)
