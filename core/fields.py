"""Reading JSON that somebody else wrote: every field is checked, every error says where."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lawful.core.errors import InputError

T = TypeVar("T")
_NUMBERS = (int, float)
_LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object that is read field by field."""

    body: Mapping[str, Any]
    """The object."""
    where: str
    """Where it comes from, as the start of an error message."""

    def __post_init__(self) -> None:
        if not isinstance(self.body, Mapping):
            raise InputError(f"{self.where}: expected an object, found {_shown(self.body)}")

    def only(self, *names: str) -> None:
        """Refuse fields of other names."""
        unknown = self.body.keys() - names
        if unknown:
            shown = ", ".join(sorted(map(repr, unknown)))
            raise InputError(f"{self.where}: unknown {shown}; known: {', '.join(names)}")

    def text(self, name: str) -> str:
        """A field that holds text."""
        return self._typed(name, str, "text")

    def number(self, name: str) -> float:
        """A field that holds a finite number."""
        value = self._held(name)
        if type(value) not in _NUMBERS or not -_LARGEST <= value <= _LARGEST:
            raise self._wrong(name, "a number", value)
        return float(value)

    def share(self, name: str) -> float:
        """A field that holds a number in [0, 1]."""
        value = self.number(name)
        if not 0 <= value <= 1:
            raise self._wrong(name, "a number from 0 to 1", value)
        return value

    def whole(self, name: str) -> int:
        """A field that holds a whole number."""
        value = self._held(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number", value)
        return value

    def flag(self, name: str) -> bool:
        """A field that holds true or false."""
        return self._typed(name, bool, "true or false")

    def choice(self, name: str, allowed: tuple[str, ...]) -> Any:
        """A field that holds one of some texts."""
        value = self._held(name)
        if value not in allowed:
            raise self._wrong(name, f"one of {', '.join(allowed)}", value)
        return value

    def many(self, name: str, item: Callable[[Any, str], T]) -> tuple[T, ...]:
        """A field that holds a list; `item` reads each of its values and is told where it stands."""
        values = self._held(name)
        if not isinstance(values, list | tuple):
            raise self._wrong(name, "a list", values)
        return tuple(item(value, f"{self.where}.{name}[{at}]") for at, value in enumerate(values))

    def table(self, name: str, item: Callable[[Any, str], T]) -> dict[str, T]:
        """A field that holds an object of names and values of one kind."""
        values = self._held(name)
        if not isinstance(values, Mapping):
            raise self._wrong(name, "an object", values)
        return {str(key): item(value, f"{self.where}.{name}.{key}") for key, value in values.items()}

    def inner(self, name: str) -> "Fields":
        """A field that holds an object."""
        return Fields(self._typed(name, Mapping, "an object"), f"{self.where}.{name}")

    def optional(self, name: str, read: Callable[[str], T], default: T | None = None) -> T | None:
        """A field that may be null or missing; otherwise it is read by `read`, a method of this object."""
        return default if self.body.get(name) is None else read(name)

    def _held(self, name: str) -> Any:
        if name not in self.body:
            raise InputError(f"{self.where}: {name} is missing")
        return self.body[name]

    def _typed(self, name: str, kind: type, words: str) -> Any:
        value = self._held(name)
        if not isinstance(value, kind):
            raise self._wrong(name, words, value)
        return value

    def _wrong(self, name: str, words: str, value: Any) -> InputError:
        return InputError(f"{self.where}: {name} should be {words}, found {_shown(value)}")


def as_text(value: Any, where: str) -> str:
    """A value that is text."""
    return Fields({"value": value}, where).text("value")


def as_number(value: Any, where: str) -> float:
    """A value that is a finite number."""
    return Fields({"value": value}, where).number("value")


def as_whole(value: Any, where: str) -> int:
    """A value that is a whole number."""
    return Fields({"value": value}, where).whole("value")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
