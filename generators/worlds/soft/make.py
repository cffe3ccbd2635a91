"""Clips of things that are not rigid, from a seed."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Literal

import cv2
import numpy as np

from lawful.core.errors import InputError
from lawful.generators.worlds.soft.cloth import curtain, flag
from lawful.generators.worlds.soft.fields import Colours
from lawful.generators.worlds.soft.people import hands, walkers
from lawful.generators.worlds.soft.smoke import flames, plume
from lawful.generators.worlds.soft.water import pour, river
from lawful.video.frames import Frames

Kind = Literal["water", "smoke", "cloth", "people"]
Drawer = Callable[[np.random.Generator, tuple[int, int], float], Iterator[Colours]]
SOFT: Mapping[str, tuple[Kind, Drawer]] = {
    "river": ("water", river),
    "pour": ("water", pour),
    "plume": ("smoke", plume),
    "flames": ("smoke", flames),
    "flag": ("cloth", flag),
    "curtain": ("cloth", curtain),
    "walkers": ("people", walkers),
    "hands": ("people", hands),
}
"""What can be drawn, and what it is one of."""
_FPS = (8, 10, 12, 15, 16, 20, 24, 25, 30)
_MARGIN = 0.08


def make_soft(name: str, seed: int) -> Frames:
    """One clip of 2 to 3.5 s, 128 to 400 px wide, at 8 to 30 frames a second, with a camera that may move.

    The same arguments give the same frames.

    Args:
        name: A name of `SOFT`.
        seed: Chooses everything else, from 0.

    Raises:
        InputError: Nothing is called so, or the seed is negative.
    """
    if name not in SOFT:
        raise InputError(f"no soft thing is called {name!r}. Known: {', '.join(SOFT)}.")
    if seed < 0:
        raise InputError(f"seed was asked to be {seed}; it must be 0 or more.")
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    size = (2 * int(rng.integers(64, 201)), 2 * int(rng.integers(64, 161)))
    fps = float(_FPS[rng.integers(len(_FPS))])
    count = round(rng.uniform(2.0, 3.5) * fps)
    moves = rng.random() < 0.4
    drift = rng.uniform(-1, 1, 2) * _MARGIN if moves else np.zeros(2)
    grain = rng.uniform(0, 3) if rng.random() < 0.6 else 0.0
    wide = (round(size[0] * (1 + 2 * _MARGIN)), round(size[1] * (1 + 2 * _MARGIN)))
    pictures = []
    for number, picture in enumerate(islice(SOFT[name][1](rng, wide, fps), count)):
        way = drift * (2 * number / max(count - 1, 1) - 1) * size
        centre = (wide[0] / 2 + float(way[0]) - 0.5, wide[1] / 2 + float(way[1]) - 0.5)
        seen = cv2.getRectSubPix(np.ascontiguousarray(picture, np.float32), size, centre)
        seen = seen + grain * rng.standard_normal(seen.shape, np.float32)
        pictures.append(np.clip(np.rint(seen), 0, 255).astype(np.uint8))
    return Frames(np.stack(pictures), np.arange(count) / fps, np.arange(count, dtype=np.int64))
