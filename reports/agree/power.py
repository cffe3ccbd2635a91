"""How many prompts and raters it takes to tell two generators apart, from the spread of the ratings at hand."""

import itertools
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from lawful.reports.agree.labels import named
from lawful.reports.agree.records import AgreeRules, Compared, JudgeJoin, columns_of, row_of
from lawful.reports.results import Cell, ResultTable
from lawful.reports.stats.power import (
    Components,
    estimate_components,
    power_of,
    prompts_needed,
    raters_needed,
)
from lawful.reports.stats.result import Estimate, undefined

POWER = 0.8
"""The wanted probability of finding the difference."""
_MOST_RATERS = 100
_NOTHING = "fewer than two prompts that both have, rated as often as most"


@dataclass(frozen=True, eq=False)
class Pilot:
    """The ratings of two generators that make a complete design."""

    ratings: Float64[np.ndarray, "generators prompts seeds raters"]
    """What people said, none missing."""

    @property
    def difference(self) -> float:
        """Mean of the first less that of the second."""
        means = self.ratings.mean(axis=(1, 2, 3))
        return float(means[0] - means[1])


Cells = dict[str, dict[str, list[Float64[np.ndarray, " ratings"]]]]
"""The ratings of each video, by generator and prompt."""


def rated_cells(one: Compared) -> Cells:
    """The ratings of an axis, by generator and prompt."""
    cells: Cells = defaultdict(lambda: defaultdict(list))
    for number in np.flatnonzero(~np.isnan(one.ratings).all(axis=1)):
        video, given = one.videos[number], one.ratings[number]
        cells[video.generator][video.subject].append(given[~np.isnan(given)])
    return cells


def pilot_of(cells: Cells, pair: tuple[str, str]) -> Pilot | None:
    """The prompts that two generators have, with as many videos and ratings as most have; None for less than two."""
    own = [cells.get(generator, {}) for generator in pair]
    raters = _usual([len(given) for each in own for cell in each.values() for given in cell])
    full = [
        {
            subject: [given[:raters] for given in cell if len(given) >= raters]
            for subject, cell in each.items()
        }
        for each in own
    ]
    seeds = _usual([len(cell) for each in full for cell in each.values() if cell])
    prompts = sorted(
        s for s in full[0].keys() & full[1].keys() if all(len(each[s]) >= seeds for each in full)
    )
    if len(prompts) < 2 or not raters or not seeds:
        return None
    return Pilot(np.array([[np.stack(each[subject][:seeds]) for subject in prompts] for each in full]))


def power_table(join: JudgeJoin, rules: AgreeRules) -> ResultTable:
    """What it takes to separate every two generators."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        cells = rated_cells(one)
        for pair in itertools.combinations(named(one), 2):
            rows.append(row_of(one, *pair, *_row(pilot_of(cells, pair), 1 - rules.level)))
    notes = (
        "From the prompts that both generators have, with as many videos and ratings as most of them have. The "
        "difference and the spread are as these ratings show them, and uncertain as they are: read the numbers "
        "as orders of magnitude.",
        "“prompt sd” is a generator's own deviation on a prompt, “seed sd” that of a video within it, “rater sd” "
        "that of a rating; what one video a prompt, or one rating a video, cannot show is part of the one before.",
        f"“power” is the probability that a paired t test over prompts finds such a difference at the level "
        f"{1 - rules.level:.2g}; “prompts needed” and “raters needed” (a video) are for {POWER:.0%}, all else as it is.",
    )
    columns = columns_of(
        *("first", "second", "difference", "prompts", "videos a prompt", "ratings a video", "prompt sd"),
        *("seed sd", "rater sd", "power", "prompts needed", "raters needed"),
    )
    return ResultTable("power", "How many prompts and raters it takes", columns, tuple(rows), notes)


def _row(pilot: Pilot | None, alpha: float) -> tuple[Cell, ...]:
    if pilot is None:
        nothing = undefined(_NOTHING, 0)
        return (nothing, 0, 0, 0, *(math.nan for _ in range(4)), nothing, nothing)
    _, prompts, seeds, raters = pilot.ratings.shape
    parts = estimate_components(pilot.ratings)
    known = replace(
        parts,
        **{n: 0.0 for n in ("prompt_sd", "seed_sd", "rater_sd") if math.isnan(getattr(parts, n))},
    )
    difference = Estimate(pilot.difference, prompts * seeds, method="mean difference of the pilot")
    power = power_of(difference.value, known, prompts, seeds, raters, alpha)
    head = (difference, prompts, seeds, raters, parts.prompt_sd, parts.seed_sd, parts.rater_sd, power)
    wanted = prompts_needed(difference.value, known, seeds, raters, alpha, POWER)
    enough: Cell = undefined("there is no difference to find", prompts) if wanted is None else wanted
    return (*head, enough, _raters(difference.value, parts, known, prompts, seeds, alpha))


def _raters(
    difference: float, parts: Components, known: Components, prompts: int, seeds: int, alpha: float
) -> Cell:
    if math.isnan(parts.rater_sd):
        return undefined("one rating a video: what more would bring is not known", prompts)
    found = raters_needed(difference, known, prompts, seeds, alpha, POWER, _MOST_RATERS)
    return undefined(f"more than {_MOST_RATERS}: it takes more prompts", prompts) if found is None else found


def _usual(counts: list[int]) -> int:
    """The most frequent count, the larger of two that are as frequent; 0 for none."""
    return max(Counter(counts).items(), key=lambda each: (each[1], each[0]), default=(0, 0))[0]
