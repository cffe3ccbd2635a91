"""Drawn pairs of which it is known what the net is shown."""

from collections.abc import Callable

import numpy as np
import pytest

from lawful.judge.kinematic.spine.examples import Example
from lawful.judge.kinematic.spine.eye import CHANNELS, SIZE
from lawful.video.frames import Box

Draw = Callable[[int, int, str], Example]


@pytest.fixture(scope="session")
def drawn() -> Draw:
    """Noise by a seed, with a bright block that is there from some frame on, and what that is called."""

    def draw(seed: int, onset: int, family: str) -> Example:
        rng = np.random.default_rng(seed)
        lawful = rng.integers(100, 140, (30, CHANNELS, SIZE, SIZE), np.uint8)
        broken = lawful.copy()
        broken[onset:, :3, 16:24, 40:48] = 250
        return Example(broken, lawful, onset, Box(40 / 64, 16 / 64, 48 / 64, 24 / 64), family)

    return draw
