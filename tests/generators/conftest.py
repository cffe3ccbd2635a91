"""Solid worlds made by hand: bodies on straight paths, turning steadily, before a camera that may go round them."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.scene import COLOURS, PATTERNS, Block, Body, Look, Scene

FPS = 24.0
FLOOR = Block("floor", (-6.0, -6.0, -0.5), (6.0, 6.0, 0.0), (150, 116, 84))


def _floats(values):
    return tuple(float(value) for value in values)


def _view(n_frames, eye_m, target_m, focal, aspect, orbit_rad):
    eyes, axes = [], []
    for k in range(n_frames):
        turn = Rotation.from_rotvec([0, 0, orbit_rad * k / max(n_frames - 1, 1)]).as_matrix()
        eye = turn @ np.array(eye_m, float)
        back = (eye - target_m) / np.linalg.norm(eye - target_m)
        right = np.cross([0, 0, 1], back) / np.linalg.norm(np.cross([0, 0, 1], back))
        eyes.append(eye)
        axes.append(np.stack([right, np.cross(back, right), back], axis=1))
    return View(np.array(eyes), np.array(axes), np.full(n_frames, focal), aspect)


def _motion(body, n_frames):
    times = np.arange(n_frames) / FPS
    place = np.array(body.position_m) + np.outer(times, body.velocity_m_s)
    turns = Rotation.from_rotvec(np.outer(times, body.spin_rad_s)) * Rotation.from_rotvec(body.turn_rad)
    return Motion(
        body=body,
        shapes=(body.shape,),
        shape_index=np.zeros(n_frames, np.int64),
        half_size_m=np.tile(np.array(body.half_size_m, float), (n_frames, 1)),
        looks=(body.look,),
        look_index=np.zeros(n_frames, np.int64),
        present=np.ones(n_frames, bool),
        touched=np.zeros(n_frames, bool),
        position_m=place,
        velocity_m_s=np.tile(np.array(body.velocity_m_s), (n_frames, 1)),
        rotation=turns.as_matrix(),
        spin_rad_s=np.tile(np.array(body.spin_rad_s), (n_frames, 1)),
    )


class HandMade:
    """Makes solid bodies, and scenes of them."""

    floor = FLOOR

    def body(self, shape, half_size_m, position_m, number=0, **settings):
        """A body of a shape; still and unturned, but for what is given."""
        half = _floats(np.broadcast_to(half_size_m, 3))
        look = Look(list(COLOURS)[number % len(COLOURS)], PATTERNS[number % len(PATTERNS)], number)
        still = {"velocity_m_s": (0.0,) * 3, "turn_rad": (0.0,) * 3, "spin_rad_s": (0.0,) * 3}
        name = f"{shape} {number}"
        settings = {key: _floats(value) if key in still else value for key, value in settings.items()}
        return Body(name, shape, half, _floats(position_m), look, **(still | settings))

    def block(self, middle_m, half_size_m, turn_rad=(0.0,), **settings):
        """A block about a point."""
        low, high = np.subtract(middle_m, half_size_m), np.add(middle_m, half_size_m)
        return Block(
            "wall", _floats(low), _floats(high), (180, 60, 60), turn_rad=_floats(turn_rad), **settings
        )

    def bodies(self, count, seed=0, **settings):
        """Bodies of every shape, moving and turning, in a space of about two metres before the camera."""
        rng = np.random.default_rng(seed)
        made = []
        for number in range(count):
            shape = ("ball", "box", "cylinder")[number % 3]
            half = rng.uniform(0.15, 0.35, 3)
            half[1] = half[0] if shape != "box" else half[1]
            half[2] = half[0] if shape == "ball" else half[2]
            vectors = {
                "turn_rad": rng.normal(size=3),
                "spin_rad_s": rng.normal(size=3),
                "velocity_m_s": rng.normal(scale=0.2, size=3),
            }
            place = rng.uniform((-0.9, -0.7, 0.4), (0.9, 0.7, 1.3))
            made.append(self.body(shape, half, place, number, **(vectors | settings)))
        return made

    def world(
        self,
        bodies,
        blocks=(),
        n_frames=3,
        eye_m=(0.0, -4.0, 1.4),
        target_m=(0.0, 0.0, 0.7),
        focal=1.5,
        aspect=1.25,
        orbit_rad=0.0,
        **settings,
    ):
        """A scene of bodies and what comes of it."""
        made = {
            "name": "by hand",
            "caption": "Things move.",
            "view_height_m": 2.0,
            "view_width_m": 2.0 * aspect,
            "backdrop_rgb": (168, 182, 170),
            "room": (-2.0, -2.0, 0.0, 2.0, 2.0, 3.0),
            "on_floor": False,
        }
        scene = Scene(bodies=tuple(bodies), blocks=tuple(blocks), **(made | settings))
        motions = tuple(_motion(body, n_frames) for body in bodies)
        view = _view(n_frames, eye_m, target_m, focal, aspect, orbit_rad)
        return scene, Simulated(FPS, motions, (), view)


@pytest.fixture(scope="session")
def hand_made() -> HandMade:
    """Makes solid worlds by hand."""
    return HandMade()
