"""The middle value of a few numbers: `np.median` takes ten times as long for the short arrays that a frame has."""

import numpy as np
from jaxtyping import Float, Num


def middle(values: Num[np.ndarray, "*shape"]) -> float:
    """The median; of an even number of values the upper of the two in the middle.

    >>> middle(np.array([3.0, 1.0, 2.0]))
    2.0
    """
    half = values.size // 2
    return float(np.partition(values, half, axis=None)[half])


def median(values: Num[np.ndarray, "count *shape"]) -> Float[np.ndarray, "*shape"]:
    """The median along the first axis, none of which is NaN: as `np.median`.

    >>> median(np.array([[3.0, 1.0], [1.0, 2.0]])).tolist()
    [2.0, 1.5]
    """
    half = len(values) // 2
    if len(values) % 2:
        return np.asarray(np.partition(values, half, axis=0)[half] / 1)
    parted = np.partition(values, (half - 1, half), axis=0)
    return np.asarray((parted[half - 1] + parted[half]) / 2)
