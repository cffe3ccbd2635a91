"""How many prompts, seeds and raters it takes to tell two generators apart."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.inputs import Table, fraction

MOST_PROMPTS = 10_000_000


@dataclass(frozen=True)
class Components:
    """Standard deviations of what makes up one rating, all in the unit of the rating.

    What both generators share on a prompt (how hard it is) and in a rater (how lenient, where the same
    raters rate both) falls out of their difference and is not here.
    """

    prompt_sd: float
    """Of a generator's own deviation on a prompt from its mean: generator by prompt."""
    seed_sd: float
    """Of a video's deviation from its generator's mean on the prompt: seed within generator and prompt."""
    rater_sd: float
    """Of one rating about the video's own score."""

    def difference_sd(self, seeds: int, raters: int) -> float:
        """Standard deviation over prompts of the difference of two generators' mean ratings on a prompt."""
        _at_least_one(seeds=seeds, raters=raters)
        variance = self.prompt_sd**2 + self.seed_sd**2 / seeds + self.rater_sd**2 / (seeds * raters)
        return math.sqrt(2 * variance)


def power_of(
    difference: float,
    components: Components,
    prompts: int,
    seeds: int = 1,
    raters: int = 1,
    alpha: float = 0.05,
) -> float:
    """Probability that the paired t test over prompts finds a true difference.

    >>> parts = Components(prompt_sd=0.6, seed_sd=0.4, rater_sd=0.8)
    >>> round(power_of(0.3, parts, prompts=100, raters=3), 2)
    0.69

    Args:
        difference: True difference of the generators' means.
        components: Spread of a rating.
        prompts: Prompts, the same for both generators.
        seeds: Videos of each generator for a prompt.
        raters: Ratings of each video.
        alpha: Two-sided level of the test.

    Returns:
        From alpha to 1; NaN for fewer than two prompts, or where nothing varies.

    Raises:
        InputError: A count is below 1, or alpha is not between 0 and 1.

    Source: Cohen, Statistical Power Analysis (1988), ch. 2, for the noncentral t; Miller, arXiv 2411.00640
    (2024), sec. 5, for the components.
    """
    fraction(alpha, "alpha")
    _at_least_one(prompts=prompts)
    sd = components.difference_sd(seeds, raters)
    if prompts < 2 or sd == 0:
        return math.nan
    shift, dof = abs(difference) / sd * math.sqrt(prompts), prompts - 1
    critical = float(stats.t.ppf(1 - alpha / 2, dof))
    # Far out the noncentral t is 0 or 1 and scipy answers NaN.
    if shift > critical + 40:
        return 1.0
    lower = float(stats.nct.cdf(-critical, dof, shift))
    # scipy answers NaN for some lower tails that are below 1e-20.
    return float(stats.nct.sf(critical, dof, shift)) + (0.0 if math.isnan(lower) else lower)


def prompts_needed(
    difference: float,
    components: Components,
    seeds: int = 1,
    raters: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int | None:
    """The fewest prompts with which a true difference is found with the wanted probability.

    >>> prompts_needed(0.3, Components(prompt_sd=0.6, seed_sd=0.4, rater_sd=0.8), raters=3)
    130

    Args:
        difference: True difference of the generators' means.
        components: Spread of a rating.
        seeds: Videos of each generator for a prompt.
        raters: Ratings of each video.
        alpha: Two-sided level of the test.
        power: Wanted probability.

    Returns:
        Prompts, at least 2; None where no number up to ten million is enough (no difference).

    Raises:
        InputError: A count is below 1, or a level is not between 0 and 1.
    """
    fraction(power, "power")
    sd = components.difference_sd(seeds, raters)
    fraction(alpha, "alpha")
    if difference == 0:
        return None
    if sd == 0:
        return 2
    quantiles = stats.norm.ppf([1 - alpha / 2, power])
    guess = max(2.0, (float(quantiles.sum()) * sd / difference) ** 2)
    if guess > MOST_PROMPTS:
        return None
    low, high = 1, max(4, math.ceil(2 * guess) + 4)
    while high - low > 1:
        middle = (low + high) // 2
        enough = middle >= 2 and power_of(difference, components, middle, seeds, raters, alpha) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def raters_needed(
    difference: float,
    components: Components,
    prompts: int,
    seeds: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
    most: int = 100,
) -> int | None:
    """The fewest ratings a video with which the difference is found; None where even `most` are too few.

    More raters only help with their own spread: with None, add prompts.

    Raises:
        InputError: A count is below 1, or a level is not between 0 and 1.
    """
    fraction(power, "power")
    _at_least_one(most=most)
    counts = range(1, most + 1)
    return next(
        (r for r in counts if power_of(difference, components, prompts, seeds, r, alpha) >= power), None
    )


def simulated_power(
    difference: float,
    components: Components,
    prompts: int,
    rng: np.random.Generator,
    *,
    seeds: int = 1,
    raters: int = 1,
    alpha: float = 0.05,
    n_data_sets: int = 2000,
) -> float:
    """The same as `power_of`, counted over simulated ratings: a check of the formula.

    Raises:
        InputError: A count is below 1, or alpha is not between 0 and 1.
    """
    fraction(alpha, "alpha")
    _at_least_one(prompts=prompts, seeds=seeds, raters=raters, n_data_sets=n_data_sets)
    found = 0
    for _ in range(n_data_sets):
        own = components.prompt_sd * rng.normal(size=(2, prompts, 1, 1))
        videos = own + components.seed_sd * rng.normal(size=(2, prompts, seeds, 1))
        ratings = videos + components.rater_sd * rng.normal(size=(2, prompts, seeds, raters))
        each = ratings.mean(axis=(2, 3))
        gap = each[0] - each[1] + difference
        error = float(gap.std(ddof=1)) / math.sqrt(prompts) if prompts > 1 else 0.0
        found += int(error > 0 and 2 * stats.t.sf(abs(gap.mean()) / error, prompts - 1) < alpha)
    return found / n_data_sets


def estimate_components(ratings: Table) -> Components:
    """Components from ratings of a pilot, by the mean squares of a balanced nested design.

    Args:
        ratings: Generators by prompts by seeds by raters, NaN nowhere.

    Returns:
        The components; one whose mean square is below what lies within it is 0. One that the design does not
        show (one rater, one seed, one prompt or generator) is NaN, and what it would hold is in the next one
        up.

    Raises:
        InputError: The array has other than four dimensions, or a rating is missing.

    Source: Searle, Casella and McCulloch, Variance Components (1992), ch. 4.
    """
    each = np.asarray(ratings, dtype=np.float64)
    if each.ndim != 4 or not each.size or not np.isfinite(each).all():
        missing = int(np.count_nonzero(~np.isfinite(each)))
        raise InputError(
            "ratings must be generators by prompts by seeds by raters with none missing, "
            f"found shape {each.shape} with {missing} missing; keep the prompts that are complete"
        )
    generators, prompts, seeds, raters = each.shape
    videos = each.mean(axis=3)
    cells = videos.mean(axis=2)
    within = _mean_square(each - videos[..., None], generators * prompts * seeds * (raters - 1))
    seed = _mean_square(videos - cells[..., None], generators * prompts * (seeds - 1))
    centred = cells - cells.mean(axis=0) - cells.mean(axis=1, keepdims=True) + cells.mean()
    cell = _mean_square(centred, (generators - 1) * (prompts - 1))
    rater_part = 0.0 if math.isnan(within) else within / raters
    seed_part = rater_part if math.isnan(seed) else seed
    return Components(
        prompt_sd=_root(cell - seed_part / seeds),
        seed_sd=_root(seed - rater_part),
        rater_sd=_root(within),
    )


def _mean_square(deviations: Float64[np.ndarray, "..."], dof: int) -> float:
    return float(np.sum(deviations**2)) / dof if dof > 0 else math.nan


def _root(variance: float) -> float:
    return math.nan if math.isnan(variance) else math.sqrt(max(0.0, variance))


def _at_least_one(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise InputError(f"{name} must be at least 1, found {count}")
