"""What scene families are put together from: floors, places, looks, words."""

import math

import numpy as np

from lawful.generators.worlds.scene import COLOURS, PATTERNS, Block, Body, Look

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
    return text.replace("a orange", "an orange").capitalize()


def counted(count: int, noun: str) -> str:
    """A number of things in words."""
    words = ("no", "one", "two", "three", "four", "five", "six")
    return f"{words[count]} {noun}{'' if count == 1 else 's'}"
