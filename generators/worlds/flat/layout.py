"""What scene families are put together from: floors, places, looks, words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lawful.generators.worlds.scene import (
    COLOURS,
    PATTERNS,
    Block,
    Body,
    Look,
    Mover,
    Pivot,
    Scene,
    Spring,
)

_FLOORS: dict[str, tuple[int, int, int]] = {
    "wooden": (150, 116, 84),
    "concrete": (128, 128, 126),
    "stone": (104, 100, 110),
    "sandy": (184, 168, 134),
}
_BACKDROPS = (
    (196, 202, 206),
    (214, 206, 190),
    (92, 100, 112),
    (168, 182, 170),
    (72, 68, 66),
    (186, 176, 190),
)
TABLES = ((62, 108, 84), (70, 92, 124), (128, 72, 70))


def view_size(
    rng: np.random.Generator, aspect: float, lowest_m: float, highest_m: float
) -> tuple[float, float]:
    """Height and width of the picture in metres."""
    height = rng.uniform(lowest_m, highest_m)
    return height, height * aspect


def floor_block(rng: np.random.Generator, width: float, height: float) -> tuple[Block, float, str]:
    """A floor from far left to far right, the height of its top, and what it is made of."""
    name = list(_FLOORS)[rng.integers(len(_FLOORS))]
    top = -height / 2 + rng.uniform(0.08, 0.2) * height
    return Block("floor", (-width, -2 * height), (width, top), _FLOORS[name]), top, name


def cushions(
    name: str, width: float, height: float, edge: float, rgb: tuple[int, int, int], restitution: float
) -> tuple[Block, ...]:
    """Four blocks along the edges of the picture."""
    x, y = width / 2, height / 2
    sides = ((-x, -y, x, -y + edge), (-x, y - edge, x, y), (-x, -y, -x + edge, y), (x - edge, -y, x, y))
    return tuple(
        Block(name, side[:2], side[2:], rgb, restitution=restitution, friction=0.3) for side in sides
    )


def places_apart(
    rng: np.random.Generator,
    room: tuple[float, float, float, float],
    margin: float,
    count: int,
    clearance: float,
) -> list[tuple[float, float]]:
    """At most `count` places in a room, each at least `clearance` from the others."""
    places: list[tuple[float, float]] = []
    for _ in range(400):
        place = (
            rng.uniform(room[0] + margin, room[2] - margin),
            rng.uniform(room[1] + margin, room[3] - margin),
        )
        if all(math.dist(place, other) > clearance for other in places):
            places.append(place)
        if len(places) == count:
            break
    return places


def looks_apart_from(rng: np.random.Generator, count: int, backdrop: tuple[int, int, int]) -> list[Look]:
    """Looks of different colours, each well apart from the background's."""
    names = rng.permutation([name for name, rgb in COLOURS.items() if math.dist(rgb, backdrop) > 105])[:count]
    return [
        Look(str(name), PATTERNS[rng.integers(len(PATTERNS))], int(rng.integers(1 << 31))) for name in names
    ]


def backdrop_colour(rng: np.random.Generator) -> tuple[int, int, int]:
    """Mean colour of a wall seen from the side."""
    return _BACKDROPS[rng.integers(len(_BACKDROPS))]


def listed(bodies: list[Body]) -> str:
    """The bodies in words, as the start of a sentence."""
    parts = [f"a {body.look.colour} {body.name.split()[0]}" for body in bodies]
    text = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    return spoken(text.capitalize())


def spoken(text: str) -> str:
    """A text with "an" where it should be."""
    return text.replace("a orange", "an orange").replace("A orange", "An orange")


def counted(count: int, noun: str) -> str:
    """A number of things in words."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return f"{words[count]} {noun}{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class Stage:
    """A floor before a wall, and the view of both."""

    height: float
    """Of the picture, m."""
    width: float
    """Of the picture, m."""
    floor: Block
    """From far left to far right."""
    floor_top: float
    """Height of its upper side, m."""
    floor_name: str
    """What it is made of."""
    backdrop: tuple[int, int, int]
    """Mean colour of the wall."""

    @property
    def side(self) -> float:
        """The shorter of height and width, m."""
        return min(self.height, self.width)

    def scene(
        self,
        name: str,
        caption: str,
        bodies: Sequence[Body],
        blocks: Sequence[Block] | None = None,
        *,
        on_floor: bool = False,
        walls: tuple[float, float] | None = None,
        ceiling: float | None = None,
        pivots: Sequence[Pivot] = (),
        springs: Sequence[Spring] = (),
        movers: Sequence[Mover] = (),
        steps_per_s: int = 600,
    ) -> Scene:
        """The scene of some bodies on it; the floor is its only block where none are given."""
        left, right = walls or (-self.width / 2, self.width / 2)
        return Scene(
            name=name,
            caption=spoken(caption),
            view_height_m=self.height,
            view_width_m=self.width,
            bodies=tuple(bodies),
            blocks=(self.floor,) if blocks is None else tuple(blocks),
            backdrop_rgb=self.backdrop,
            room=(left, self.floor_top, right, self.height / 2 if ceiling is None else ceiling),
            on_floor=on_floor,
            pivots=tuple(pivots),
            springs=tuple(springs),
            movers=tuple(movers),
            steps_per_s=steps_per_s,
        )


def stage(rng: np.random.Generator, aspect: float, lowest_m: float, highest_m: float) -> Stage:
    """A floor that goes on far beyond the picture, which is so many metres high."""
    height, width = view_size(rng, aspect, lowest_m, highest_m)
    floor, floor_top, floor_name = floor_block(rng, 4 * width, height)
    return Stage(height, width, floor, floor_top, floor_name, backdrop_colour(rng))


def either_side(rng: np.random.Generator) -> int:
    """1 or -1: scenes are mirrored as often as not."""
    return 1 if rng.random() < 0.5 else -1


def plank(
    name: str, one: tuple[float, float], two: tuple[float, float], thick: float, rgb: tuple[int, int, int]
) -> Block:
    """A board whose upper side goes from one point to another."""
    if one[0] > two[0]:
        one, two = two, one
    along = np.subtract(two, one)
    length = float(np.hypot(*along))
    down = np.array([along[1], -along[0]]) / length
    x, y = (float(c) for c in np.add(one, two) / 2 + down * thick / 2)
    turn = math.atan2(along[1], along[0])
    return Block(
        name, (x - length / 2, y - thick / 2), (x + length / 2, y + thick / 2), rgb, turn_rad=(turn,)
    )


def disc_body(
    rng: np.random.Generator, name: str, radius: float, place: tuple[float, float], look: Look
) -> Body:
    """A disc at rest, turned anyhow."""
    return Body(name, "disc", (radius, radius), place, look, turn_rad=(float(rng.uniform(0, 2 * math.pi)),))


def box_body(name: str, half: tuple[float, float], place: tuple[float, float], look: Look) -> Body:
    """An upright box at rest."""
    return Body(name, "box", half, place, look)
