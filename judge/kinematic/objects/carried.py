"""Which of the points alive lie on a body."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64


def places_of(some: Sequence[int], ids: Int64[np.ndarray, " points"]) -> Int64[np.ndarray, " some"]:
    """Where some names are among others, those that are not left out.

    Args:
        some: The names that are looked for.
        ids: All names; they grow.

    >>> places_of((3, 4, 9), np.array([1, 3, 7, 9]))
    array([1, 3])
    """
    if not len(some) or not len(ids):
        return np.zeros(0, np.int64)
    wanted = np.array(some, np.int64)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return at[ids[at] == wanted]
