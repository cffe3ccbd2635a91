"""A frozen dataclass from a table of settings: unknown names and values of another type are refused."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin

from lawful.core.errors import InputError

T = TypeVar("T")
_NAMES: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    dict: "a table",
}


def typed(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    """The record of a table.

    Types that a field may have: int, float, bool, str, a Literal of texts, a tuple of one of these for a list, dict
    for a table that is read elsewhere, another dataclass for a table of its own, and each of them or None.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Point:
    ...     x: float
    ...     names: tuple[str, ...] = ()
    >>> typed(Point, {"x": 1, "names": ["a"]}, "points.toml")
    Point(x=1, names=('a',))

    Args:
        kind: The dataclass.
        table: Values by the names of its fields; those that are left out have their defaults.
        where: What is read, as the start of an error message.

    Raises:
        InputError: A name is not known, a value is missing or has another type, or the record refuses a value.
    """
    known = {field.name: field.type for field in fields(kind)}  # pyright: ignore[reportArgumentType]
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise InputError(f"{where}: unknown {name!r}; known: {', '.join(known)}")
        values[name] = _value(known[name], value, where, name)
    try:
        return kind(**values)
    except TypeError as error:
        raise InputError(f"{where}: {error}") from error


def _value(kind: Any, value: Any, where: str, name: str) -> Any:
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, Mapping):
        return typed(kind, value, f"{where} {name}")
    if get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise InputError(f"{where}: {name} must be a list, got {value!r}")
        inner = get_args(kind)[0]
        return tuple(_value(inner, one, where, f"{name}[{at}]") for at, one in enumerate(value))
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise InputError(f"{where}: {name} must be one of {', '.join(get_args(kind))}, got {value!r}")
        return value
    kind = dict if get_origin(kind) is dict else kind
    wanted = (int, float) if kind is float else kind
    fits = kind in _NAMES and isinstance(value, wanted) and isinstance(value, bool) == (kind is bool)
    if not fits:
        raise InputError(f"{where}: {name} must be {_NAMES.get(kind, 'a table')}, got {value!r}")
    return value
