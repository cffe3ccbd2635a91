"""Videos of several generators of the same prompt and seed, side by side."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from lawful.reports.agree.records import Compared


@dataclass(frozen=True, eq=False)
class Aligned:
    """What every generator made of the same things."""

    generators: tuple[str, ...]
    """The generators, one row each."""
    place: Int64[np.ndarray, "generators items"]
    """The video of a generator and an item; -1 where there is none."""
    subject: np.ndarray
    """What was asked, for each item."""

    def values(self, each: Float64[np.ndarray, " videos"]) -> Float64[np.ndarray, "generators items"]:
        """Values of videos by generator and item; NaN where there is no video."""
        if not len(each):
            return np.full(self.place.shape, np.nan)
        return np.where(self.place < 0, np.nan, each[self.place])


def align(one: Compared, generators: Sequence[str]) -> Aligned:
    """The videos of some generators by prompt and seed, or by number where a seed is not known."""
    by_cell: dict[tuple[str, str], list[tuple[int, str, int]]] = defaultdict(list)
    for number, video in enumerate(one.videos):
        if one.seen[number] and video.generator in generators:
            by_cell[video.subject, video.generator].append((video.seed, video.name, number))
    subjects_seeded = {subject: True for subject, _ in by_cell}
    for (subject, _), cell in by_cell.items():
        seeds = {seed for seed, _, _ in cell}
        if len(seeds) < len(cell) or -1 in seeds:
            subjects_seeded[subject] = False
    items: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    for (subject, generator), cell in sorted(by_cell.items()):
        for order, (seed, _, number) in enumerate(sorted(cell)):
            items[subject, seed if subjects_seeded[subject] else order][generator] = number
    keys = sorted(items)
    place = np.full((len(generators), len(keys)), -1, dtype=np.int64)
    for column, key in enumerate(keys):
        for row, generator in enumerate(generators):
            place[row, column] = items[key].get(generator, -1)
    return Aligned(tuple(generators), place, np.array([subject for subject, _ in keys], dtype=np.str_))
