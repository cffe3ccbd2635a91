"""People: figures that walk, and hands whose fingers move."""

from collections.abc import Iterator

import cv2
import numpy as np

from lawful.generators.worlds.soft.fields import Colours, backdrop, rough

_Joint = tuple[float, float]


def walkers(rng: np.random.Generator, size: tuple[int, int], fps: float) -> Iterator[Colours]:
    """One to three figures seen from the side, that walk through the picture or stand and wave."""
    width, height = size
    ground = backdrop(rng, size)
    people = [_Person(rng, width, height) for _ in range(int(rng.integers(1, 4)))]
    for step in range(1 << 30):
        picture = ground.copy()
        for person in people:
            person.draw(picture, step / fps)
        yield picture


def hands(rng: np.random.Generator, size: tuple[int, int], fps: float) -> Iterator[Colours]:
    """One or two hands near the camera that turn and bend their fingers."""
    ground = backdrop(rng, size)
    scale = rng.uniform(0.25, 0.45) * min(size)
    own = [
        (
            rng.uniform(0.3, 0.7, 2) * size,
            rng.uniform(-np.pi, np.pi),
            _skin(rng),
            rng.uniform(0.5, 1.6, 8) * 2 * np.pi,
            rng.uniform(0, 2 * np.pi, 8),
        )
        for _ in range(int(rng.integers(1, 3)))
    ]
    grain = rough(rng, size, 12.0)[..., None]
    for step in range(1 << 30):
        picture = ground.copy()
        for centre, turn, skin, beats, phases in own:
            wave = np.sin(beats * step / fps + phases)
            at = centre + 0.25 * scale * wave[:2]
            angle = turn + 0.5 * wave[2]
            arm = at - 3 * scale * np.array([np.cos(angle), np.sin(angle)])
            _limb(picture, arm, at, 0.3 * scale, skin)
            for finger in range(5):
                spread = angle + (finger - 2) * 0.32
                knuckle = at + 0.45 * scale * np.array([np.cos(spread), np.sin(spread)])
                _limb(picture, at, knuckle, 0.2 * scale, skin)
                bend = spread + 0.9 * wave[3 + finger]
                tip = knuckle + 0.45 * scale * np.array([np.cos(bend), np.sin(bend)])
                _limb(picture, knuckle, tip, 0.1 * scale, skin)
        yield picture + 4 * grain


class _Person:
    """A figure with its own gait, clothes and place."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self.tall = rng.uniform(0.45, 0.9) * height
        self.foot_y = rng.uniform(0.85, 1.0) * height
        self.x = rng.uniform(0.1, 0.9) * width
        self.pace = rng.uniform(1.2, 2.4) * np.pi
        self.speed = rng.choice([0.0, rng.uniform(0.1, 0.4)]) * self.tall * rng.choice([-1, 1])
        self.width = width
        self.phase = rng.uniform(0, 2 * np.pi, 4)
        self.colours = [_skin(rng), rng.uniform(20, 230, 3), rng.uniform(20, 160, 3)]
        self.swing = rng.uniform(0.3, 0.8)

    def draw(self, picture: Colours, time_s: float) -> None:
        """Put the figure into the picture as it is at a time."""
        skin, shirt, trousers = self.colours
        tall = self.tall
        beat = self.pace * time_s
        x = (self.x + self.speed * time_s) % self.width
        hip = np.array([x, self.foot_y - 0.5 * tall + 0.015 * tall * np.cos(2 * beat)])
        neck = hip + tall * np.array([0.02 * np.sin(beat), -0.32])
        for side in (0, np.pi):
            thigh = self.swing * np.sin(beat + side + self.phase[0])
            knee = hip + 0.25 * tall * np.array([np.sin(thigh), np.cos(thigh)])
            shin = thigh - 0.5 * self.swing * (1 + np.sin(beat + side + self.phase[1]))
            ankle = knee + 0.25 * tall * np.array([np.sin(shin), np.cos(shin)])
            _limb(picture, hip, knee, 0.085 * tall, trousers)
            _limb(picture, knee, ankle, 0.06 * tall, trousers)
        _limb(picture, hip, neck, 0.16 * tall, shirt)
        for side in (0, np.pi):
            upper = -self.swing * np.sin(beat + side + self.phase[2])
            elbow = neck + 0.18 * tall * np.array([np.sin(upper), np.cos(upper)])
            lower = upper + 0.6 + 0.6 * np.sin(beat + side + self.phase[3])
            wrist = elbow + 0.17 * tall * np.array([np.sin(lower), np.cos(lower)])
            _limb(picture, neck, elbow, 0.06 * tall, shirt)
            _limb(picture, elbow, wrist, 0.045 * tall, skin)
        cv2.circle(picture, _px(neck - [0, 0.09 * tall]), round(0.075 * tall), _rgb(skin), -1, cv2.LINE_AA)


def _skin(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.35, 1.0) * np.array([225, 172, 140]) + rng.uniform(-10, 10, 3)


def _limb(picture: Colours, start: np.ndarray, end: np.ndarray, thick: float, colour: np.ndarray) -> None:
    cv2.line(picture, _px(start), _px(end), _rgb(colour), max(2, round(thick)), cv2.LINE_AA)
    middle = (np.asarray(start) + end) / 2
    cv2.line(
        picture,
        _px(start),
        _px(middle),
        _rgb(0.82 * np.asarray(colour)),
        max(1, round(thick / 3)),
        cv2.LINE_AA,
    )


def _px(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _rgb(colour: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in np.clip(colour, 0, 255))
    return red, green, blue
