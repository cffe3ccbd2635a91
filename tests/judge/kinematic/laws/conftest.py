import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from lawful.judge.kinematic.bodies import SCENE, Body, Glimpse, Touch
from lawful.judge.kinematic.examine import close_examination, open_examination, push_examination
from lawful.judge.kinematic.findings import Finding, Said

WIDTH, HEIGHT, FPS = 320, 240, 24.0
RADIUS = 15.0
Place = tuple[float, float]
Path = Callable[[float], Place | None]
Look = Mapping[str, object]


def _body(number: int, place: Place, look: Look) -> Body:
    x, y = place
    made = Body(
        id=number,
        sight="seen",
        box_px=(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS),
        xy_px=place,
        at_px=place,
        sd_px=0.2,
        angle_rad=0.0,
        area_px=math.pi * RADIUS**2,
        axes_px=(RADIUS, RADIUS),
        fill=1.0,
        rgb=(200.0, 60.0, 40.0),
        spread_rgb=(5.0, 5.0, 5.0),
    )
    return replace(made, **look)


def _touches(bodies: Sequence[Body], floor_px: float | None) -> list[Touch]:
    """Discs, and a floor where there is one."""
    found = []
    for at, one in enumerate(bodies):
        for two in bodies[at + 1 :]:
            offset = np.subtract(two.at_px, one.at_px)
            apart = max(float(np.hypot(*offset)), 1e-9)
            gap = apart - 2 * RADIUS
            if gap < 20:
                towards = (float(offset[0]) / apart, float(offset[1]) / apart)
                chance = 1.0 if gap <= 1 else 0.5 if gap <= 3 else 0.0
                found.append(Touch(one.id, two.id, max(gap, 0.0), max(-gap, 0.0), towards, chance))
        if floor_px is not None:
            gap = floor_px - RADIUS - one.at_px[1]
            if gap < 20:
                chance = 1.0 if gap <= 1 else 0.5 if gap <= 3 else 0.0
                found.append(Touch(one.id, SCENE, max(gap, 0.0), max(-gap, 0.0), (0.0, 1.0), chance))
    return found


Drawn = Callable[..., list[Glimpse]]
Found = Callable[[Sequence[Glimpse]], list[Finding]]


@pytest.fixture
def drawn() -> Drawn:
    """Glimpses of discs on given paths over time, with a little noise; None where one is not."""

    def draw(
        *paths: Path,
        seconds: float = 1.5,
        fps: float = FPS,
        floor_px: float | None = None,
        looks: Mapping[int, Callable[[float], Look]] = {},
        noise_px: float = 0.15,
        start_s: float = 0.0,
        known_px: float = 20.0,
    ) -> list[Glimpse]:
        rng = np.random.default_rng(3)
        there: set[int] = set()
        made = []
        for k in range(round(seconds * fps)):
            time_s = k / fps
            bodies = []
            for number, path in enumerate(paths):
                shake = rng.normal(0, noise_px, 2)
                place = path(time_s)
                if place is not None:
                    at = (place[0] + float(shake[0]), place[1] + float(shake[1]))
                    bodies.append(_body(number, at, looks.get(number, lambda t: {})(time_s)))
            now = {body.id for body in bodies}
            made.append(
                Glimpse(
                    time_s=start_s + time_s,
                    step_s=1 / fps if k else math.nan,
                    width_px=WIDTH,
                    height_px=HEIGHT,
                    to_shot=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
                    camera_still=True,
                    reliable=True,
                    bodies=tuple(bodies),
                    touches=tuple(_touches(bodies, floor_px)),
                    gone=tuple(sorted(there - now)),
                    new=tuple(sorted(now - there)) if k else (),
                    known_px=known_px,
                )
            )
            there = now
        return made

    return draw


@pytest.fixture
def found() -> Found:
    """All that the witnesses say of glimpses, strongest first."""

    def examine(glimpses: Sequence[Glimpse]) -> list[Finding]:
        examination, said = open_examination(), list[Said]()
        for glimpse in glimpses:
            said += push_examination(examination, glimpse, bare)
        said += close_examination(examination, bare)
        return sorted((item.finding for item in said), key=lambda finding: -finding.strength)

    return examine


def bare(finding: Finding) -> Said:
    return Said(finding, (), None)
