"""Trust goes to what tells broken clips from lawful ones."""

from dataclasses import replace

import numpy as np
import pytest

from lawful.judge.kinematic.combine import Weigher
from lawful.judge.kinematic.fit_tails import fit_all, fit_tails
from lawful.judge.kinematic.fit_trust import Looked, trusted
from lawful.judge.kinematic.tails import Conditions

USUAL = Conditions(10.0, 24.0, 3.0)
TELLING, NOISY, SILENT = "vanish/bodies", "shape_change/bodies", "kink/bodies"
NAMES = (TELLING, NOISY, SILENT)


def clips(rng: np.random.Generator, n: int, telling: float, violation: str | None = None) -> list[Looked]:
    """One family is found in a share of the clips, another in one of four whatever the clip is."""
    made = []
    for _ in range(n):
        strongest = {}
        if rng.random() < telling:
            strongest[TELLING] = float(rng.uniform(0.2, 1.0))
        if rng.random() < 0.25:
            strongest[NOISY] = float(rng.uniform(0.5, 2.0))
        made.append(Looked(USUAL, strongest, violation))
    return made


def broken_clips(rng: np.random.Generator, n: int, telling: float) -> list[Looked]:
    """Half of them break the law that is told by one family, half that of the noisy one."""
    half = n // 2
    return clips(rng, half, telling, "vanish") + clips(rng, n - half, telling, "shape_change")


def test_what_tells_broken_clips_is_trusted_most_and_noise_least() -> None:
    rng = np.random.default_rng(0)
    lawful, broken = clips(rng, 300, 0.03), broken_clips(rng, 200, 0.5)
    tails = trusted(fit_tails(lawful, NAMES), lawful, broken)
    assert tails[TELLING].trust == 1.0
    assert tails[NOISY].trust < tails[SILENT].trust < 1.0
    assert tails[NOISY].trust < 0.2


def test_families_that_no_clip_breaks_keep_the_usual_trust() -> None:
    rng = np.random.default_rng(3)
    lawful, broken = clips(rng, 300, 0.03), clips(rng, 200, 0.5, "vanish")
    tails = trusted(fit_tails(lawful, NAMES), lawful, broken)
    assert tails[NOISY].trust == tails[SILENT].trust < tails[TELLING].trust == 1.0


@pytest.mark.parametrize("side", ["lawful", "broken", "both"])
def test_a_family_that_adds_nothing_changes_no_trust(side: str) -> None:
    rng = np.random.default_rng(4)
    lawful, broken = clips(rng, 200, 0.05), broken_clips(rng, 120, 0.5)
    more = (*NAMES, "hover/bodies", "freeze/bodies")
    tails = fit_tails(lawful, more)
    plain = trusted(tails, lawful, broken)

    def padded(some: list[Looked]) -> list[Looked]:
        nothing = {"hover/bodies": 0.0, "freeze/bodies": 0.0}
        return [replace(clip, strongest={**clip.strongest, **nothing}) for clip in some]

    if side != "broken":
        lawful = padded(lawful)
    if side != "lawful":
        broken = padded(broken)
    found = trusted(tails, lawful, broken)
    for name in more:
        assert found[name].trust == pytest.approx(plain[name].trust, abs=0.01)


def test_without_broken_clips_all_are_trusted_alike() -> None:
    lawful = clips(np.random.default_rng(1), 100, 0.1)
    assert {tail.trust for tail in fit_all(lawful, NAMES)[0].values()} == {1.0}


def test_the_promise_holds_with_trust_and_more_broken_clips_are_caught() -> None:
    rng = np.random.default_rng(2)
    lawful, broken = clips(rng, 500, 0.1), broken_clips(rng, 200, 0.6)
    fresh, fresh_broken = clips(rng, 2000, 0.1), broken_clips(rng, 1000, 0.6)
    asked = ("vanish", "shape_change", "kink")
    caught = []
    for fitted_on in (broken, ()):
        weigher = Weigher(*fit_all(lawful, NAMES, fitted_on))
        low, high = (
            np.array([weigher.question_chance(asked, clip.strongest, USUAL) for clip in some])
            for some in (fresh, fresh_broken)
        )
        for rate in (0.05, 0.1, 0.2):
            assert 0.6 * rate <= (low <= rate).mean() <= rate * 1.25
        caught.append((high <= 0.05).mean())
    assert caught[0] > 1.3 * caught[1] > 0
