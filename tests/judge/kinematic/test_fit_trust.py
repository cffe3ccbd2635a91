"""Trust goes to what tells broken clips from lawful ones."""

import numpy as np
import pytest

from lawful.judge.kinematic.fit_tails import fit_all, fit_tails
from lawful.judge.kinematic.fit_trust import Looked, trusted
from lawful.judge.kinematic.tails import Conditions

USUAL = Conditions(10.0, 24.0, 3.0)
TELLING, NOISY, SILENT = "vanish/bodies", "shape_change/bodies", "kink/bodies"
NAMES = (TELLING, NOISY, SILENT)


def clips(rng: np.random.Generator, n: int, telling: float) -> list[Looked]:
    """One family is found in a share of the clips, another in one of four whatever the clip is."""
    made = []
    for _ in range(n):
        strongest = {}
        if rng.random() < telling:
            strongest[TELLING] = float(rng.uniform(0.2, 1.0))
        if rng.random() < 0.25:
            strongest[NOISY] = float(rng.uniform(0.5, 2.0))
        made.append(Looked(USUAL, strongest))
    return made


def test_what_tells_broken_clips_is_trusted_most_and_noise_least() -> None:
    rng = np.random.default_rng(0)
    lawful, broken = clips(rng, 300, 0.03), clips(rng, 200, 0.5)
    tails = trusted(fit_tails(lawful, NAMES), lawful, broken)
    assert tails[TELLING].trust == 1.0
    assert tails[NOISY].trust < tails[SILENT].trust < 1.0
    assert tails[NOISY].trust < 0.2


def test_without_broken_clips_all_are_trusted_alike() -> None:
    lawful = clips(np.random.default_rng(1), 100, 0.1)
    assert {tail.trust for tail in fit_all(lawful, NAMES)[0].values()} == {1.0}


def test_the_promise_on_lawful_clips_holds_with_trust() -> None:
    rng = np.random.default_rng(2)
    lawful, broken = clips(rng, 500, 0.1), clips(rng, 200, 0.6)
    tails, overall = fit_all(lawful, NAMES, broken)
    from lawful.judge.kinematic.combine import Weigher

    weigher = Weigher(tails, overall)
    asked = ("vanish", "shape_change", "kink")
    fresh = clips(rng, 2000, 0.1)
    chances = np.array([weigher.question_chance(asked, clip.strongest, USUAL) for clip in fresh])
    for rate in (0.05, 0.1, 0.2):
        assert (chances <= rate).mean() <= rate * 1.25
    caught = [weigher.question_chance(asked, clip.strongest, USUAL) <= 0.05 for clip in broken]
    assert np.mean(caught) == pytest.approx(0.3, abs=0.2)
