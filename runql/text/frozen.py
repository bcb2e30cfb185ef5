"""Slotted records, nearly all frozen: what `@dataclass(frozen=True, slots=True)` gives, without its price at the start.

The standard library writes and compiles the source of six functions for each class, which for the two hundred records
of RunQL takes longer than everything else before a first answer. Here only `__init__` is written, once several objects
of a class were made; the rest is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from functools import partial
from inspect import get_annotations
from operator import attrgetter, itemgetter
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

_FEW: Final = 12
"""So many objects of a class are made without an `__init__` of its own: to write one takes longer than that."""


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


@dataclass_transform(field_specifiers=(field,))
def changeable(cls: type[T], /) -> type[T]:
    """Make a class a slotted record of its annotated fields, which may be set; it has no hash."""
    return _made(cls, kw_only=False, order=False, slots=True, is_frozen=False)


def _made(cls: type[T], kw_only: bool, order: bool, slots: bool, *, is_frozen: bool = True) -> type[T]:
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
        "__reduce__": _reduce,
    }
    if slots:
        body["__slots__"] = new
    shared = {"__repr__": _repr, **_comparisons(tuple(each.name for each in every if each.compare), order)}
    if is_frozen:
        body |= {"__setattr__": _refuse, "__delattr__": _refuse}
    else:
        shared["__hash__"] = None
    body |= {name: value for name, value in shared.items() if name not in cls.__dict__}
    metaclass: Any = type(cls)
    made: type[T] = metaclass(cls.__name__, cls.__bases__, body)
    return made


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def packed(cls: type[T], /) -> type[T]:
    """Make a class a frozen record whose values lie in one tuple, for records that come by the ten thousand.

    It is a record to whoever uses it; `records_of` makes many of them without a call for each.
    """
    every = _own_fields(cls, kw_only=False)
    names = [each.name for each in every]
    dropped = {"__dict__", "__weakref__", *names}
    body: dict[str, Any] = {name: value for name, value in cls.__dict__.items() if name not in dropped}
    body |= {
        _FIELDS: {each.name: each for each in every},
        "__match_args__": tuple(names),
        "__slots__": (),
        "__new__": _first_new,
        "__reduce__": _reduce,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__ne__": object.__ne__,
        **{name: _value_at(at) for at, name in enumerate(names)},
    }
    shared = {"__repr__": _repr, **_comparisons_of_packed(tuple(each.name for each in every if each.compare))}
    body |= {name: value for name, value in shared.items() if name not in cls.__dict__}
    metaclass: Any = type(cls)
    made: type[T] = metaclass(cls.__name__, (tuple,), body)
    return made


def records_of(cls: type[T], columns: Iterable[Iterable[Any]]) -> Iterator[T]:
    """The records of a `packed` class of which these are the values, field by field in the order of the class."""
    make: Any = partial(tuple.__new__, cls)
    return map(make, zip(*columns, strict=True))


def _comparisons_of_packed(names: tuple[str, ...]) -> dict[str, Any]:
    """As of other records: no packed one is equal to a bare tuple, though it is one."""
    of_fields = _comparisons(names, order=False)
    eq = of_fields["__eq__"]
    return of_fields | {"__eq__": lambda self, other: eq(self, other) is True}


def _value_at(at: int) -> Any:
    """What reads a value off its tuple: as fast as a slot where the interpreter brings that along."""
    try:
        from _collections import _tuplegetter  # type: ignore[import-not-found]
    except ImportError:
        return property(itemgetter(at))
    return _tuplegetter(at, None)


def _first_new(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Write the `__new__` of a packed class when the first object is made, and call it."""
    cls.__new__ = _written(cls, is_packed=True)
    return cls(*args, **kwargs)


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
    """Give a class the `__init__` of its first objects, and call it; a class below a record may have its own, which
    called this one, and keeps it."""
    cls: Any = type(self)
    if cls.__init__ is not _first_init:
        cls = next(base for base in cls.__mro__ if base.__dict__.get("__init__") is _first_init)
    cls.__init__ = _init_of_few(cls)
    cls.__init__(self, *args, **kwargs)


def _init_of_few(cls: Any) -> Callable[..., None]:
    """The `__init__` of the first objects of a class. One is written for the others, and for a call that does not fit,
    of which it says what is wrong."""
    every = fields(cls)
    names = [each.name for each in every if not each.kw_only]
    setters = {each.name: _setter(cls, each.name) for each in every}
    has_more = hasattr(cls, "__post_init__")
    left = _FEW

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal left
        left -= 1
        values = dict(zip(names, args, strict=False))
        fits = len(values) == len(args) and values.keys().isdisjoint(kwargs) and setters.keys() >= kwargs.keys()
        values |= kwargs
        for each in every if len(values) < len(every) else ():
            if each.name not in values:
                values[each.name] = each.default if each.default_factory is MISSING else each.default_factory()
        if left <= 0 or not fits or any(value is MISSING for value in values.values()):
            cls.__init__ = _written(cls)
            cls.__init__(self, *args, **kwargs)
            return
        for name, value in values.items():
            setters[name](self, value)
        if has_more:
            self.__post_init__()

    return init


def _setter(cls: type, name: str) -> Callable[[Any, Any], None]:
    """What puts the value of a field into an object."""
    slot = getattr(cls, name, None)
    if isinstance(slot, MemberDescriptorType):
        return slot.__set__
    return lambda self, value: self.__dict__.__setitem__(name, value)


def _written(cls: type, *, is_packed: bool = False) -> Callable[..., Any]:
    """The `__init__` of a record, or the `__new__` of a packed one, that takes exactly its fields."""
    names: dict[str, Any] = {"_packed": tuple.__new__, "_not_given": MISSING}
    values: dict[str, str] = {}
    positional: list[str] = ["self"]
    keyword: list[str] = []
    for each in fields(cls):
        name = values[each.name] = parameter = each.name
        if each.default_factory is not MISSING:
            names[f"_make_{name}"] = each.default_factory
            parameter = f"{name}=_not_given"
            values[name] = f"_make_{name}() if {name} is _not_given else {name}"
        elif each.default is not MISSING:
            names[f"_default_{name}"] = each.default
            parameter = f"{name}=_default_{name}"
        (keyword if each.kw_only else positional).append(parameter)
    lines = [f"return _packed(self, ({', '.join(values.values())},))"] if is_packed else []
    for name, value in () if is_packed else values.items():
        slot = getattr(cls, name, None)
        if isinstance(slot, MemberDescriptorType):
            names[f"_set_{name}"] = slot.__set__
            lines.append(f"_set_{name}(self, {value})")
        else:
            lines.append(f"self.__dict__[{name!r}] = {value}")
    if hasattr(cls, "__post_init__") and not is_packed:
        lines.append("self.__post_init__()")
    written = "__new__" if is_packed else "__init__"
    parameters = ", ".join([*positional, *(["*", *keyword] if keyword else [])])
    exec(f"def {written}({parameters}):\n    " + "\n    ".join(lines or ["pass"]), names)
    made: Callable[..., Any] = names[written]
    return made


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
