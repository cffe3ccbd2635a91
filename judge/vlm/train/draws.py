"""Balanced draws: laws take turns, and within a law its labels are as frequent as each other."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lawful.core.errors import InputError
from lawful.judge.vlm.train.examples import Example


@dataclass(frozen=True, eq=False)
class Pool:
    """The examples about one law."""

    labels: dict[str, list[int]]
    """Places of the examples of each label."""
    twins: list[tuple[tuple[int, ...], ...]]
    """Places of the examples of one group under one question, by label; of groups that have every label of the law."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Examples that can be drawn from, law by law."""

    pools: dict[str, Pool]
    """By law; only those with more than one label."""
    other_laws: float
    """Share of draws that take examples one by one where there are twins."""
    left_out: tuple[str, ...]
    """Laws of which one label alone is known: there is nothing to tell apart."""

    def batch(self, rng: np.random.Generator, size: int) -> list[int]:
        """Places of the examples of a batch.

        Laws come in a random order, each as often as the others to within one draw. A draw is a set of twins, which
        hold each label once, or one example of each label.
        """
        names = list(self.pools)
        chosen: list[int] = []
        while len(chosen) < size:
            for at in rng.permutation(len(names)):
                chosen += self._draw(self.pools[names[at]], rng)
                if len(chosen) >= size:
                    break
        return chosen[:size]

    def _draw(self, pool: Pool, rng: np.random.Generator) -> list[int]:
        if pool.twins and rng.random() >= self.other_laws:
            of_group = pool.twins[rng.integers(len(pool.twins))]
            drawn = [
                places[0] if len(places) == 1 else places[rng.integers(len(places))] for places in of_group
            ]
        else:
            drawn = [places[rng.integers(len(places))] for places in pool.labels.values()]
        # Where a batch is full before a draw is, any of its labels may be the one that is cut off.
        return [drawn[at] for at in rng.permutation(len(drawn))]


def draws_of(examples: Sequence[Example], other_laws: float) -> Draws:
    """What can be drawn from some examples.

    Raises:
        InputError: No law has two labels.
    """
    labels: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    groups: dict[tuple[str, str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for at, one in enumerate(examples):
        labels[one.about][one.label].append(at)
        groups[one.about, one.group, one.question.id][one.label].append(at)
    twins: dict[str, list[tuple[tuple[int, ...], ...]]] = defaultdict(list)
    for (about, _, _), of_label in groups.items():
        if len(of_label) == len(labels[about]) > 1:
            twins[about].append(tuple(tuple(places) for places in of_label.values()))
    told = {about: of_label for about, of_label in labels.items() if len(of_label) > 1}
    if not told:
        raise InputError(
            f"of each of {len(labels)} laws or axes one label alone is known, so there is nothing to tell apart. "
            "Give clips of every label."
        )
    pools = {about: Pool(dict(of_label), twins[about]) for about, of_label in told.items()}
    return Draws(pools, other_laws, tuple(sorted(labels.keys() - told.keys())))
