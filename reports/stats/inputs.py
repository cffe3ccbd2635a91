"""Checks of what the statistics are given, and the treatment of missing values."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64, Num, Shaped

from lawful.core.errors import InputError

# Shapes are checked below rather than by named axes, so that a mismatch is told in words.
Values = Num[np.ndarray, "..."]
"""One number an item; NaN is missing."""
Labels = Shaped[np.ndarray, "..."]
"""One label an item, of any type: a group, a cluster, an answer."""

Table = Num[np.ndarray, "..."]
"""One number a row and column; NaN is missing."""


class Pairs(NamedTuple):
    """Two values an item, complete ones only."""

    x: Float64[np.ndarray, " items"]
    """First values."""
    y: Float64[np.ndarray, " items"]
    """Second values."""
    n_missing: int
    """Items left out because one of the two was missing."""
    kept: Bool[np.ndarray, " all"]
    """Of the items given, which were kept."""


def vector(values: Values, name: str) -> Float64[np.ndarray, " items"]:
    """The values as float64, one-dimensional and finite or NaN.

    Raises:
        InputError: The array has another number of dimensions, or holds an infinite value.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise InputError(f"{name} must have one dimension, found shape {array.shape}; pass one value an item")
    infinite = np.flatnonzero(np.isinf(array))
    if infinite.size:
        raise InputError(
            f"{name} holds an infinite value at position {infinite[0]} ({infinite.size} in all); "
            "mark a missing value with NaN"
        )
    return array


def same_length(**arrays: np.ndarray) -> int:
    """The one length of some arrays.

    Raises:
        InputError: They differ in length.
    """
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"arrays must have one length, found {listed}; pass one value an item in each")
    return next(iter(lengths.values()))


def complete_pairs(x: Values, y: Values, names: tuple[str, str] = ("x", "y")) -> Pairs:
    """The items on which both values are there.

    Raises:
        InputError: The arrays differ in length, have more than one dimension or hold an infinite value.
    """
    first, second = vector(x, names[0]), vector(y, names[1])
    same_length(**{names[0]: first, names[1]: second})
    kept = ~(np.isnan(first) | np.isnan(second))
    return Pairs(first[kept], second[kept], int(np.count_nonzero(~kept)), kept)


def table(values: Table, name: str, axes: str) -> Float64[np.ndarray, "rows columns"]:
    """The values as a float64 table, finite or NaN.

    Raises:
        InputError: The array has another number of dimensions, or holds an infinite value.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise InputError(f"{name} must have two dimensions ({axes}), found shape {array.shape}")
    if np.isinf(array).any():
        raise InputError(f"{name} holds an infinite value; mark a missing value with NaN")
    return array


def codes(labels: Labels, n: int, name: str) -> tuple[Int64[np.ndarray, " items"], np.ndarray]:
    """Each item's group as a number from 0, and the distinct labels in sorted order.

    Raises:
        InputError: There is not one label an item.
    """
    array = np.asarray(labels)
    if array.shape != (n,):
        raise InputError(f"{name} must name one group an item ({n}), found shape {array.shape}")
    distinct, number = np.unique(array, return_inverse=True)
    return number.astype(np.int64).reshape(-1), distinct


def on_scale(values: Float64[np.ndarray, " items"], scale: Sequence[float] | None, name: str) -> None:
    """Refuse values that the declared scale does not have; NaN passes, and so does all without a scale.

    Raises:
        InputError: A value is not on the scale, or the scale has fewer than two values or repeats one.
    """
    if scale is None:
        return
    if len(set(scale)) != len(scale) or len(scale) < 2:
        raise InputError(f"a scale needs at least two different values, found {list(scale)}")
    outside = np.flatnonzero(~np.isnan(values) & ~np.isin(values, np.asarray(scale, dtype=np.float64)))
    if outside.size:
        raise InputError(
            f"{name} holds {values[outside[0]]:g} at position {outside[0]} "
            f"({outside.size} such values in all), "
            f"which is not on the scale {', '.join(f'{value:g}' for value in scale)}"
        )


def binary(values: Float64[np.ndarray, " items"], name: str) -> Bool[np.ndarray, " items"]:
    """Values of 0 and 1 as False and True.

    Raises:
        InputError: Another value is among them.
    """
    on_scale(values, (0.0, 1.0), name)
    return values == 1.0


def fraction(value: float, name: str) -> float:
    """A number strictly between 0 and 1.

    Raises:
        InputError: It is not.
    """
    if not 0.0 < value < 1.0:
        raise InputError(f"{name} must lie between 0 and 1, found {value:g}")
    return value
