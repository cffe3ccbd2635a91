"""Records from tables: what fits is taken, everything else is named."""

import re
from dataclasses import dataclass, field
from typing import Literal

import pytest

from lawful.core.errors import InputError
from lawful.core.typed_table import typed


@dataclass(frozen=True)
class Inner:
    size: int = 1


@dataclass(frozen=True)
class Outer:
    steps: int
    rate: float = 0.5
    flag: bool = False
    name: str | None = None
    kind: Literal["one", "two"] = "one"
    seeds: tuple[int, ...] = ()
    free: dict[str, object] | None = None
    more: dict = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)
    other: Inner | None = None


def test_every_kind_of_value_is_taken():
    table = {
        "steps": 2, "rate": 1, "flag": True, "name": "a", "kind": "two", "seeds": [1, 2], "free": {"x": [1]},
        "more": {"y": 1}, "inner": {"size": 3}, "other": {},
    }  # fmt: skip
    assert typed(Outer, table, "here") == Outer(
        2, 1, True, "a", "two", (1, 2), {"x": [1]}, {"y": 1}, Inner(3), Inner(1)
    )
    assert typed(Outer, {"steps": 2}, "here") == Outer(2)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"stpes": 1}, "here: unknown 'stpes'; known: steps, rate, "),
        ({"steps": True}, "here: steps must be a whole number, got True"),
        ({"steps": 1, "flag": 1}, "here: flag must be true or false, got 1"),
        ({"steps": 1, "rate": "x"}, "here: rate must be a number, got 'x'"),
        ({"steps": 1, "name": 3}, "here: name must be text, got 3"),
        ({"steps": 1, "kind": "three"}, "here: kind must be one of one, two, got 'three'"),
        ({"steps": 1, "seeds": 3}, "here: seeds must be a list, got 3"),
        ({"steps": 1, "seeds": [1, "a"]}, "here: seeds[1] must be a whole number, got 'a'"),
        ({"steps": 1, "free": 3}, "here: free must be a table, got 3"),
        ({"steps": 1, "inner": 3}, "here: inner must be a table, got 3"),
        ({"steps": 1, "inner": {"size": "x"}}, "here inner: size must be a whole number, got 'x'"),
        ({}, "here: "),
    ],
)
def test_what_does_not_fit_is_named(table, message):
    with pytest.raises(InputError, match=re.escape(message)):
        typed(Outer, table, "here")
