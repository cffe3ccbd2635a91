"""Pairs of twins from a seed: a lawful clip and the same one with a law broken."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from lawful.core.errors import InputError
from lawful.generators.worlds.breaking.moments import UnseenError
from lawful.generators.worlds.breaking.violations import VIOLATIONS
from lawful.generators.worlds.families import POSSIBLE, SCENES
from lawful.generators.worlds.make import (
    Course,
    Format,
    check_names,
    impossible,
    make_formatted,
    simulate_clip,
    unknown,
)
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.variety import PLAIN, Variety

_ATTEMPTS = 50
_SEEDS = (0, 1 << 31)


@dataclass(frozen=True)
class Pools:
    """From what pairs are drawn."""

    scenes: tuple[str, ...] = SCENES
    """Scene families."""
    violations: tuple[str, ...] = VIOLATIONS
    """Violation families, which take turns; empty for lawful clips alone."""
    variety: Variety = PLAIN
    """How they may look."""
    seeds: tuple[int, int] = _SEEDS
    """Least seed of a clip, and the one after the greatest."""


def make_pairs(
    n: int,
    seed: int,
    *,
    scenes: Sequence[str] = SCENES,
    violations: Sequence[str] = VIOLATIONS,
    duration_s: float | int | None = None,
    fps: float | int | None = None,
    width_px: int | None = None,
    height_px: int | None = None,
    noise: float | int | None = None,
    variety: Variety = PLAIN,
) -> Iterator[tuple[WorldClip, WorldClip]]:
    """Pairs of a lawful clip and its twin that breaks a law.

    Pair k does not depend on `n`. Violations take turns; the scene is drawn among those that can show it, and
    drawn again where a clip has no moment that would show the violation.

    Args:
        n: How many pairs.
        seed: Chooses them.
        scenes: Scene families to draw from.
        violations: Violation families that take turns.
        duration_s: See `make_clip`, as all that follows.
        fps: See `make_clip`.
        width_px: See `make_clip`.
        height_px: See `make_clip`.
        noise: See `make_clip`.
        variety: See `make_clip`.

    Yields:
        The lawful clip and its twin.

    Raises:
        InputError: As `make_clip`; none of the scenes can show one of the violations; or none of 50 clips has
            a moment at which it would be seen.
    """
    pools = Pools(tuple(scenes), tuple(violations), variety)
    if not scenes or not violations:
        raise InputError("make_pairs needs at least one scene and one violation.")
    check_pools(pools, seed)
    asked = Format(duration_s, fps, width_px, height_px, noise)
    for number in range(n):
        yield make_pair(number, seed, pools, asked)


def check_pools(pools: Pools, seed: int) -> None:
    """Refuse pools that hold an unknown name, or a violation that none of the scenes can show.

    Raises:
        InputError: As said, or the seed is negative.
    """
    for scene in pools.scenes:
        check_names(scene, seed, None)
    for violation in pools.violations:
        if violation not in VIOLATIONS:
            raise unknown("violation", violation, VIOLATIONS)
        if not any(violation in POSSIBLE[scene] for scene in pools.scenes):
            raise impossible(violation, ", ".join(pools.scenes))


def make_pair(number: int, seed: int, pools: Pools, asked: Format) -> tuple[WorldClip, WorldClip]:
    """One pair of `make_pairs`.

    Args:
        number: Its number, from 0.
        seed: Chooses all pairs.
        pools: From what they are drawn; checked by `check_pools`, with at least one violation.
        asked: The format.

    Raises:
        UnseenError: None of 50 clips has a moment at which the violation would be seen.
    """
    return _pair(number, seed, pools, partial(make_formatted, asked=asked, variety=pools.variety))


def simulate_pair(number: int, seed: int, pools: Pools, asked: Format) -> tuple[Course, Course]:
    """The same as `make_pair`, not drawn."""
    return _pair(number, seed, pools, partial(simulate_clip, asked=asked, variety=pools.variety))


_Made = TypeVar("_Made")


def _pair(
    number: int, seed: int, pools: Pools, make: Callable[[str, int, str | None], _Made]
) -> tuple[_Made, _Made]:
    rng = np.random.default_rng([seed, number])
    violation = pools.violations[number % len(pools.violations)]
    able = [scene for scene in pools.scenes if violation in POSSIBLE[scene]]
    for attempt in range(_ATTEMPTS):
        scene, clip_seed = able[rng.integers(len(able))], int(rng.integers(*pools.seeds))
        try:
            broken = make(scene, clip_seed, violation)
        except UnseenError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return make(scene, clip_seed, None), broken
    raise AssertionError("unreachable: the last attempt returns or raises")


def make_lawful(number: int, seed: int, pools: Pools, asked: Format) -> WorldClip:
    """One clip of a set of lawful ones alone; see `make_pair`."""
    rng = np.random.default_rng([seed, number])
    scene = pools.scenes[rng.integers(len(pools.scenes))]
    return make_formatted(scene, int(rng.integers(*pools.seeds)), None, asked, pools.variety)
